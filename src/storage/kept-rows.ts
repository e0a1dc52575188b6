/** Rows that never change once written, kept from the first reading until any of their table is removed. */

/** About 3 MB of questions. */
const MOST_KEPT = 10_000

export class KeptRows<Row> {
  readonly #read: (number: number) => Row | undefined
  readonly #removals: () => number
  readonly #kept = new Map<number, Row>()
  #seenRemovals = -1

  /** `removals` tells a number that is another one after each removal, whoever made it. Row numbers are never used again. */
  constructor(read: (number: number) => Row | undefined, removals: () => number) {
    this.#read = read
    this.#removals = removals
  }

  /** Forgets everything where a row was removed; call it before each lookup. @throws SqliteError */
  lookAgain(): void {
    const removals = this.#removals()
    if (removals !== this.#seenRemovals) this.#kept.clear()
    this.#seenRemovals = removals
  }

  /** @throws SqliteError */
  get(number: number): Row | undefined {
    const known = this.#kept.get(number)
    if (known !== undefined) return known
    const row = this.#read(number)
    if (row === undefined) return undefined
    if (this.#kept.size >= MOST_KEPT) this.#kept.clear()
    this.#kept.set(number, row)
    return row
  }
}
