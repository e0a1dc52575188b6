/** What one request takes from the limits of its key and team, and what its caller is told of them. */
import type { RateLimit, RateLimiter, RateUnit, Taken } from '../../access/rate-limit.ts'
import { Failure } from '../../errors.ts'
import { TOKEN_BUCKETS, type Tokens } from '../../metering/tokens.ts'
import { outputBound } from '../../openai/output-bound.ts'
import type { CallerRequest } from '../../openai/passed-request.ts'
import type { HeaderList } from '../../providers/transport.ts'
import type { AnswerSink } from '../answer-sink.ts'
import { withChangedHeaders } from '../changed-headers.ts'
import type { Gateway, Incoming } from '../journey.ts'
import { expectedInput } from './expected-usage.ts'

/** As OpenAI names them; a provider's own would speak of a limit that is not the caller's. */
const RATE_HEADER = /^x-ratelimit-(?:limit|remaining|reset)-(?:requests|tokens)$/i

/** Undefined where nothing limits the caller, which is what most requests pay for: one comparison. */
export function allowanceOf(
  { principal, request }: Incoming,
  { rateLimiter, elapsedMs }: Gateway,
): Allowance | undefined {
  const { limits } = principal
  if (limits === undefined || limits.length === 0) return undefined
  return new Allowance(limits, request, rateLimiter, elapsedMs)
}

export class Allowance {
  readonly #limits: readonly RateLimit[]
  readonly #request: CallerRequest
  readonly #limiter: RateLimiter
  readonly #elapsedMs: () => number
  #takenTokens = 0
  #usedTokens = 0

  constructor(
    limits: readonly RateLimit[],
    request: CallerRequest,
    limiter: RateLimiter,
    elapsedMs: () => number,
  ) {
    this.#limits = limits
    this.#request = request
    this.#limiter = limiter
    this.#elapsedMs = elapsedMs
  }

  /** @throws Failure `rate_limited` */
  takeRequest(): void {
    this.#take({ requests: 1, tokens: 0 })
  }

  /**
   * For a request that a provider is to be asked for.
   * @throws Failure `rate_limited`
   */
  takeTokens(bytesPerToken: number): void {
    const tokens = tokensWanted(this.#request, bytesPerToken)
    this.#take({ requests: 0, tokens })
    this.#takenTokens = tokens
  }

  /** What a provider counted for one attempt. */
  used(tokens: Tokens): void {
    for (const bucket of TOKEN_BUCKETS) this.#usedTokens += tokens[bucket]
  }

  /** Once the request is over. */
  settle(): void {
    this.#limiter.settle(this.#limits, this.#takenTokens, this.#usedTokens, this.#elapsedMs())
  }

  /** The caller's sink, whose answer says what is left. */
  telling(sink: AnswerSink): AnswerSink {
    return withChangedHeaders(sink, (headers) => this.told(headers))
  }

  /** The headers of an answer, with what is left. */
  told(headers: HeaderList): HeaderList {
    return [...withoutRates(headers), ...this.#headers()]
  }

  #take(amounts: Readonly<Record<RateUnit, number>>): void {
    const taken = this.#limiter.take(this.#limits, amounts, this.#elapsedMs())
    if (taken.kind === 'refused') throw refusal(taken, amounts[taken.unit])
  }

  #headers(): string[] {
    const nowMs = this.#elapsedMs()
    return (['requests', 'tokens'] as const).flatMap((unit) => {
      const standing = this.#limiter.standing(this.#limits, unit, nowMs)
      if (standing === undefined) return []
      return [
        ...[`x-ratelimit-limit-${unit}`, String(standing.perMinute)],
        ...[`x-ratelimit-remaining-${unit}`, String(standing.remaining)],
        ...[`x-ratelimit-reset-${unit}`, shortTime(standing.resetMs)],
      ]
    })
  }
}

/** About the input of a request, and as much output as its caller allows. */
export function tokensWanted(request: CallerRequest, bytesPerToken: number): number {
  return expectedInput(request, bytesPerToken).tokens + (outputBound(request) ?? 0)
}

function refusal(
  { limit, unit, perMinute, retryAfterMs }: Extract<Taken, { kind: 'refused' }>,
  wanted: number,
) {
  const seconds = Math.max(1, Math.ceil(retryAfterMs / 1000))
  const needs = unit === 'requests' ? '' : ` for the ${wanted} that this request may take`
  return new Failure(
    'rate_limited',
    `${limit.label} may use ${perMinute} ${unit} a minute, and too few are left${needs}: repeat in ${seconds} s.`,
    { retryAfterSeconds: seconds },
  )
}

function withoutRates(headers: HeaderList): string[] {
  const kept: string[] = []
  for (let index = 0; index + 1 < headers.length; index += 2) {
    const name = headers[index] as string
    if (!RATE_HEADER.test(name)) kept.push(name, headers[index + 1] as string)
  }
  return kept
}

/** As OpenAI writes times: `20ms`, `3s`, `1m0s`; rounded up. */
function shortTime(milliseconds: number): string {
  if (milliseconds < 1000) return `${Math.ceil(milliseconds)}ms`
  const seconds = Math.ceil(milliseconds / 1000)
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`
}
