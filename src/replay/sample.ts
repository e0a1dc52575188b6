/** A sample of bounded size out of a stream of figures, in which each figure has the same chance. */

export class Sample {
  /** How many were offered. */
  seen = 0
  readonly #most: number
  readonly #values: number[] = []
  #sorted: readonly number[] | undefined

  constructor(most = 512) {
    this.#most = most
  }

  /** `random` is in [0, 1). */
  add(value: number, random: number): void {
    this.seen++
    if (this.#values.length < this.#most) this.#values.push(value)
    else {
      const place = Math.floor(random * this.seen)
      if (place < this.#most) this.#values[place] = value
    }
  }

  /** `share` in [0, 1); 0 where there is none. To be asked after the last `add`. */
  quantile(share: number): number {
    this.#sorted ??= [...this.#values].sort((one, other) => one - other)
    return this.#sorted[Math.floor(share * this.#sorted.length)] ?? 0
  }
}
