/** The small encoder that ships, in a thread of its own that is started again where it ends. */
import { Worker } from 'node:worker_threads'
import type { Embedder } from '../../embedding/embedder.ts'
import { EncoderThread } from './encoder-thread-client.ts'
import type { EncoderThreadSettings } from './encoder-thread-messages.ts'
import { encoderThreadScript, smallEncoderFile } from './package-files.ts'

const MOST_WAITING = 256
/** A thread that ends at once must not be started all the time. */
const RESTART_MS = 5000

export class ShippedEncoder implements Embedder {
  readonly id: string
  readonly dimensions: number
  #thread: EncoderThread
  #startedAtMs: number
  #starting = false
  #stopped = false

  /** @throws EmbedderUnavailable where the model cannot be read */
  static async start(): Promise<ShippedEncoder> {
    return new ShippedEncoder(await startThread())
  }

  private constructor(thread: EncoderThread) {
    this.#thread = thread
    this.#startedAtMs = performance.now()
    this.id = thread.id
    this.dimensions = thread.dimensions
  }

  embed(texts: readonly string[], signal?: AbortSignal): Promise<readonly Float32Array[]> {
    if (this.#thread.hasEnded) this.#startAgain()
    return this.#thread.embed(texts, signal)
  }

  stop(): Promise<void> {
    this.#stopped = true
    return this.#thread.stop()
  }

  #startAgain(): void {
    const nowMs = performance.now()
    if (this.#starting || this.#stopped || nowMs - this.#startedAtMs < RESTART_MS) return
    this.#starting = true
    this.#startedAtMs = nowMs
    void startThread()
      .then((thread) => {
        if (this.#stopped) void thread.stop()
        else this.#thread = thread
      })
      // Neither a model that is gone nor a machine without memory for a thread costs more than hits: the next call tries.
      .catch(() => {})
      .finally(() => {
        this.#starting = false
      })
  }
}

function startThread(): Promise<EncoderThread> {
  const settings: EncoderThreadSettings = { path: smallEncoderFile() }
  const start = (workerData: EncoderThreadSettings): Worker =>
    new Worker(encoderThreadScript(), { workerData })
  return EncoderThread.start({ settings, start, mostWaiting: MOST_WAITING })
}
