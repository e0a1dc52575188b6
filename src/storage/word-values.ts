/** The values of users and tags that a report asks for, by the numbers of the words that requests have. */
import type { ReportDimension } from '../metering/reports.ts'
import { type Columns, dense } from './column-blob.ts'
import { COLUMN } from './request-columns.ts'

/** Numbers of words stay below. */
const MOST_WORDS = 2 ** 26

export class WordValues {
  readonly #wordOf: (number: number) => string | null
  readonly #user: boolean
  readonly #tags: readonly `tag:${string}`[]
  /**
   * The numbers of values, which words may share, by a request's user or its tags; by both where a report asks for both.
   * An array is several times as fast as a map.
   */
  readonly #byWord: number[] = []
  readonly #byPair = new Map<number, number>()
  readonly #byValues = new Map<string, number>()
  readonly #values: ReadonlyMap<ReportDimension, string | null>[] = []

  constructor(by: readonly ReportDimension[], wordOf: (number: number) => string | null) {
    this.#wordOf = wordOf
    this.#user = by.includes('user')
    this.#tags = by.filter((dimension) => dimension.startsWith('tag:')) as `tag:${string}`[]
  }

  /** One number an entry, or undefined where the report asks for none of this. */
  numbersOf({ byNumber, entries }: Columns): Int32Array | undefined {
    if (!this.#user && this.#tags.length === 0) return undefined
    const user = this.#user ? dense(byNumber.get(COLUMN.user), entries) : undefined
    const tags = this.#tags.length > 0 ? dense(byNumber.get(COLUMN.tags), entries) : undefined
    const numbers = new Int32Array(entries)
    for (let entry = 0; entry < entries; entry++) {
      numbers[entry] = this.#numberOf(user?.[entry] ?? 0, tags?.[entry] ?? 0)
    }
    return numbers
  }

  valuesOf(number: number): ReadonlyMap<ReportDimension, string | null> | undefined {
    return this.#values[number]
  }

  #numberOf(user: number, tags: number): number {
    if (this.#user && this.#tags.length > 0) return this.#numberOfPair(user, tags)
    // What nobody asks for is 0.
    const word = user + tags
    let number = this.#byWord[word]
    if (number === undefined) {
      number = this.#newNumber(user, tags)
      this.#byWord[word] = number
    }
    return number
  }

  #numberOfPair(user: number, tags: number): number {
    const pair = user * MOST_WORDS + tags
    let number = this.#byPair.get(pair)
    if (number === undefined) {
      number = this.#newNumber(user, tags)
      this.#byPair.set(pair, number)
    }
    return number
  }

  #newNumber(user: number, tags: number): number {
    const values = new Map<ReportDimension, string | null>()
    if (this.#user) values.set('user', this.#wordOf(user))
    if (this.#tags.length > 0) {
      const known = new Map(Object.entries(JSON.parse(this.#wordOf(tags) ?? '{}') as Record<string, string>))
      for (const tag of this.#tags) values.set(tag, known.get(tag.slice('tag:'.length)) ?? null)
    }
    const key = JSON.stringify([...values.values()])
    let number = this.#byValues.get(key)
    if (number === undefined) {
      number = this.#values.push(values) - 1
      this.#byValues.set(key, number)
    }
    return number
  }
}
