/** One JSON question to a server through the transport, and its JSON answer, of bounded size. */
import { concatenate } from '../openai/concatenate.ts'
import { isObject } from '../openai/is-object.ts'
import { parseJson } from '../openai/parse-json.ts'
import type { HeaderList, OutboundRequest, Transport, TransportError } from '../providers/transport.ts'

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
  const answer =
    first.kind === 'error' && first.error.fault === 'stale' ? await send(network, question, true) : first
  if (answer.kind === 'error')
    return { kind: 'fault', reason: `${answer.error.message} (${answer.error.fault})` }
  if (answer.kind === 'endless') return { kind: 'fault', reason: 'its answer is larger than any that fits' }
  const value = parseJson(new TextDecoder().decode(answer.body))
  if (answer.status < 200 || answer.status > 299) {
    return { kind: 'fault', reason: `it answered status ${answer.status}${complaintOf(value)}` }
  }
  return value === undefined ? { kind: 'fault', reason: 'its answer is no JSON' } : { kind: 'value', value }
}

type Answer =
  | { kind: 'answer'; status: number; body: Uint8Array }
  | { kind: 'error'; error: TransportError }
  | { kind: 'endless' }

function send(network: Transport, question: JsonQuestion, freshConnection: boolean): Promise<Answer> {
  const { origin, path, headers, body, mostBytes, signal } = question
  const request: OutboundRequest = {
    method: 'POST',
    origin,
    path,
    headers,
    body: new TextEncoder().encode(JSON.stringify(body)),
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
    freshConnection,
  }
  return new Promise((resolve, reject) => {
    signal.throwIfAborted()
    const chunks: Uint8Array[] = []
    let status = 0
    let bytes = 0
    const abort = (): void => {
      call.abort()
      reject(signal.reason)
    }
    const finish = (answer: Answer): void => {
      signal.removeEventListener('abort', abort)
      resolve(answer)
    }
    signal.addEventListener('abort', abort, { once: true })
    const call = network.send(request, {
      head: (told) => {
        status = told
      },
      chunk: (chunk) => {
        chunks.push(chunk)
        bytes += chunk.byteLength
        if (bytes <= mostBytes) return true
        call.abort()
        finish({ kind: 'endless' })
        return false
      },
      end: () => finish({ kind: 'answer', status, body: concatenate(chunks) }),
      error: (error) => finish({ kind: 'error', error }),
    })
  })
}

/** OpenAI's `error.message`, or TEI's `error`; one line of it. */
function complaintOf(value: unknown): string {
  if (!isObject(value)) return ''
  const said = isObject(value.error) ? value.error.message : value.error
  if (typeof said !== 'string' || said === '') return ''
  return `: ${said.replace(/\s+/g, ' ').slice(0, 200).replace(/\.$/, '')}`
}
