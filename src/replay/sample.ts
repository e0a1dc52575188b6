/** A sample of bounded size out of a stream of figures, in which each figure has the same chance. */

const MOST = 512

export class Sample {
  /** How many were offered. */
  seen = 0
  readonly #values: number[] = []
  #sorted: readonly number[] | undefined

  /** `random` is in [0, 1). */
  add(value: number, random: number): void {
    this.seen++
    if (this.#values.length < MOST) this.#values.push(value)
    else {
      const place = Math.floor(random * this.seen)
      if (place < MOST) this.#values[place] = value
    }
  }

  /** `share` in [0, 1). To be asked after the last `add`. */
  quantile(share: number): number {
    this.#sorted ??= [...this.#values].sort((one, other) => one - other)
    return this.#sorted[Math.floor(share * this.#sorted.length)] ?? 0
  }
}
