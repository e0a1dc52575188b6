/** Ids that providers made, in memory, for runtimes without a disk; the oldest are forgotten first. */
import type { BatchClaim, MadeId, MadeIds } from '../routing/made-ids.ts'

const DEFAULT_CAPACITY = 50_000

export class MemoryMadeIds implements MadeIds {
  readonly #made = new Map<string, MadeId>()
  readonly #claimed = new Set<string>()
  readonly #capacity: number

  constructor(capacity: number = DEFAULT_CAPACITY) {
    this.#capacity = capacity
  }

  find(id: string): MadeId | undefined {
    return this.#made.get(id)
  }

  async remember(made: readonly MadeId[]): Promise<void> {
    for (const one of made) if (!this.#made.has(one.id)) this.#made.set(one.id, one)
    for (const oldest of this.#made.keys()) {
      if (this.#made.size <= this.#capacity) break
      this.#made.delete(oldest)
      this.#claimed.delete(oldest)
    }
  }

  async claimBatch(fileId: string, first: BatchClaim): Promise<BatchClaim | undefined> {
    if (this.#claimed.has(fileId)) return undefined
    this.#claimed.add(fileId)
    return first
  }

  /** What is written to memory is written at once. */
  async billed(): Promise<void> {}

  abandonBatch(fileId: string): void {
    this.#claimed.delete(fileId)
  }

  overdue(now: number, most: number): readonly MadeId[] {
    const due = [...this.#made.values()].filter(({ lookAt }) => lookAt !== undefined && lookAt <= now)
    return due.sort((one, other) => (one.lookAt ?? 0) - (other.lookAt ?? 0)).slice(0, most)
  }

  lookNext({ id }: Pick<MadeId, 'id'>, at: number | undefined): boolean {
    const made = this.#made.get(id)
    if (made !== undefined) this.#made.set(id, { ...made, lookAt: at })
    return made !== undefined
  }

  unbilled(): number {
    let count = 0
    for (const { lookAt } of this.#made.values()) if (lookAt !== undefined) count++
    return count
  }
}
