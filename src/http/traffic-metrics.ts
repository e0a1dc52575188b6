/** Counts traffic for `/metrics`. Names that a caller could make up are told apart up to a bound only. */
import type { EndedAttempt, EndedRequest, Observer, RefusedRequest } from '../gateway/observer.ts'
import { BoundedLabel, type Counter, type Histogram, type Metrics, OTHER } from '../metering/metrics.ts'
import { TOKEN_BUCKETS } from '../metering/tokens.ts'

/** Of what a provider counted; 0.1 is a tenth off. */
const ERRORS = [0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 1]
const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600]
/** The label of a request that no provider was asked for. */
const NONE = ''

export class TrafficMetrics implements Observer {
  readonly #hasPolicy: (workflow: string) => boolean
  readonly #workflows = new BoundedLabel()
  readonly #models = new BoundedLabel()
  readonly #requests: Counter
  readonly #errors: Counter
  readonly #cache: Counter
  readonly #attempts: Counter
  readonly #escalations: Counter
  readonly #tokens: Counter
  readonly #cost: Counter
  readonly #baseline: Counter
  readonly #unpriced: Counter
  readonly #lookups: Counter
  readonly #audited: Counter
  readonly #wrong: Counter
  readonly #duration: Histogram
  readonly #firstChunk: Histogram
  readonly #estimateError: Histogram
  #inFlight = 0

  constructor(metrics: Metrics, hasPolicy: (workflow: string) => boolean) {
    this.#hasPolicy = hasPolicy
    const { counter, histogram } = named(metrics)
    const target = ['provider', 'model']
    this.#requests = counter('requests_total', 'Requests by what their callers got.', [
      'workflow',
      ...target,
      'status_class',
      'endpoint',
    ])
    this.#errors = counter('errors_total', 'Requests that failed, by code.', ['endpoint', 'code'])
    this.#cache = counter('cache_total', 'Requests by what the cache did.', ['workflow', 'result'])
    this.#attempts = counter('attempts_total', 'Calls to providers by outcome.', [...target, 'outcome'])
    this.#escalations = counter(
      'escalations_total',
      'Answers that did not suffice, so that the next tier was asked.',
      ['workflow', 'tier', 'reason'],
    )
    this.#tokens = counter('tokens_total', 'Tokens in disjoint buckets.', ['workflow', ...target, 'bucket'])
    this.#cost = counter('cost_usd_total', 'USD of what is priced.', ['workflow', ...target], 1e9)
    this.#baseline = counter(
      'baseline_usd_total',
      'USD that answers would have cost without anything that saves.',
      ['workflow'],
      1e9,
    )
    this.#unpriced = counter('unpriced_attempts_total', 'Calls without a known price.', target)
    this.#lookups = counter('semantic_lookups_total', 'Requests by what the semantic cache made of them.', [
      'workflow',
      'outcome',
    ])
    this.#audited = counter(
      'semantic_audited_total',
      'Remembered answers that were compared with a model’s own, in the background or in shadow.',
      ['workflow'],
    )
    this.#wrong = counter('semantic_wrong_total', 'Those of them that were wrong.', ['workflow'])
    this.#duration = histogram(
      'request_duration_seconds',
      'Arrival to end.',
      ['workflow', 'endpoint'],
      SECONDS,
    )
    this.#firstChunk = histogram(
      'first_chunk_seconds',
      'A provider’s call to its first content.',
      target,
      SECONDS,
    )
    this.#estimateError = histogram(
      'input_estimate_error_ratio',
      'Tokens of input as estimated, against the provider’s count: |estimated - counted| / counted.',
      ['workflow'],
      ERRORS,
    )
    metrics.gauge('trimtab_requests_in_flight', 'Requests under way.', [], () => [
      { labels: [], value: this.#inFlight },
    ])
  }

  requestBegan(): void {
    this.#inFlight++
  }

  attemptEnded(attempt: EndedAttempt): void {
    const { provider, tokens, costNanoUsd, firstChunkMs } = attempt
    const workflow = this.#workflow(attempt.workflow)
    const model = this.#model(attempt)
    this.#attempts.add([provider, model, attempt.outcome], 1)
    if (attempt.insufficient !== undefined) {
      this.#escalations.add([workflow, attempt.tier ?? NONE, attempt.insufficient], 1)
    }
    for (const bucket of TOKEN_BUCKETS) {
      if (tokens[bucket] > 0) this.#tokens.add([workflow, provider, model, bucket], tokens[bucket])
    }
    if (costNanoUsd === undefined) this.#unpriced.add([provider, model], 1)
    else if (costNanoUsd > 0) this.#cost.add([workflow, provider, model], costNanoUsd)
    if (firstChunkMs !== undefined) this.#firstChunk.observe([provider, model], firstChunkMs / 1000)
  }

  requestEnded(request: EndedRequest): void {
    this.#inFlight--
    const { endpoint, last, status, error } = request
    const workflow = this.#workflow(request.workflow)
    const model = last === undefined ? NONE : this.#model(last)
    this.#requests.add([workflow, last?.provider ?? NONE, model, statusClass(status), endpoint], 1)
    this.#cache.add([workflow, request.cache], 1)
    if (request.semantic !== undefined) this.#lookups.add([workflow, request.semantic], 1)
    if (request.semanticWrong !== undefined) this.#countJudged(workflow, request.semanticWrong)
    if (request.baselineNanoUsd !== undefined) this.#baseline.add([workflow], request.baselineNanoUsd)
    if (request.input !== undefined) {
      const { estimated, counted } = request.input
      this.#estimateError.observe([workflow], Math.abs(estimated - counted) / counted)
    }
    if (error !== undefined) this.#errors.add([endpoint, error], 1)
    this.#duration.observe([workflow, endpoint], request.totalMs / 1000)
  }

  requestRefused({ endpoint, status, error }: RefusedRequest): void {
    this.#requests.add([NONE, NONE, NONE, statusClass(status), endpoint], 1)
    this.#errors.add([endpoint, error], 1)
  }

  #countJudged(workflow: string, wrong: boolean): void {
    this.#audited.add([workflow], 1)
    // Both from the beginning, so that a rate can be told of none.
    this.#wrong.add([workflow], wrong ? 1 : 0)
  }

  #workflow(name: string): string {
    return this.#hasPolicy(name) ? name : this.#workflows.of(name)
  }

  /** A name that nobody lists is a caller's own until a provider has answered for it, at a price that is known. */
  #model({ provider, model, modelIsListed, outcome, costNanoUsd }: EndedAttempt): string {
    if (modelIsListed) return model
    const name = `${provider}/${model}`
    if (!this.#models.has(name) && (outcome !== 'answered' || costNanoUsd === undefined)) return OTHER
    return this.#models.of(name) === OTHER ? OTHER : model
  }
}

function named(metrics: Metrics) {
  const counter: Metrics['counter'] = (name, ...rest) => metrics.counter(`trimtab_${name}`, ...rest)
  const histogram: Metrics['histogram'] = (name, ...rest) => metrics.histogram(`trimtab_${name}`, ...rest)
  return { counter, histogram }
}

function statusClass(status: number): string {
  return `${Math.floor(status / 100)}xx`
}
