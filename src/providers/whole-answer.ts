/** One exchange whose answer is held whole, of bounded size and within a bounded time. */
import { concatenate } from '../openai/concatenate.ts'
import type { HeaderList, OutboundRequest, Transport, TransportError } from './transport.ts'

export type WholeAnswer =
  | { kind: 'answered'; status: number; headers: HeaderList; body: Uint8Array }
  /** Not whole within the deadline, or aborted. */
  | { kind: 'given_up' }
  /** Larger than the bound. */
  | { kind: 'endless' }
  | { kind: 'failed'; error: TransportError }

export interface WholeCall {
  /** Never rejects. */
  readonly answer: Promise<WholeAnswer>
  /** Ends the exchange; what has not been answered is `given_up`. */
  abort(): void
  /** False where the server cannot have seen anything of the request yet. */
  readonly sent: boolean
}

export interface WholeBounds {
  mostBytes: number
  /** Undefined: as long as nobody aborts. */
  deadlineMs?: number | undefined
  /** Takes a good answer piece by piece, as long as it may be, in place of `body`. */
  taken?: ((chunk: Uint8Array) => void) | undefined
}

export function askWhole(network: Transport, request: OutboundRequest, bounds: WholeBounds): WholeCall {
  const { mostBytes, deadlineMs, taken } = bounds
  const chunks: Uint8Array[] = []
  let bytes = 0
  let head: { status: number; headers: HeaderList } | undefined
  let resolve = (_: WholeAnswer): void => {}
  const answer = new Promise<WholeAnswer>((settle) => {
    resolve = settle
  })
  // Ahead of the call, which may fail at once.
  const timer = deadlineMs === undefined ? undefined : setTimeout(abort, deadlineMs)
  const call = network.send(request, {
    head: (status, headers) => {
      head = { status, headers }
    },
    chunk: (chunk) => {
      if (taken !== undefined && head?.status === 200) {
        taken(chunk)
        return true
      }
      chunks.push(chunk)
      bytes += chunk.byteLength
      if (bytes > mostBytes) end({ kind: 'endless' })
      return true
    },
    end: () =>
      finish({ kind: 'answered', ...(head ?? { status: 0, headers: [] }), body: concatenate(chunks) }),
    error: (error) => finish({ kind: 'failed', error }),
  })
  return {
    answer,
    abort,
    get sent() {
      return head !== undefined || call.sent
    },
  }

  function abort(): void {
    end({ kind: 'given_up' })
  }
  function end(told: WholeAnswer): void {
    call.abort()
    finish(told)
  }
  function finish(told: WholeAnswer): void {
    clearTimeout(timer)
    resolve(told)
  }
}
