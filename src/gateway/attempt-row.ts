/** What is written of an attempt ahead of its call, and what whoever watches is told besides. */
import type { AttemptOpened } from '../metering/ledger.ts'
import type { Journey } from './journey.ts'
import { reservationsFor } from './limits/budgets.ts'
import type { AttemptFacts } from './observer.ts'
import type { Destination } from './outbound.ts'
import type { SpanIds } from './trace-context.ts'

interface AttemptRow {
  row: AttemptOpened
  facts: AttemptFacts
}

/** @throws Failure `insufficient_quota` where a budget cannot count the model */
export function attemptRow(
  journey: Journey,
  destination: Destination,
  ordinal: number,
  span: SpanIds | undefined,
): AttemptRow {
  const { incoming, gateway, input } = journey
  const { provider, model, replica, tier } = destination
  return {
    row: {
      requestId: incoming.id,
      ordinal,
      provider: provider.name,
      model,
      replica: replica.id,
      account: replica.account,
      tier,
      startedAt: gateway.budgets.startOf(gateway.now()),
      estimatedInputTokens: input.tokens,
      reservations: reservationsFor(journey, destination),
    },
    facts: {
      vendor: provider.vendor,
      origin: replica.origin,
      modelIsListed: provider.models.has(model),
      span,
    },
  }
}
