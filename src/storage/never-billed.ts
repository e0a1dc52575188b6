/** Which attempts no provider bills: they say nothing of a price, and leave no gap in a bill. */
import type { AttemptOutcome } from '../metering/ledger.ts'

/** `outcome` is null while the attempt is under way. Refusals and faults without a token cost nothing wherever a price is known. */
export function isNeverBilled(outcome: AttemptOutcome | null, tokens: readonly number[]): boolean {
  switch (outcome) {
    case 'rejected':
    case 'rate_limited':
    case 'unreachable':
    case 'failed':
      return tokens.every((count) => count === 0)
    case null:
    case 'answered':
    case 'timeout':
    case 'abandoned':
    case 'insufficient':
    case 'interrupted':
      return false
    default:
      return outcome satisfies never
  }
}
