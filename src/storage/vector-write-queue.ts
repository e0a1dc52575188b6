/** Writes entries at the end of a turn, a few at a time; a file that is locked is tried again, never waited for. */
import type { VectorEntry } from '../vectors/vector-index.ts'
import { isLocked } from './vector-removals.ts'

/** More wait for the next turn, so that no turn takes long. */
const MAX_BATCH = 50
const MAX_WAITING = 20_000
/** For about a second. */
const RETRY_MS = 20
const MOST_TRIES = 60

export class VectorWriteQueue {
  readonly #write: (batch: readonly VectorEntry[]) => void
  readonly #failed: (error: unknown) => void
  readonly #waiting: VectorEntry[] = []
  readonly #whenFlushed: (() => void)[] = []
  #immediate: NodeJS.Immediate | undefined
  #retry: NodeJS.Timeout | undefined
  #tries = 0

  /** `write` stores all or none; `failed` is told of each batch that is given up. */
  constructor(write: (batch: readonly VectorEntry[]) => void, failed: (error: unknown) => void) {
    this.#write = write
    this.#failed = failed
  }

  /** False where too many wait: this one is not stored. */
  add(entry: VectorEntry): boolean {
    if (this.#waiting.length >= MAX_WAITING) return false
    this.#waiting.push(entry)
    if (this.#retry === undefined) this.#immediate ??= setImmediate(() => this.#writeSome())
    return true
  }

  flushed(): Promise<void> {
    if (this.#waiting.length === 0) return Promise.resolve()
    return new Promise((resolve) => this.#whenFlushed.push(resolve))
  }

  /** Within this turn, as far as the file lets it. */
  writeAll(): void {
    while (this.#waiting.length > 0) this.#writeSome()
  }

  #writeSome(): void {
    clearImmediate(this.#immediate)
    clearTimeout(this.#retry)
    this.#immediate = undefined
    this.#retry = undefined
    const batch = this.#waiting.slice(0, MAX_BATCH)
    try {
      this.#write(batch)
    } catch (error) {
      if (isLocked(error) && ++this.#tries < MOST_TRIES) {
        this.#retry = setTimeout(() => this.#writeSome(), RETRY_MS)
        return
      }
      this.#failed(error)
    }
    this.#tries = 0
    this.#waiting.splice(0, batch.length)
    if (this.#waiting.length > 0) this.#immediate = setImmediate(() => this.#writeSome())
    else for (const resolve of this.#whenFlushed.splice(0)) resolve()
  }
}
