/** What whoever watches is told of a request that is only counted: it has no row in the ledger, and costs nothing. */
import type { AttemptOutcome } from '../metering/ledger.ts'
import { unbilled } from '../metering/meter.ts'
import type { Gateway, Incoming } from './journey.ts'
import type { RequestError } from './observer.ts'
import { openedBy } from './opened-by.ts'
import type { Destination } from './outbound.ts'
import { beginSpan, childSpan } from './trace-context.ts'
import { Watched } from './watched.ts'

export const COUNT_ENDPOINT = 'messages/count_tokens'

export class WatchedCount {
  readonly #incoming: Incoming
  readonly #gateway: Gateway
  readonly #watched: Watched
  readonly #opened: ReturnType<typeof openedBy>
  readonly #span: ReturnType<typeof beginSpan> | undefined
  readonly #startedMs: number
  #attempts = 0

  constructor(incoming: Incoming, gateway: Gateway) {
    this.#incoming = incoming
    this.#gateway = gateway
    this.#opened = openedBy(incoming)
    this.#opened.endpoint = COUNT_ENDPOINT
    this.#span = gateway.traces ? beginSpan(incoming.headers, gateway.random) : undefined
    this.#startedMs = gateway.elapsedMs()
    this.#watched = new Watched(gateway.observers, this.#opened, this.#span)
  }

  resolved(workflow: string): void {
    this.#opened.workflow = workflow
  }

  /** Returns what to call once the provider's answer is here, or is not to come. */
  asking(
    { provider, model, replica, tier }: Pick<Destination, 'provider' | 'model' | 'replica' | 'tier'>,
    estimatedInputTokens: number,
  ): (outcome: AttemptOutcome, status: number | undefined) => void {
    const gateway = this.#gateway
    const ordinal = this.#attempts++
    const requestId = this.#incoming.id
    const row = {
      requestId,
      ordinal,
      provider: provider.name,
      model,
      replica: replica.id,
      account: replica.account,
      tier,
      startedAt: gateway.now(),
      estimatedInputTokens,
    }
    const modelIsListed = provider.models.has(model)
    const span = childSpan(this.#span, gateway.random)
    this.#watched.opened(row, { vendor: provider.vendor, origin: replica.origin, modelIsListed, span })
    const startedMs = gateway.elapsedMs()
    return (outcome, status) => {
      const { usage, costNanoUsd, priceVersion } = unbilled()
      this.#watched.attemptEnded({
        requestId,
        ordinal,
        outcome,
        status,
        tokens: usage.tokens,
        usage: usage.source,
        costNanoUsd,
        priceVersion,
        firstChunkMs: undefined,
        totalMs: gateway.elapsedMs() - startedMs,
      })
    }
  }

  ended(status: number, error: RequestError | undefined): void {
    this.#watched.requestEnded(
      {
        id: this.#incoming.id,
        status,
        tier: undefined,
        cache: 'bypass',
        baselineNanoUsd: undefined,
        firstChunkMs: undefined,
        totalMs: this.#gateway.elapsedMs() - this.#startedMs,
        decision: {},
      },
      error,
    )
  }
}
