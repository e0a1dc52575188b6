/** Tells whoever watches prompts of one that was answered, where providers would cache it. */
import { cutPrompt } from '../../metering/prefix/cut-prompt.ts'
import { SHORTEST_CACHED_TOKENS } from '../../metering/prefix/prompt-watch.ts'
import { readSpares } from '../../metering/prefix/read-spares.ts'
import { INPUT_BUCKETS, type Tokens } from '../../metering/tokens.ts'
import type { Journey } from '../journey.ts'
import type { AttemptEnd } from '../settle-attempt.ts'

/** Asked of every answer: a short prompt, which is most, costs an addition. */
export function watchPrompt(journey: Journey, { target, outcome, metered, totalMs }: AttemptEnd): void {
  const { gateway, incoming, entry, input } = journey
  const { usage } = metered
  const { promptWatch } = gateway
  const inputTokens = promptTokens(usage.tokens)
  if (promptWatch === undefined || inputTokens < SHORTEST_CACHED_TOKENS) return
  const { request, principal, labels } = incoming
  // Images have no characters to tell their tokens by; what trimtab asks itself repeats what its caller asked.
  if (request.passed !== undefined || input.hasMedia || usage.source !== 'reported') return
  if (outcome !== 'answered' || entry.cache === 'audit') return
  const cut = cutPrompt(request)
  if (cut === undefined) return
  const answeredAt = gateway.now()
  const spares = readSpares(gateway.pricer(), {
    provider: target.provider,
    model: target.model,
    at: incoming.at,
    usage,
  })
  promptWatch.answered({
    tenant: principal.tenant,
    workflow: entry.opened.workflow,
    session: labels.session,
    provider: target.provider.name,
    model: target.model,
    account: target.replica.account,
    startedAt: Math.round(answeredAt - totalMs),
    answeredAt,
    inputTokens,
    readTokens: usage.tokens.cache_read,
    unread: spares.unread,
    isPriced: spares.isPriced,
    cut,
  })
}

function promptTokens(tokens: Tokens): number {
  let sum = 0
  for (const bucket of INPUT_BUCKETS) sum += tokens[bucket]
  return sum
}
