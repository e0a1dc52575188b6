/** One exchange with a server that issues tokens: a form or a plain GET there, OAuth 2.0's JSON (RFC 6749, section 5) back. */
import { isObject } from '../../openai/is-object.ts'
import type { HeaderList, OutboundRequest, Transport } from '../transport.ts'
import { askWhole, type WholeAnswer } from '../whole-answer.ts'
import { type IssuedToken, TokenError } from './access-token.ts'

const DEADLINE_MS = 10_000
const MAX_ANSWER_BYTES = 64 * 1024

export interface TokenQuestion {
  /** Who is asked, at the beginning of a sentence. */
  issuer: string
  url: string
  /** Undefined: GET. */
  form: Readonly<Record<string, string>> | undefined
  headers: HeaderList
  /** What the operator should look at where the issuer refuses, as the end of a sentence. */
  advice: string
}

/** @throws TokenError */
export async function askToken(network: Transport, question: TokenQuestion): Promise<IssuedToken> {
  const { issuer, advice } = question
  const { status, body } = await exchange(network, question)
  const answer = parsed(body)
  if (status >= 200 && status < 300) {
    const { access_token: text, expires_in: seconds } = answer
    // Printable, because it goes into a header; Azure's metadata service tells seconds as text.
    const isToken = typeof text === 'string' && /^[\x21-\x7e]+$/.test(text)
    if (isToken && Number(seconds) > 0) return { text, lifetimeMs: Number(seconds) * 1000 }
    throw new TokenError(`${issuer} answered without a token; ${advice}.`, false)
  }
  const passing = status === 429 || status >= 500
  const reason = reasonOf(answer) ?? `status ${status}`
  throw new TokenError(
    passing
      ? `${issuer} gives no token just now (${reason}).`
      : `${issuer} gives no token (${reason}); ${advice}.`,
    passing,
  )
}

async function exchange(
  network: Transport,
  { issuer, url: address, form, headers, advice }: TokenQuestion,
): Promise<{ status: number; body: Uint8Array }> {
  const url = new URL(address)
  const body = form === undefined ? null : new TextEncoder().encode(String(new URLSearchParams(form)))
  const request: OutboundRequest = {
    method: body === null ? 'GET' : 'POST',
    origin: url.origin,
    path: `${url.pathname}${url.search}`,
    headers: body === null ? headers : [...headers, 'content-type', 'application/x-www-form-urlencoded'],
    body,
    connectTimeoutMs: DEADLINE_MS,
    // Asked once an hour: a kept connection would be dead by then.
    freshConnection: true,
  }
  const bounds = { mostBytes: MAX_ANSWER_BYTES, deadlineMs: DEADLINE_MS }
  const answer = await askWhole(network, request, bounds).answer
  if (answer.kind === 'answered') return answer
  throw new TokenError(`${issuer} cannot be asked for a token (${faultOf(answer)}); ${advice}.`, true)
}

function faultOf(answer: Exclude<WholeAnswer, { kind: 'answered' }>): string {
  if (answer.kind === 'failed') return answer.error.message
  return answer.kind === 'endless' ? 'its answer has no end' : `no answer within ${DEADLINE_MS / 1000} s`
}

function parsed(body: Uint8Array): Readonly<Record<string, unknown>> {
  try {
    const answer: unknown = JSON.parse(new TextDecoder().decode(body))
    return isObject(answer) ? answer : {}
  } catch {
    return {}
  }
}

/** `invalid_grant: Invalid JWT Signature.`; its first line, because Microsoft adds trace ids. */
function reasonOf({
  error,
  error_description: description,
}: Readonly<Record<string, unknown>>): string | undefined {
  if (typeof error !== 'string' || !/^[\w.-]{1,64}$/.test(error)) return undefined
  const [line = ''] = typeof description === 'string' ? description.split(/[\r\n]/) : []
  return line === '' ? error : `${error}: ${line.slice(0, 200).replace(/\.$/, '')}`
}
