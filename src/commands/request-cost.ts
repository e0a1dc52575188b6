/** What one request cost, as a person reads it. */
import type { RequestSummary } from '../metering/reports.ts'
import { isNeverBilled } from '../storage/never-billed.ts'
import { usd } from './table.ts'

/** `≥` where an attempt that may be billed has no known price. */
export function requestCost({ cost_usd, attempts }: Pick<RequestSummary, 'cost_usd' | 'attempts'>): string {
  if (cost_usd === null) return 'no price'
  const isPart = attempts.some(
    ({ outcome, tokens, cost_usd: cost }) =>
      cost === null && outcome !== 'open' && !isNeverBilled(outcome, Object.values(tokens)),
  )
  return `${isPart ? '≥ ' : ''}${usd(cost_usd)}`
}
