/** Sends entries to Qdrant in batches, behind everybody's back. */
import type { QdrantClient } from '@qdrant/js-client-rest'
import type { VectorEntry } from '../vectors/vector-index.ts'
import { pointOf } from './qdrant-points.ts'

/** What comes within so long goes together. */
const GATHERED_MS = 50
const MAX_BATCH = 64
/** Of a Qdrant that does not answer; beyond it, the oldest are not remembered. */
const MAX_WAITING = 5000
const FIRST_RETRY_MS = 250
const MOST_TRIES = 5
const LAST_MS = 2000

export class QdrantWriter {
  readonly #client: (again: boolean) => Promise<QdrantClient>
  readonly #collection: string
  readonly #failed: (error: unknown) => void
  #waiting: VectorEntry[] = []
  #timer: NodeJS.Timeout | undefined
  #sending: Promise<void> | undefined
  #closed = false

  /** `client` is asked before each try, `again` after one that failed; `failed` is told of every batch that is given up. */
  constructor(
    client: (again: boolean) => Promise<QdrantClient>,
    collection: string,
    failed: (error: unknown) => void,
  ) {
    this.#client = client
    this.#collection = collection
    this.#failed = failed
  }

  add(entry: VectorEntry): void {
    if (this.#closed) return
    if (this.#waiting.length >= MAX_WAITING) this.#waiting.shift()
    this.#waiting.push(entry)
    this.#timer ??= setTimeout(() => this.#start(), GATHERED_MS)
  }

  async flushed(): Promise<void> {
    if (this.#waiting.length > 0) this.#start()
    await this.#sending
  }

  /** What cannot be sent at the first try, or within `LAST_MS`, is given up: a Qdrant that stalls holds up no end. */
  async close(): Promise<void> {
    this.#closed = true
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, LAST_MS)
    })
    await Promise.race([this.flushed(), late])
    clearTimeout(timer)
    this.#waiting = []
  }

  #start(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#sending ??= this.#sendAll().finally(() => {
      this.#sending = undefined
    })
  }

  async #sendAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, MAX_BATCH)
      await this.#send(batch).catch((error: unknown) => this.#failed(error))
    }
  }

  async #send(batch: readonly VectorEntry[]): Promise<void> {
    for (let tries = 1; ; tries++) {
      try {
        const client = await this.#client(tries > 1)
        await client.upsert(this.#collection, { wait: true, points: batch.map(pointOf) })
        return
      } catch (error) {
        if (this.#closed || tries === MOST_TRIES) throw error
        await new Promise((resolve) => setTimeout(resolve, FIRST_RETRY_MS * 2 ** (tries - 1)))
      }
    }
  }
}
