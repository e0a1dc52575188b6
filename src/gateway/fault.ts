/** What went wrong with one attempt before the caller saw any of its answer, and what that means for the next one. */
import { Failure, type FailureCode } from '../errors.ts'
import type { AttemptOutcome } from '../metering/ledger.ts'
import { errorCause } from '../openai/error-cause.ts'
import { readErrorBody, type WireError } from '../openai/wire-error.ts'
import type { FallbackCause } from '../policy/policy.ts'
import type { HeaderList, TransportError } from '../providers/transport.ts'
import { headerValue } from '../providers/transport.ts'
import type { Insufficiency } from '../routing/insufficiency.ts'

export type FaultKind =
  | 'unreachable' // nothing was sent
  | 'reset' // the connection ended too early
  | 'stale' // a kept connection was dead already
  | 'malformed' // an answer that is none
  | 'timeout'
  | 'rejected' // a 4xx that is about the request itself
  | 'authentication' // 401 or 403
  | 'rate_limited'
  | 'server_error' // 5xx, or an error event before any content
  | 'content_filter' // a 200 whose only content is that the filter struck
  | 'insufficient' // an answer that the policy would rather have from the next tier

/** What a caller is asked to wait where a provider that limits its rate did not say. */
const UNSTATED_PAUSE_MS = 2000

export interface ProviderAnswer {
  status: number
  headers: HeaderList
  bytes: Uint8Array
}

export interface Fault {
  kind: FaultKind
  /** One sentence for the caller, naming the provider; it may repeat the provider's words. */
  message: string
  /** The same for the ledger: a provider's words may repeat the prompt, and so are not kept. */
  note: string
  /** The answer as the provider gave it, where there was one. */
  answer: ProviderAnswer | undefined
  retryAfterMs: number | undefined
  contextWindow: boolean
  contentFilter: boolean
  /** No connection was made: nothing was sent, and another replica may well take it. */
  unconnected: boolean
  /** Of an insufficient answer: what told so. */
  insufficiency: Insufficiency | undefined
}

export function fault(kind: FaultKind, message: string, more: Partial<Fault> = {}): Fault {
  return {
    kind,
    message,
    note: message,
    answer: undefined,
    retryAfterMs: undefined,
    contextWindow: false,
    contentFilter: false,
    unconnected: false,
    insufficiency: undefined,
    ...more,
  }
}

/** @param of `provider/model` */
export function insufficient(of: string, insufficiency: Insufficiency): Fault {
  return fault('insufficient', `The answer of ${of} does not suffice: ${insufficiency.because}.`, {
    note: insufficiency.because,
    insufficiency,
  })
}

export function faultOfTransport(provider: string, error: TransportError): Fault {
  switch (error.fault) {
    case 'unreachable':
      return fault('unreachable', `Provider ${provider} could not be reached: ${error.message}.`, {
        unconnected: true,
      })
    case 'connect_timeout':
      return fault('timeout', `Provider ${provider} did not accept a connection in time.`, {
        unconnected: true,
      })
    case 'reset':
      return fault('reset', `Provider ${provider} closed the connection before its answer was whole.`)
    case 'stale':
      return fault('stale', `Provider ${provider} had closed the connection that it offered to keep.`)
    case 'malformed':
      return fault('malformed', `Provider ${provider} sent an answer that cannot be read: ${error.message}.`)
  }
}

/** @param which of the policy's limits has passed */
export function lateFault(provider: string, which: string, wasSent: boolean): Fault {
  const message = `Provider ${provider} did not answer within the policy's limits.${which}.`
  // A server that is still being started was sent nothing, as one that accepts no connection.
  return fault('timeout', message, { unconnected: !wasSent })
}

/** A provider bills what it began to answer, and may bill what it was still thinking about. */
export function mayBeBilled(it: Fault, status: number | undefined, wasSent: boolean): boolean {
  const isLate = it.kind === 'timeout' || it.kind === 'insufficient'
  return (status !== undefined && status < 300) || (isLate && it.answer === undefined && wasSent)
}

/** Classifies an answer that is not a 2xx. `now` is Unix milliseconds, for a `Retry-After` that is a date. */
export function faultOfAnswer(provider: string, answer: ProviderAnswer, now: number): Fault {
  const { status } = answer
  const error = readErrorBody(answer.bytes)
  const cause = error && errorCause(error)
  const kind = isBackendFailure(status, error) ? 'server_error' : kindOfStatus(status)
  const note = `Provider ${provider} answered with status ${status}${codeOf(error)}.`
  // What a provider says of a refused key may show the key, which is not the caller's.
  const isTold = error !== undefined && kind !== 'authentication'
  const message = isTold ? `Provider ${provider} answered with status ${status}: ${error.message}` : note
  return fault(kind, message, {
    note,
    answer,
    retryAfterMs: retryAfterMs(answer.headers, now),
    contextWindow: cause === 'context_window',
    contentFilter: cause === 'content_filter',
  })
}

