/** The network on Workers: `fetch`, read chunk by chunk. */
import {
  type AnswerReceiver,
  type Call,
  type OutboundRequest,
  type Transport,
  TransportError,
} from '../../providers/transport.ts'

export class FetchTransport implements Transport {
  send(request: OutboundRequest, receiver: AnswerReceiver): Call {
    const abort = new AbortController()
    const gate = new Gate()
    void exchange(request, receiver, abort.signal, gate)
    return {
      abort: () => {
        abort.abort()
        gate.open()
      },
      resume: () => gate.open(),
      // `fetch` does not tell.
      sent: true,
    }
  }
}

/** Holds the reading loop while the caller reads too slowly. */
class Gate {
  #isOpen = true
  #passed: (() => void) | undefined

  /** Before the step that may ask to wait: it may be told to go on while it still runs. */
  close(): void {
    this.#isOpen = false
  }

  wait(): Promise<void> | undefined {
    if (this.#isOpen) return undefined
    return new Promise((resolve) => {
      this.#passed = resolve
    })
  }

  open(): void {
    this.#isOpen = true
    this.#passed?.()
  }
}

async function exchange(
  request: OutboundRequest,
  receiver: AnswerReceiver,
  signal: AbortSignal,
  gate: Gate,
): Promise<void> {
  let begun = false
  try {
    const response = await send(request, signal)
    begun = true
    receiver.head(response.status, [...response.headers].flat())
    const reader = response.body?.getReader()
    while (reader) {
      const { done, value } = await reader.read()
      if (signal.aborted) return
      if (done) break
      gate.close()
      if (!receiver.chunk(value)) await gate.wait()
      if (signal.aborted) return
    }
    receiver.end()
  } catch (cause) {
    if (!signal.aborted) receiver.error(asTransportError(cause, begun))
  }
}

function send(request: OutboundRequest, signal: AbortSignal): Promise<Response> {
  const headers: [string, string][] = []
  for (let index = 0; index + 1 < request.headers.length; index += 2) {
    headers.push([request.headers[index] as string, request.headers[index + 1] as string])
  }
  return fetch(`${request.origin}${request.path}`, {
    method: request.method,
    headers,
    body: request.body as Uint8Array<ArrayBuffer> | null,
    redirect: 'manual',
    signal,
  })
}

/** `fetch` tells no cause apart: what failed before an answer counts as a provider that could not be reached. */
function asTransportError(cause: unknown, begun: boolean): TransportError {
  const message = cause instanceof Error ? cause.message : String(cause)
  return new TransportError(begun ? 'reset' : 'unreachable', message, cause)
}
