/** One small POST through the transport that also carries requests to providers. */
import type { HeaderList, Transport } from '../providers/transport.ts'

const CONNECT_TIMEOUT_MS = 3000

/** Resolves with the status once the answer has ended; undefined where none came within `timeoutMs`. */
export function post(
  network: Transport,
  url: URL,
  headers: HeaderList,
  body: Uint8Array,
  timeoutMs: number,
): Promise<number | undefined> {
  return new Promise((resolve) => {
    let status: number | undefined
    const timer = setTimeout(() => {
      call?.abort()
      resolve(undefined)
    }, timeoutMs)
    const finish = (said: number | undefined): void => {
      clearTimeout(timer)
      resolve(said)
    }
    const request = {
      method: 'POST' as const,
      origin: url.origin,
      path: `${url.pathname}${url.search}`,
      headers,
      body,
      connectTimeoutMs: CONNECT_TIMEOUT_MS,
    }
    const call = network.send(request, {
      head: (told) => {
        status = told
      },
      chunk: () => true,
      end: () => finish(status),
      error: () => finish(undefined),
    })
  })
}
