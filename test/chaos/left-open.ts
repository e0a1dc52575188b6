/** Exchanges with the provider that went on long after nobody waited for them. */
import { type Lag, lateDuring } from '../support/loop-lag.ts'
import type { Told } from './ledger-check.ts'

export interface LeftOpen {
  mark: string
  fault: string
  ms: number
  /** How much of it late loops explain. */
  lagMs: number
}

const PATIENCE_MS = 5000

/** Those that were open for longer after their caller's end, or after the provider read them where that was later. */
export function leftOpen(told: Iterable<Told>, lags: readonly Lag[], nowMs: number): LeftOpen[] {
  const all: LeftOpen[] = []
  for (const { mark, endedAtMs, seen } of told) {
    for (const one of seen) {
      // The mock closes such a connection and does not look back.
      if (one.fault === 'close_on_reuse') continue
      const fromMs = Math.max(endedAtMs, one.atMs)
      const ms = (one.endedAtMs ?? nowMs) - fromMs
      if (ms <= PATIENCE_MS) continue
      const lagMs = lateDuring(lags, { fromMs, ms })
      if (ms - lagMs > PATIENCE_MS) all.push({ mark, fault: one.fault, ms, lagMs })
    }
  }
  return all
}
