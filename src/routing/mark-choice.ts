/** Whether a provider is told to keep a prompt, and for how long: what writing it costs more against what reading it saves. */
import type { ReuseOdds } from './reuse-intervals.ts'

/** Nano-dollars a token. */
export interface PrefixRates {
  input: number
  read: number
  /** By how long it is kept; undefined where the provider does not offer it. */
  write: Readonly<Partial<Record<MarkTtl, number | undefined>>>
}

export type MarkTtl = '5m' | '30m' | '1h'

const TTLS = [
  ['5m', 'within5m'],
  ['30m', 'within30m'],
  ['1h', 'within1h'],
] as const

/**
 * Undefined where no mark pays. A marked token is read with the probability of a reuse and written otherwise, so that
 * 1.25 times the price for writing and 0.1 times for reading pay from 22% on, 2 times from 53%.
 */
export function markChoice(odds: ReuseOdds, { input, read, write }: PrefixRates): MarkTtl | undefined {
  let best: MarkTtl | undefined
  let least = input
  for (const [ttl, within] of TTLS) {
    const written = write[ttl]
    if (written === undefined) continue
    const cost = odds[within] * read + (1 - odds[within]) * written
    if (cost >= least) continue
    best = ttl
    least = cost
  }
  return best
}
