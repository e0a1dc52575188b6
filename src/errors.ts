/** Everything that can go wrong for a caller or an operator, as one coded type; `openai/failure-body.ts` words it for the wire. */

interface FailureKind {
  /** HTTP status the caller gets. */
  status: number
  /** OpenAI's `error.type`. */
  type: string
  /** `false` where repeating the request cannot help, so that SDKs do not multiply our retries. */
  retry?: false
}

const FAILURE_KINDS = {
  invalid_json: { status: 400, type: 'invalid_request_error', retry: false },
  duplicate_key: { status: 400, type: 'invalid_request_error', retry: false },
  invalid_request: { status: 400, type: 'invalid_request_error', retry: false },
  nesting_too_deep: { status: 400, type: 'invalid_request_error', retry: false },
  invalid_api_key: { status: 401, type: 'authentication_error', retry: false },
  missing_api_key: { status: 401, type: 'authentication_error', retry: false },
  expired_api_key: { status: 401, type: 'authentication_error', retry: false },
  forbidden_host: { status: 403, type: 'permission_error', retry: false },
  forbidden_origin: { status: 403, type: 'permission_error', retry: false },
  model_not_allowed: { status: 403, type: 'permission_error', retry: false },
  workflow_not_allowed: { status: 403, type: 'permission_error', retry: false },
  model_not_found: { status: 404, type: 'invalid_request_error', retry: false },
  not_found: { status: 404, type: 'invalid_request_error', retry: false },
  method_not_allowed: { status: 405, type: 'invalid_request_error', retry: false },
  request_too_large: { status: 413, type: 'invalid_request_error', retry: false },
  unsupported_encoding: { status: 415, type: 'invalid_request_error', retry: false },
  upgrade_required: { status: 426, type: 'invalid_request_error', retry: false },
  insufficient_quota: { status: 429, type: 'insufficient_quota', retry: false },
  rate_limited: { status: 429, type: 'rate_limit_error' },
  caller_left: { status: 499, type: 'caller_left', retry: false },
  internal: { status: 500, type: 'server_error' },
  provider_authentication: { status: 502, type: 'provider_error', retry: false },
  provider_error: { status: 502, type: 'provider_error' },
  ledger_unavailable: { status: 503, type: 'server_error' },
  overloaded: { status: 503, type: 'server_error' },
  not_cached: { status: 504, type: 'invalid_request_error', retry: false },
  provider_timeout: { status: 504, type: 'provider_error', retry: false },
} as const satisfies Record<string, FailureKind>

export type FailureCode = keyof typeof FAILURE_KINDS

interface FailureDetail {
  /** The request field at fault, in OpenAI's notation: `messages[0].content`. */
  param?: string
  /** Seconds after which a repeat makes sense; sent as `Retry-After`. */
  retryAfterSeconds?: number
  /** Overrules the code's own answer, for instance where our retries are spent already. */
  worthRetrying?: boolean
  cause?: unknown
}

/** An error whose message is meant for the person who caused it: one sentence, where and what to do. */
export class Failure extends Error {
  override readonly name = 'Failure'
  readonly code: FailureCode
  readonly param: string | undefined
  readonly retryAfterSeconds: number | undefined
  /** Whether a client that repeats the same request could get another answer. */
  readonly worthRetrying: boolean

  constructor(code: FailureCode, message: string, detail: FailureDetail = {}) {
    super(message, detail.cause === undefined ? undefined : { cause: detail.cause })
    this.code = code
    this.param = detail.param
    this.retryAfterSeconds = detail.retryAfterSeconds
    this.worthRetrying = detail.worthRetrying ?? !('retry' in FAILURE_KINDS[code])
  }

  get status(): number {
    return FAILURE_KINDS[this.code].status
  }

  get type(): string {
    return FAILURE_KINDS[this.code].type
  }
}
