/** The main thread's end of the small encoder's thread: asks it, within bounds. */
import type { Worker } from 'node:worker_threads'
import { type Embedder, EmbedderUnavailable } from '../../embedding/embedder.ts'
import type {
  EncoderThreadSettings,
  MessageFromEncoder,
  MessageToEncoder,
} from './encoder-thread-messages.ts'

export interface EncoderThreadOptions {
  settings: EncoderThreadSettings
  /** Starts a thread that runs `encoder-thread.ts`. */
  start: (settings: EncoderThreadSettings) => Worker
  /** Of texts that wait; a call that would exceed it is refused. */
  mostWaiting: number
}

interface Pending {
  count: number
  settle: (vectors: readonly Float32Array[] | EmbedderUnavailable) => void
}

export class EncoderThread implements Embedder {
  readonly id: string
  readonly dimensions: number
  readonly #worker: Worker
  readonly #mostWaiting: number
  readonly #pending = new Map<number, Pending>()
  #waiting = 0
  #lastId = 0
  #ended = false

  /**
   * @throws EmbedderUnavailable where the model cannot be read; the message says why
   */
  static async start({ settings, start, mostWaiting }: EncoderThreadOptions): Promise<EncoderThread> {
    const worker = start(settings)
    const first = await new Promise<MessageFromEncoder>((resolve) => {
      worker.once('message', resolve)
      worker.once('error', (error) => resolve({ kind: 'failed', reason: String(error) }))
      worker.once('exit', () => resolve({ kind: 'failed', reason: 'The encoder ended before it was ready.' }))
    })
    if (first.kind === 'ready')
      return new EncoderThread(worker, mostWaiting, first.embedder, first.dimensions)
    await worker.terminate()
    throw new EmbedderUnavailable(first.kind === 'failed' ? first.reason : 'The encoder did not start.')
  }

  private constructor(worker: Worker, mostWaiting: number, id: string, dimensions: number) {
    this.#worker = worker
    this.#mostWaiting = mostWaiting
    this.id = id
    this.dimensions = dimensions
    worker.on('message', (message: MessageFromEncoder) => this.#hear(message))
    worker.on('error', () => {})
    worker.on('exit', () => this.#end())
    // It serves the process and must not keep it alive, but while somebody waits for its answer.
    worker.unref()
  }

  embed(texts: readonly string[], signal?: AbortSignal): Promise<readonly Float32Array[]> {
    if (texts.length === 0) return Promise.resolve([])
    if (this.#ended || signal?.aborted || this.#waiting + texts.length > this.#mostWaiting) {
      return Promise.reject(new EmbedderUnavailable('The encoder has no time for this.'))
    }
    const id = ++this.#lastId
    return new Promise((resolve, reject) => {
      const abort = (): void => settle(new EmbedderUnavailable('The encoder took too long.'))
      const settle: Pending['settle'] = (answer) => {
        signal?.removeEventListener('abort', abort)
        if (answer instanceof EmbedderUnavailable) reject(answer)
        else resolve(answer)
      }
      signal?.addEventListener('abort', abort, { once: true })
      this.#pending.set(id, { count: texts.length, settle })
      this.#waiting += texts.length
      const message: MessageToEncoder = { id, texts }
      this.#worker.ref()
      this.#worker.postMessage(message)
    })
  }

  get hasEnded(): boolean {
    return this.#ended
  }

  async stop(): Promise<void> {
    await this.#worker.terminate()
  }

  /** Who gave up is heard all the same, since until then its texts keep the thread busy. */
  #hear(message: MessageFromEncoder): void {
    if (message.kind !== 'vectors') return
    const pending = this.#pending.get(message.id)
    if (pending === undefined) return
    this.#pending.delete(message.id)
    this.#waiting -= pending.count
    if (this.#pending.size === 0) this.#worker.unref()
    const { dimensions } = this
    pending.settle(
      Array.from({ length: pending.count }, (_, at) =>
        message.vectors.subarray(at * dimensions, (at + 1) * dimensions),
      ),
    )
  }

  #end(): void {
    this.#ended = true
    for (const { settle } of this.#pending.values()) settle(new EmbedderUnavailable('The encoder ended.'))
    this.#pending.clear()
  }
}
