/** What is written of an attempt ahead of its call, and what whoever watches is told besides. */
import type { AttemptOpened } from '../metering/ledger.ts'
import type { Journey } from './journey.ts'
import type { AttemptFacts } from './observer.ts'
import type { Destination } from './outbound.ts'
import type { SpanIds } from './trace-context.ts'

interface AttemptRow {
  row: Omit<AttemptOpened, 'requestId' | 'ordinal'>
  facts: AttemptFacts
}

export function attemptRow(
  { incoming, gateway }: Journey,
  { provider, model, replica, tier }: Destination,
  span: SpanIds | undefined,
): AttemptRow {
  return {
    row: {
      provider: provider.name,
      model,
      replica: replica.id,
      account: replica.account,
      tier,
      startedAt: gateway.now(),
      estimatedInputTokens: Math.ceil(incoming.request.bytes.byteLength / 4),
    },
    facts: {
      vendor: provider.vendor,
      origin: replica.origin,
      modelIsListed: provider.models.has(model),
      span,
    },
  }
}
