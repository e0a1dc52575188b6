/** Rows of a file that were read once and hold until anybody writes to it: two pragmas a lookup instead of ten reads. */
import type Database from 'better-sqlite3'

/** About 3 MB of questions. */
const MOST_KEPT = 10_000

export class UnchangedRows<Row> {
  readonly #read: (number: number) => Row | undefined
  /** Changes once another connection has committed, of this process or another. */
  readonly #others: Database.Statement<[], number>
  /** Changes with each row that this connection writes or removes, by triggers too. */
  readonly #own: Database.Statement<[], number>
  readonly #kept = new Map<number, Row>()
  #seenOthers = -1
  #seenOwn = -1

  constructor(database: Database.Database, read: (number: number) => Row | undefined) {
    this.#read = read
    this.#others = database.prepare<[], number>('PRAGMA data_version').pluck()
    this.#own = database.prepare<[], number>('SELECT total_changes()').pluck()
  }

  /** Forgets everything where the file has changed; call it before each lookup. @throws SqliteError */
  lookAgain(): void {
    const others = this.#others.get() ?? -1
    const own = this.#own.get() ?? -1
    if (others !== this.#seenOthers || own !== this.#seenOwn) this.#kept.clear()
    this.#seenOthers = others
    this.#seenOwn = own
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
