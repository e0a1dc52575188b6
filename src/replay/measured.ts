/** What a period's traffic tells of each target: how long it writes, how often it fails, how long it takes, what its cache reads. */
import type { RecordedRequest } from '../metering/recorded-request.ts'
import { stableShare } from '../policy/stable-share.ts'
import { PairedMeans } from './paired-means.ts'
import { Sample } from './sample.ts'
import { type Stage, stagesOf } from './stages.ts'
import { cacheReadOf, inputOf, outputOf, reasoningOf } from './token-sums.ts'

/** So many stages tell a workflow's own rates; fewer, and those of all workflows stand in. */
const FEWEST_STAGES = 50

export interface StageRates {
  answered: number
  movedOn: number
  ended: number
  /** Of an average stage: what its lost attempts cost and took. */
  lostNanoUsd: number
  lostMs: number
}

interface StageSums {
  stages: number
  answered: number
  movedOn: number
  lostNanoUsd: number
  lostMs: number
}

interface Written {
  input: number
  cacheRead: number
  output: number
  reasoning: number
}

/** Where nothing was seen, a target is taken to answer. */
const UNSEEN: StageRates = { answered: 1, movedOn: 0, ended: 0, lostNanoUsd: 0, lostMs: 0 }

export class Measured {
  readonly outputTokens = new PairedMeans()
  /** Tokens of input a byte: the same text has other tokens elsewhere. */
  readonly inputPerByte = new PairedMeans()
  readonly #stages = new Map<string, StageSums>()
  readonly #latency = new Map<string, Sample>()
  readonly #written = new Map<string, Written>()

  add(request: RecordedRequest): void {
    const stages = stagesOf(request.attempts)
    for (const stage of stages) this.#addStage(request, stage)
    const last = stages.at(-1)
    if (last?.end === 'answered') this.#addAnswer(request, last)
  }

  rates(target: string, workflow: string): StageRates {
    const own = this.#stages.get(`${target}\n${workflow}`)
    const sums = own !== undefined && own.stages >= FEWEST_STAGES ? own : this.#stages.get(target)
    if (sums === undefined) return UNSEEN
    const { stages, answered, movedOn, lostNanoUsd, lostMs } = sums
    return {
      answered: answered / stages,
      movedOn: movedOn / stages,
      ended: (stages - answered - movedOn) / stages,
      lostNanoUsd: lostNanoUsd / stages,
      lostMs: lostMs / stages,
    }
  }

  /** Milliseconds of answers, of the workflow's own where enough are known; undefined where there are none. */
  latency(target: string, workflow: string): Sample | undefined {
    const own = this.#latency.get(`${target}\n${workflow}`)
    return own !== undefined && own.seen >= FEWEST_STAGES ? own : this.#latency.get(target)
  }

  /** Share of its input that a target's prompt cache reads, and of its output that is reasoning. */
  shares(target: string): { cacheRead: number; reasoning: number } {
    const written = this.#written.get(target)
    if (written === undefined) return { cacheRead: 0, reasoning: 0 }
    const { input, cacheRead, output, reasoning } = written
    return {
      cacheRead: input === 0 ? 0 : cacheRead / input,
      reasoning: output === 0 ? 0 : reasoning / output,
    }
  }

  #addStage({ workflow }: RecordedRequest, stage: Stage): void {
    const movedOn = stage.end === 'moved on'
    for (const key of [stage.target, `${stage.target}\n${workflow}`]) {
      const sums = this.#stages.get(key) ?? {
        stages: 0,
        answered: 0,
        movedOn: 0,
        lostNanoUsd: 0,
        lostMs: 0,
      }
      this.#stages.set(key, sums)
      sums.stages++
      if (stage.end === 'answered') sums.answered++
      if (movedOn) sums.movedOn++
      sums.lostNanoUsd += stage.lostNanoUsd + (stage.end === 'answered' ? 0 : (stage.last.costNanoUsd ?? 0))
      sums.lostMs += stage.lostMs + (stage.end === 'answered' ? 0 : (stage.last.totalMs ?? 0))
    }
  }

  #addAnswer(request: RecordedRequest, { target, last }: Stage): void {
    const { workflow, decision, id } = request
    const [input, output] = [inputOf(last), outputOf(last)]
    this.outputTokens.add(target, kindOf(request), output)
    const counted = decision?.input
    if (counted !== undefined && counted.bytes > 0) {
      this.inputPerByte.add(target, workflow, counted.counted / counted.bytes)
    }
    const written = this.#written.get(target) ?? { input: 0, cacheRead: 0, output: 0, reasoning: 0 }
    this.#written.set(target, written)
    written.input += input
    written.cacheRead += cacheReadOf(last)
    written.output += output
    written.reasoning += reasoningOf(last)
    if (last.totalMs === undefined) return
    for (const key of [target, `${target}\n${workflow}`]) {
      const sample = this.#latency.get(key) ?? new Sample()
      this.#latency.set(key, sample)
      sample.add(last.totalMs, stableShare(id))
    }
  }
}

/** Requests of one kind are alike in what may decide how long their answers are. */
export function kindOf({ workflow, endpoint, decision, attempts }: RecordedRequest): string {
  const facts = decision?.facts ?? {}
  const size = Math.floor(Math.log2(1 + (attempts[0]?.estimatedInputTokens ?? 0)))
  const { difficulty, task, tools } = facts
  const hard = typeof difficulty === 'number' ? Math.floor(difficulty * 5) : (difficulty ?? '')
  return `${workflow}\n${endpoint}\n${size}\n${tools ?? ''}\n${hard}\n${task ?? ''}`
}
