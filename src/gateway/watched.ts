/** Gathers what the observers are told of one request, where there are any. */
import type { AttemptNote } from '../metering/decision.ts'
import type { AttemptOpened, AttemptSettled, RequestOpened, RequestSettled } from '../metering/ledger.ts'
import { INPUT_BUCKETS, TOKEN_BUCKETS } from '../metering/tokens.ts'
import type { AttemptFacts, EndedAttempt, Observers, RequestError, SemanticOutcome } from './observer.ts'
import type { SpanIds } from './trace-context.ts'

/** What is read of a request that ended. */
type Ended = Pick<
  RequestSettled,
  'id' | 'status' | 'tier' | 'cache' | 'baselineNanoUsd' | 'firstChunkMs' | 'totalMs'
> & { decision: Pick<RequestSettled['decision'], 'input'>; semanticWrong?: boolean | undefined }

export class Watched {
  readonly #observers: Observers
  readonly #request: RequestOpened
  readonly #span: SpanIds | undefined
  readonly #open: { row: AttemptOpened; facts: AttemptFacts }[] = []
  #last: EndedAttempt | undefined
  #ended = 0
  #inputTokens = 0
  #outputTokens = 0
  #costNanoUsd: number | undefined = 0

  /** `request` is read when something ends: its workflow is found on the way. */
  constructor(observers: Observers, request: RequestOpened, span: SpanIds | undefined) {
    this.#observers = observers
    this.#request = request
    this.#span = span
    if (observers.some) observers.requestBegan()
  }

  opened(attempt: AttemptOpened, facts: AttemptFacts): void {
    if (this.#observers.some) this.#open[attempt.ordinal] = { row: attempt, facts }
  }

  attemptEnded(settled: AttemptSettled, note?: AttemptNote): void {
    const opened = this.#open[settled.ordinal]
    if (opened === undefined) return
    const ended = endedAttempt(opened, settled, note, this.#request)
    this.#last = ended
    this.#ended++
    this.#count(ended)
    this.#observers.attemptEnded(ended)
  }

  requestEnded(settled: Ended, error: RequestError | undefined, semantic?: SemanticOutcome): void {
    if (!this.#observers.some) return
    const { workflow, step, endpoint, stream, at } = this.#request
    const { id, status, tier, cache, baselineNanoUsd, firstChunkMs, totalMs } = settled
    this.#observers.requestEnded({
      id,
      at,
      workflow,
      step,
      endpoint,
      stream,
      status,
      error,
      tier,
      cache,
      baselineNanoUsd,
      firstChunkMs,
      totalMs,
      input: settled.decision.input,
      semantic,
      semanticWrong: settled.semanticWrong,
      attempts: this.#ended,
      last: this.#last,
      inputTokens: this.#inputTokens,
      outputTokens: this.#outputTokens,
      costNanoUsd: this.#costNanoUsd,
      span: this.#span,
    })
  }

  #count({ tokens, costNanoUsd }: EndedAttempt): void {
    for (const bucket of TOKEN_BUCKETS) {
      if (INPUT_BUCKETS.includes(bucket)) this.#inputTokens += tokens[bucket]
      else this.#outputTokens += tokens[bucket]
    }
    if (costNanoUsd === undefined || this.#costNanoUsd === undefined) this.#costNanoUsd = undefined
    else this.#costNanoUsd += costNanoUsd
  }
}

/** Member by member: what a row may come to hold is not passed on by accident, and spreading these took 20 µs. */
function endedAttempt(
  { row: opened, facts }: { row: AttemptOpened; facts: AttemptFacts },
  settled: AttemptSettled,
  note: AttemptNote | undefined,
  request: RequestOpened,
): EndedAttempt {
  return {
    workflow: request.workflow,
    endpoint: request.endpoint,
    stream: request.stream,
    requestId: opened.requestId,
    ordinal: opened.ordinal,
    provider: opened.provider,
    vendor: facts.vendor,
    origin: facts.origin,
    model: opened.model,
    modelIsListed: facts.modelIsListed,
    replica: opened.replica,
    tier: opened.tier,
    startedAt: opened.startedAt,
    span: facts.span,
    outcome: settled.outcome,
    status: settled.status,
    tokens: settled.tokens,
    usage: settled.usage,
    costNanoUsd: settled.costNanoUsd,
    firstChunkMs: settled.firstChunkMs,
    totalMs: settled.totalMs,
    insufficient: note?.insufficiency?.signal,
  }
}
