/** What a workflow's confidence remembers, as plain data; evidence fades, because workflows change. */
import { isObject } from '../../openai/is-object.ts'
import { BAND_COUNT } from './risk-bands.ts'
import type { BandEvidence } from './wrong-curve.ts'

export interface ConfidenceState {
  version: 1
  requests: number
  bands: BandEvidence[]
  /** Wrong answers that may still be risked before the first audits have spoken. */
  allowance: number
  served: number
  audited: number
  auditedWrong: number
  auditedSinceAlarm: number
  /** So many of the next hits are audited, whatever their share. */
  auditsOwed: number
  /** See `alarmSum`. */
  alarmSum: number
  alarms: number
}

/** A workflow's very first requests may risk this many wrong answers beyond the rate. */
const FIRST_ALLOWANCE = 0.4
/** Beyond, older evidence counts half. */
const MOST_JUDGED = 600
const MOST_REQUESTS = 20_000

export function freshState(): ConfidenceState {
  return {
    version: 1,
    requests: 0,
    bands: Array.from({ length: BAND_COUNT }, () => ({ seen: 0, judged: 0, wrong: 0 })),
    allowance: FIRST_ALLOWANCE,
    served: 0,
    audited: 0,
    auditedWrong: 0,
    auditedSinceAlarm: 0,
    auditsOwed: 0,
    alarmSum: 0,
    alarms: 0,
  }
}

/** Whether what was stored is a state of this version: files outlive programs, and may be damaged. */
export function isConfidenceState(value: unknown): value is ConfidenceState {
  if (!isObject(value) || value.version !== 1 || !Array.isArray(value.bands)) return false
  const { bands } = value
  const { version: _, bands: __, ...counts } = freshState()
  return (
    Object.keys(counts).every((name) => Number.isFinite(value[name])) &&
    bands.length === BAND_COUNT &&
    bands.every(
      (one) => isObject(one) && [one.seen, one.judged, one.wrong].every((count) => Number.isFinite(count)),
    )
  )
}

/** Changes the state where it has seen enough. */
export function fadeTraffic(state: ConfidenceState): void {
  if (state.requests <= MOST_REQUESTS) return
  state.requests /= 2
  for (const evidence of state.bands) evidence.seen /= 2
}

/** Changes the evidence where there is enough. */
export function fadeEvidence(evidence: BandEvidence): void {
  if (evidence.judged <= MOST_JUDGED) return
  evidence.judged /= 2
  evidence.wrong /= 2
}
