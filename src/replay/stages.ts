/** A request's attempts by target: what a target was tried for before the next one was, retries and all. */
import type { AttemptOutcome } from '../metering/ledger.ts'
import type { RecordedAttempt } from '../metering/recorded-request.ts'

/** `ended`: nobody else was asked after it, because that helps nobody. */
type StageEnd = 'answered' | 'moved on' | 'ended'

export interface Stage {
  /** `provider/model`. */
  target: string
  tier: string | undefined
  end: StageEnd
  /** The attempt that answered, or ended it. */
  last: RecordedAttempt
  /** Of the attempts before it. */
  lostNanoUsd: number
  lostMs: number
  /** All of it. Undefined where something that is billed has no price. */
  costNanoUsd: number | undefined
  totalMs: number
}

/** An answer that broke off after its caller had seen some of it ends everything, as one that is the caller's own fault. */
const ENDS: ReadonlySet<AttemptOutcome> = new Set(['rejected', 'abandoned', 'interrupted'])

export function stagesOf(attempts: readonly RecordedAttempt[]): readonly Stage[] {
  const stages: Stage[] = []
  for (const attempt of attempts) {
    if (attempt.outcome === undefined) continue
    const target = `${attempt.provider}/${attempt.model}`
    const known = stages.at(-1)
    if (known?.target === target && known.end === 'moved on') tryAgain(known, attempt)
    else stages.push(stageOf(target, attempt))
  }
  return stages
}

function stageOf(target: string, last: RecordedAttempt): Stage {
  return {
    target,
    tier: last.tier,
    end: endOf(last),
    last,
    lostNanoUsd: 0,
    lostMs: 0,
    costNanoUsd: costOf(last),
    totalMs: last.totalMs ?? 0,
  }
}

function tryAgain(stage: Stage, last: RecordedAttempt): void {
  stage.lostNanoUsd += stage.last.costNanoUsd ?? 0
  stage.lostMs += stage.last.totalMs ?? 0
  const cost = costOf(last)
  stage.costNanoUsd =
    cost === undefined || stage.costNanoUsd === undefined ? undefined : stage.costNanoUsd + cost
  stage.totalMs += last.totalMs ?? 0
  stage.end = endOf(last)
  stage.last = last
}

function endOf({ outcome }: RecordedAttempt): StageEnd {
  if (outcome === 'answered') return 'answered'
  return outcome !== undefined && ENDS.has(outcome) ? 'ended' : 'moved on'
}

/** What nobody counted anything of costs nothing. */
function costOf({ costNanoUsd, tokens }: RecordedAttempt): number | undefined {
  if (costNanoUsd !== undefined) return costNanoUsd
  return tokens.every((count) => count === 0) ? 0 : undefined
}
