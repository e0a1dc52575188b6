/** `retention`: how long the ledger keeps requests, and their sums by hour. */
import { z } from 'zod'
import { closed, mustBe } from '../setting-values.ts'

const SPAN = /^(\d{1,4})([dwy])$/
const DAY_MS = 86_400_000
const UNIT_MS = { d: DAY_MS, w: 7 * DAY_MS, y: 365 * DAY_MS } as const

const DEFAULT_MS = { requests: 90 * DAY_MS, rollups: 2 * UNIT_MS.y } as const

/** `90d`, `12w`, `2y`, as milliseconds; `forever` is Infinity. */
function keptFor() {
  const error = mustBe('a time such as `90d`, `12w` or `2y`, or `forever`')
  return z.string({ error }).transform((written, context) => {
    if (written === 'forever') return Number.POSITIVE_INFINITY
    const [, amount, unit] = SPAN.exec(written) ?? []
    const ms = Number(amount) * UNIT_MS[unit as keyof typeof UNIT_MS]
    if (ms > 0) return ms
    context.addIssue({ code: 'custom', message: error({ input: written }) })
    return z.NEVER
  })
}

export const retentionSchema = closed({ requests: keptFor().optional(), rollups: keptFor().optional() })

export interface RetentionSettings {
  /** Milliseconds; Infinity keeps for ever. */
  requestsMs: number
  rollupsMs: number
}

/** What is not said is kept for 90 days and for 2 years, and no sums for less than what they sum up. */
export function retentionSettings(
  { requests = DEFAULT_MS.requests, rollups }: z.output<typeof retentionSchema>,
  refuse: (path: readonly string[], message: string) => void,
): RetentionSettings {
  if (rollups !== undefined && rollups < requests) {
    refuse(
      ['retention', 'rollups'],
      'must not be shorter than `retention.requests`: sums are what is left of requests that are deleted',
    )
  }
  return { requestsMs: requests, rollupsMs: rollups ?? Math.max(DEFAULT_MS.rollups, requests) }
}
