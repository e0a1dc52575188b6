/** What a recorded request would have come to under other policies: as it happened where it goes as it went, else as measured. */
import type { RecordedRequest } from '../metering/recorded-request.ts'
import { stableShare } from '../policy/stable-share.ts'
import { type AnswerParts, type ForecastAnswer, forecastAnswer } from './forecast-answer.ts'
import type { Again, AgainTarget } from './redecide.ts'
import { type Stage, stagesOf } from './stages.ts'
import { outputOf } from './token-sums.ts'

/** What a request came to, or would. Chances are 0 to 1. */
export interface Outcome {
  /** Undefined where something that is billed has no price. */
  costNanoUsd: number | undefined
  /** Undefined where nothing tells. */
  totalMs: number | undefined
  /** That it fails. */
  failed: number
  /** Who answers, with the chance of each. */
  answers: readonly { target: string; tier: string | undefined; chance: number }[]
}

export interface Forecast extends Outcome {
  /** It would go elsewhere, or be answered shorter. */
  changed: boolean
  /** What rests on how long a target's answers are. */
  lengths: readonly ForecastAnswer['length'][]
  /** Targets that nothing was measured of. */
  unmeasured: readonly string[]
}

export function outcomeOf(request: RecordedRequest): Outcome {
  const stages = stagesOf(request.attempts)
  const last = stages.at(-1)
  const answers =
    last?.end === 'answered' ? [{ target: last.target, tier: request.tier ?? last.tier, chance: 1 }] : []
  return {
    costNanoUsd: sumOf(stages),
    totalMs: request.totalMs,
    failed: request.failed ? 1 : 0,
    answers,
  }
}

export function forecastRequest(
  request: RecordedRequest,
  again: Extract<Again, { kind: 'decided' }>,
  parts: AnswerParts,
): Forecast {
  const stages = stagesOf(request.attempts)
  if (goesAsItWent(request, again, stages)) {
    return { ...outcomeOf(request), changed: false, lengths: [], unmeasured: [] }
  }
  const answered = stages.find(({ end }) => end === 'answered')
  const walk = new Walk(request, ownMs(request, stages))
  for (const target of again.targets) {
    const stage = stages.find(({ target: tried }) => tried === target.name)
    const known = stage !== undefined && !isCut(stage, again.maxTokens)
    if (known) walk.as(stage, target)
    else walk.expect(target, forecastAnswer(request, target, answered, again.maxTokens, parts), parts)
    if (walk.ended) break
  }
  return walk.end()
}

/** The same targets in the same order, whatever their health made of it then, and nothing that would be cut off. */
function goesAsItWent(
  { cache, decision }: RecordedRequest,
  { targets, maxTokens }: Extract<Again, { kind: 'decided' }>,
  stages: readonly Stage[],
): boolean {
  const candidates = decision?.candidates ?? []
  return (
    cache !== 'knowledge' && // by whom nobody was asked
    candidates.length === targets.length &&
    targets.every(({ name, tier }, place) => {
      const candidate = candidates[place]
      return candidate?.target === name && candidate.tier === tier
    }) &&
    !stages.some((stage) => isCut(stage, maxTokens))
  )
}

function isCut({ last }: Stage, maxTokens: number | undefined): boolean {
  return maxTokens !== undefined && outputOf(last) > maxTokens
}

/** What passes between arrival and end without an attempt. */
function ownMs({ totalMs = 0 }: RecordedRequest, stages: readonly Stage[]): number {
  return Math.max(0, totalMs - stages.reduce((sum, stage) => sum + stage.totalMs, 0))
}

function sumOf(stages: readonly Stage[]): number | undefined {
  let sum = 0
  for (const { costNanoUsd } of stages) {
    if (costNanoUsd === undefined) return undefined
    sum += costNanoUsd
  }
  return sum
}

/** From target to target, each with the chance that it is come to. */
class Walk {
  readonly #request: RecordedRequest
  readonly #answers: { target: string; tier: string | undefined; chance: number }[] = []
  readonly #lengths: ForecastAnswer['length'][] = []
  readonly #unmeasured: string[] = []
  #reach = 1
  #failed = 0
  #cost: number | undefined = 0
  #ms: number | undefined

  constructor(request: RecordedRequest, ownMs: number) {
    this.#request = request
    this.#ms = ownMs
  }

  /** Nobody is come to after the last. */
  get ended(): boolean {
    return this.#reach <= 0
  }

  /** The request was there: so it would be again. */
  as({ end, costNanoUsd, totalMs }: Stage, { name, tier }: AgainTarget): void {
    this.#spend(costNanoUsd, totalMs)
    if (end === 'moved on') return
    if (end === 'answered') this.#answers.push({ target: name, tier, chance: this.#reach })
    else this.#failed += this.#reach
    this.#reach = 0
  }

  expect({ name, tier }: AgainTarget, answer: ForecastAnswer, { measured }: AnswerParts): void {
    const { workflow, id } = this.#request
    const rates = measured.rates(name, workflow)
    const { costNanoUsd, length } = answer
    const sample = measured.latency(name, workflow)
    if (sample === undefined) this.#unmeasured.push(name)
    const ms = sample && rates.lostMs + rates.answered * sample.quantile(stableShare(`${id}\n${name}`))
    this.#spend(costNanoUsd === undefined ? undefined : rates.lostNanoUsd + rates.answered * costNanoUsd, ms)
    const chance = this.#reach * rates.answered
    if (chance > 0) this.#answers.push({ target: name, tier, chance })
    if (length.nanoUsd !== 0) this.#lengths.push({ ...length, nanoUsd: length.nanoUsd * chance })
    this.#failed += this.#reach * rates.ended
    this.#reach *= rates.movedOn
  }

  end(): Forecast {
    return {
      changed: true,
      costNanoUsd: this.#cost,
      totalMs: this.#ms,
      failed: Math.min(1, this.#failed + this.#reach),
      answers: this.#answers,
      lengths: this.#lengths,
      unmeasured: this.#unmeasured,
    }
  }

  #spend(nanoUsd: number | undefined, ms: number | undefined): void {
    this.#cost =
      this.#cost === undefined || nanoUsd === undefined ? undefined : this.#cost + this.#reach * nanoUsd
    this.#ms = this.#ms === undefined || ms === undefined ? undefined : this.#ms + this.#reach * ms
  }
}
