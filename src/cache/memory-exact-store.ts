/** Remembered answers in memory: the most recently used, up to a bound of bytes. */
import type { ExactStore, ExactStoreStats, PurgeFilter, RememberedAnswer } from './exact-store.ts'

/** What an answer takes besides its body. */
const OVERHEAD_BYTES = 1024

export class MemoryExactStore implements ExactStore {
  readonly #maxBytes: number
  /** Least recently used first. */
  readonly #answers = new Map<string, RememberedAnswer>()
  #bytes = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  find(key: string, nowMs: number): RememberedAnswer | undefined {
    const answer = this.#answers.get(key)
    if (answer === undefined) return undefined
    this.#answers.delete(key)
    if (answer.expiresAt <= nowMs) {
      this.#bytes -= sizeOf(answer)
      return undefined
    }
    this.#answers.set(key, answer)
    return answer
  }

  remember(answer: RememberedAnswer): void {
    this.#forget(answer.key)
    if (sizeOf(answer) > this.#maxBytes) return
    this.#answers.set(answer.key, answer)
    this.#bytes += sizeOf(answer)
    for (const oldest of this.#answers.keys()) {
      if (this.#bytes <= this.#maxBytes) break
      this.#forget(oldest)
    }
  }

  async purge(filter: PurgeFilter): Promise<number> {
    const gone = [...this.#answers.values()].filter((answer) => matches(answer, filter))
    for (const { key } of gone) this.#forget(key)
    return gone.length
  }

  async stats(): Promise<ExactStoreStats> {
    return { answers: this.#answers.size, bytes: this.#bytes }
  }

  #forget(key: string): void {
    const answer = this.#answers.get(key)
    if (answer === undefined) return
    this.#answers.delete(key)
    this.#bytes -= sizeOf(answer)
  }
}

function sizeOf({ body }: RememberedAnswer): number {
  return body.byteLength + OVERHEAD_BYTES
}

function matches(answer: RememberedAnswer, { workflow, tenant }: PurgeFilter): boolean {
  return (
    (workflow === undefined || answer.workflow === workflow) &&
    (tenant === undefined || answer.tenant === tenant)
  )
}
