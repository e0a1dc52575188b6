/** A refusal in OpenAI's words: ours of what no tensor can be made of, or the server's. */

export class Refused extends Error {
  override readonly name = 'Refused'
  /** Of HTTP. */
  readonly status: number
  readonly param: string | undefined
  readonly code: string | undefined
  /** The server's own, in seconds. */
  readonly retryAfter: string | undefined

  constructor(
    status: number,
    message: string,
    detail: { param?: string; code?: string; retryAfter?: string | undefined } = {},
  ) {
    super(message)
    this.status = status
    this.param = detail.param
    this.code = detail.code
    this.retryAfter = detail.retryAfter
  }

  /** OpenAI's envelope. */
  body(): Uint8Array {
    const { message, param = null, code = null } = this
    return new TextEncoder().encode(JSON.stringify({ error: { message, type: this.#type, param, code } }))
  }

  get #type(): string {
    if (this.status === 429) return 'rate_limit_error'
    return this.status >= 500 ? 'server_error' : 'invalid_request_error'
  }
}
