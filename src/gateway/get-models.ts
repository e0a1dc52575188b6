/** Asks a provider for the list of its models: the one call that costs nothing and needs the key. */
import type { Principal } from '../access/principal.ts'
import { concatenate } from '../openai/concatenate.ts'
import type { Provider, Replica } from '../providers/provider.ts'
import type { HeaderList } from '../providers/transport.ts'
import { outboundHeaders } from './headers.ts'

export type ModelsAnswer =
  | { kind: 'answered'; status: number; headers: HeaderList; body: Uint8Array }
  /** `late`: not whole within the deadline, or too large. */
  | { kind: 'late' }
  | { kind: 'failed'; message: string }
  /** Its cloud gives no token: it was not asked. The message is a sentence. */
  | { kind: 'unproved'; message: string }

const MAX_LIST_BYTES = 4 * 1024 * 1024

/** Never rejects. `principal` is whose credential is passed on, where the provider takes callers' own. */
export function getModels(
  provider: Provider,
  replica: Replica,
  principal: Principal,
  deadlineMs: number,
): Promise<ModelsAnswer> {
  const { credential } = replica
  const ready = credential.kind === 'token' ? credential.token.ready() : undefined
  if (ready === undefined) return askModels(provider, replica, principal, deadlineMs)
  return ready.then(
    () => askModels(provider, replica, principal, deadlineMs),
    ({ message }: Error) => ({ kind: 'unproved', message }),
  )
}

function askModels(
  provider: Provider,
  replica: Replica,
  principal: Principal,
  deadlineMs: number,
): Promise<ModelsAnswer> {
  return new Promise((resolve) => {
    const chunks: Uint8Array[] = []
    let bytes = 0
    let head: { status: number; headers: HeaderList } = { status: 0, headers: [] }
    const path = `${replica.basePath}${provider.path('models', '')}`
    const call = provider.transport.send(
      {
        method: 'GET',
        origin: replica.origin,
        path: provider.query === '' ? path : `${path}?${provider.query}`,
        headers: outboundHeaders([], provider, replica, principal),
        body: null,
        connectTimeoutMs: deadlineMs,
        // Asked once a minute: a kept connection would be dead by then.
        freshConnection: true,
      },
      {
        head: (status, headers) => {
          head = { status, headers }
        },
        chunk: (chunk) => {
          chunks.push(chunk)
          bytes += chunk.byteLength
          if (bytes > MAX_LIST_BYTES) giveUp()
          return true
        },
        end: () => finish({ kind: 'answered', ...head, body: concatenate(chunks) }),
        error: ({ message }) => finish({ kind: 'failed', message }),
      },
    )
    const timer = setTimeout(giveUp, deadlineMs)
    function giveUp(): void {
      call.abort()
      finish({ kind: 'late' })
    }
    function finish(answer: ModelsAnswer): void {
      clearTimeout(timer)
      resolve(answer)
    }
  })
}
