/** Which limits of requests and tokens a minute hold a caller, and what one request would take from them. */

import type { Incoming } from '../journey.ts'
import { tokensWanted } from '../limits/allowance.ts'

/** What is left of a limit is known to the process that serves alone; its answers tell it in `x-ratelimit-*`. */
export interface ExplainedRate {
  /** As a sentence begins: `The API key "web"`. */
  whose: string
  requests_per_minute: number | null
  tokens_per_minute: number | null
  /** By estimate, until a provider has counted; none where memory answers. */
  takes_tokens: number
}

export function explainRates(
  { principal, request }: Incoming,
  fromMemory: boolean,
  bytesPerToken: number,
): ExplainedRate[] {
  return (principal.limits ?? []).map(({ label, requestsPerMinute, tokensPerMinute }) => ({
    whose: label,
    requests_per_minute: requestsPerMinute ?? null,
    tokens_per_minute: tokensPerMinute ?? null,
    takes_tokens: fromMemory ? 0 : tokensWanted(request, bytesPerToken),
  }))
}