/** A word is a code; anything longer is a message that calls itself one. */
function codeOf(error: WireError | undefined): string {
  return error?.code !== undefined && /^[\w.-]{1,64}$/.test(error.code) ? ` (${error.code})` : ''
}

/** Whether the policy wants the next target to be tried after this fault. */
export function fallsOver(causes: readonly FallbackCause[], it: Fault): boolean {
  return causes.some((cause) => matchesCause(cause, it))
}

/** The same of a refusal of ours, by the status that it would be told with. */
export function fallsOverAt(causes: readonly FallbackCause[], status: number): boolean {
  const family = status >= 500 ? '5xx' : '4xx'
  return causes.some((cause) => cause === status || cause === family)
}

/** Whether the same target may well answer a moment later. */
export function isPassing(it: Fault): boolean {
  return (
    it.kind === 'unreachable' ||
    it.kind === 'reset' ||
    it.kind === 'stale' ||
    it.kind === 'server_error' ||
    it.kind === 'rate_limited'
  )
}

/** The caller's own mistakes, and a refusal of the caller's own key, pass as the provider worded them. */
export function passesUnchanged(it: Fault, callersKey: boolean): boolean {
  return it.answer !== undefined && (it.kind === 'rejected' || (it.kind === 'authentication' && callersKey))
}

/** The failure that the caller is told; `retried` where repeats were spent on it already. */
export function failureOf(it: Fault, retried: boolean): Failure {
  const retryAfterMs = it.retryAfterMs ?? (it.kind === 'rate_limited' ? UNSTATED_PAUSE_MS : undefined)
  const detail = {
    ...(retryAfterMs === undefined ? {} : { retryAfterSeconds: Math.ceil(retryAfterMs / 1000) }),
    ...(retried ? { worthRetrying: false } : {}),
  }
  return new Failure(failureCode(it.kind), it.message, detail)
}

/** How the ledger names the end of an attempt with this fault. */
export function outcomeOf(it: Fault): AttemptOutcome {
  switch (it.kind) {
    case 'unreachable':
    case 'timeout':
    case 'rate_limited':
    case 'rejected':
    case 'insufficient':
      return it.kind
    case 'authentication':
      return 'rejected'
    case 'reset':
    case 'stale':
    case 'malformed':
    case 'server_error':
    case 'content_filter':
      return 'failed'
  }
}

function failureCode(kind: FaultKind): FailureCode {
  if (kind === 'timeout') return 'provider_timeout'
  if (kind === 'authentication') return 'provider_authentication'
  if (kind === 'rate_limited') return 'rate_limited'
  return 'provider_error'
}

/** TGI and TEI say 424 where their model fails; OpenAI, in its own envelope, where what the caller named cannot be reached. */
function isBackendFailure(status: number, error: WireError | undefined): boolean {
  return status === 424 && error !== undefined && error.code === undefined
}

function kindOfStatus(status: number): FaultKind {
  if (status === 401 || status === 403) return 'authentication'
  if (status === 429) return 'rate_limited'
  if (status === 408) return 'timeout'
  if (status >= 400 && status < 500) return 'rejected'
  return status >= 500 ? 'server_error' : 'malformed'
}

function matchesCause(cause: FallbackCause, it: Fault): boolean {
  const status = it.answer?.status
  if (typeof cause === 'number') return status === cause || (cause === 429 && it.kind === 'rate_limited')
  switch (cause) {
    case 'timeout':
      return it.kind === 'timeout'
    case 'context_window':
      return it.contextWindow
    case 'content_filter':
      return it.contentFilter
    case '4xx':
      return status !== undefined && status >= 400 && status < 500
    case '5xx':
      // A provider that cannot be reached or breaks off is as gone as one that says 503.
      return ['unreachable', 'reset', 'stale', 'malformed', 'server_error'].includes(it.kind)
  }
}

/** Reads `retry-after-ms` (OpenAI) and `Retry-After` (RFC 9110, section 10.2.3: seconds or a date). */
function retryAfterMs(headers: HeaderList, now: number): number | undefined {
  const milliseconds = amount(headerValue(headers, 'retry-after-ms'))
  if (milliseconds !== undefined) return milliseconds
  const text = headerValue(headers, 'retry-after')
  const seconds = amount(text)
  if (seconds !== undefined) return seconds * 1000
  const date = /GMT/.test(text ?? '') ? Date.parse(text ?? '') : Number.NaN
  return Number.isNaN(date) ? undefined : Math.max(0, date - now)
}

/** A plain decimal; its digits are bounded, so that no pause is without end. */
function amount(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,9}(\.\d+)?$/.test(text) ? Number(text) : undefined
}
