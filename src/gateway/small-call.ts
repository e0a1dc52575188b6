/** One call outside of any journey: its answer is small, costs nothing, and is held whole. */
import type { Principal } from '../access/principal.ts'
import type { Provider, Replica } from '../providers/provider.ts'
import type { HeaderList, OutboundRequest, TransportError } from '../providers/transport.ts'
import { askWhole } from '../providers/whole-answer.ts'
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
  /** See `WholeBounds`. */
  taken?: ((chunk: Uint8Array) => void) | undefined
}

const MAX_ANSWER_BYTES = 4 * 1024 * 1024

/** Never rejects. */
export async function smallCall(provider: Provider, replica: Replica, call: SmallCall): Promise<SmallAnswer> {
  const { method, body, principal, deadlineMs, freshConnection, taken } = call
  const path = `${replica.basePath}${call.path}`
  const request: OutboundRequest = {
    method,
    origin: replica.origin,
    path: provider.query === '' ? path : `${path}${path.includes('?') ? '&' : '?'}${provider.query}`,
    headers: outboundHeaders(call.headers, provider, replica, principal),
    body,
    connectTimeoutMs: deadlineMs,
    freshConnection,
  }
  const bounds = { mostBytes: MAX_ANSWER_BYTES, deadlineMs, taken }
  const answer = await askWhole(provider.transport, request, bounds).answer
  return answer.kind === 'answered' || answer.kind === 'failed' ? answer : { kind: 'late' }
}
