/** One JSON question to a server through the transport, and its JSON answer, of bounded size. */
import { isObject } from '../openai/is-object.ts'
import { parseJson } from '../openai/parse-json.ts'
import type { HeaderList, OutboundRequest, Transport } from '../providers/transport.ts'
import { askWhole, type WholeAnswer } from '../providers/whole-answer.ts'

const CONNECT_TIMEOUT_MS = 3000

export interface JsonQuestion {
  origin: string
  path: string
  headers: HeaderList
  body: unknown
  mostBytes: number
  /** Ends the exchange. */
  signal: AbortSignal
}

/** `fault`: in few words what went wrong. */
export type JsonAnswer = { kind: 'value'; value: unknown } | { kind: 'fault'; reason: string }

/** @throws the signal's reason */
export async function askForJson(network: Transport, question: JsonQuestion): Promise<JsonAnswer> {
  const first = await send(network, question, false)
  // A connection that had been kept may have died unused: that says nothing about the server.
  const isStale = first.kind === 'failed' && first.error.fault === 'stale'
  const answer = isStale ? await send(network, question, true) : first
  if (answer.kind === 'failed')
    return { kind: 'fault', reason: `${answer.error.message} (${answer.error.fault})` }
  if (answer.kind !== 'answered') return { kind: 'fault', reason: 'its answer is larger than any that fits' }
  const value = parseJson(new TextDecoder().decode(answer.body))
  if (answer.status < 200 || answer.status > 299) {
    return { kind: 'fault', reason: `it answered status ${answer.status}${complaintOf(value)}` }
  }
  return value === undefined ? { kind: 'fault', reason: 'its answer is no JSON' } : { kind: 'value', value }
}

async function send(
  network: Transport,
  { origin, path, headers, body, mostBytes, signal }: JsonQuestion,
  freshConnection: boolean,
): Promise<WholeAnswer> {
  signal.throwIfAborted()
  const request: OutboundRequest = {
    method: 'POST',
    origin,
    path,
    headers,
    body: new TextEncoder().encode(JSON.stringify(body)),
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
    freshConnection,
  }
  const call = askWhole(network, request, { mostBytes })
  signal.addEventListener('abort', call.abort, { once: true })
  const answer = await call.answer
  signal.removeEventListener('abort', call.abort)
  if (answer.kind === 'given_up') throw signal.reason
  return answer
}

/** OpenAI's `error.message`, or TEI's `error`; one line of it. */
function complaintOf(value: unknown): string {
  if (!isObject(value)) return ''
  const said = isObject(value.error) ? value.error.message : value.error
  if (typeof said !== 'string' || said === '') return ''
  return `: ${said.replace(/\s+/g, ' ').slice(0, 200).replace(/\.$/, '')}`
}
