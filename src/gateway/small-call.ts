/** One call outside of any journey: its answer is small, costs nothing, and is held whole. */
import type { Principal } from '../access/principal.ts'
import { concatenate } from '../openai/concatenate.ts'
import type { Provider, Replica } from '../providers/provider.ts'
import type { HeaderList, OutboundRequest, TransportError } from '../providers/transport.ts'
import { outboundHeaders } from './headers.ts'

export type SmallAnswer =
  | { kind: 'answered'; status: number; headers: HeaderList; body: Uint8Array }
  /** `late`: not whole within the deadline, or too large. */
  | { kind: 'late' }
  | { kind: 'failed'; error: TransportError }

export interface SmallCall extends Pick<OutboundRequest, 'method' | 'body'> {
  /** Below the replica's base path, with a query where there is one. */
  path: string
  /** The caller's own headers. */
  headers: HeaderList
  /** Whose credential is passed on, where the provider takes callers' own. */
  principal: Principal
  deadlineMs: number
  /** On a connection of its own: a call that seldom comes finds every kept one dead. */
  freshConnection: boolean
  /** Takes a good answer piece by piece, as long as it may be, in place of `body`. */
  taken?: ((chunk: Uint8Array) => void) | undefined
}

const MAX_ANSWER_BYTES = 4 * 1024 * 1024

/** Never rejects. */
export function smallCall(provider: Provider, replica: Replica, call: SmallCall): Promise<SmallAnswer> {
  const { method, body, principal, deadlineMs, freshConnection, taken } = call
  return new Promise((resolve) => {
    const chunks: Uint8Array[] = []
    let bytes = 0
    let head: { status: number; headers: HeaderList } = { status: 0, headers: [] }
    const path = `${replica.basePath}${call.path}`
    const sent = provider.transport.send(
      {
        method,
        origin: replica.origin,
        path: provider.query === '' ? path : `${path}${path.includes('?') ? '&' : '?'}${provider.query}`,
        headers: outboundHeaders(call.headers, provider, replica, principal),
        body,
        connectTimeoutMs: deadlineMs,
        freshConnection,
      },
      {
        head: (status, headers) => {
          head = { status, headers }
        },
        chunk: (chunk) => {
          if (taken !== undefined && head.status === 200) {
            taken(chunk)
            return true
          }
          chunks.push(chunk)
          bytes += chunk.byteLength
          if (bytes > MAX_ANSWER_BYTES) giveUp()
          return true
        },
        end: () => finish({ kind: 'answered', ...head, body: concatenate(chunks) }),
        error: (error) => finish({ kind: 'failed', error }),
      },
    )
    const timer = setTimeout(giveUp, deadlineMs)
    function giveUp(): void {
      sent.abort()
      finish({ kind: 'late' })
    }
    function finish(answer: SmallAnswer): void {
      clearTimeout(timer)
      resolve(answer)
    }
  })
}
