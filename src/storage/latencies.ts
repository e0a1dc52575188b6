/** Durations of one row of a report: exact while all of them are at hand, else by histogram. */
import { Histogram } from './histogram.ts'

export class Latencies {
  #values: number[] = []
  #merged: Histogram | undefined

  add(milliseconds: number): void {
    if (this.#merged === undefined) this.#values.push(milliseconds)
    else this.#merged.add(milliseconds)
  }

  /** Takes what was counted elsewhere; from the first use on all of them are counted. */
  get histogram(): Histogram {
    if (this.#merged === undefined) {
      this.#merged = new Histogram()
      for (const value of this.#values) this.#merged.add(value)
      this.#values = []
    }
    return this.#merged
  }

  /** Nearest rank. */
  percentiles(): { p50: number | null; p95: number | null } {
    const merged = this.#merged
    if (merged !== undefined) return { p50: merged.percentile(0.5), p95: merged.percentile(0.95) }
    const sorted = Float64Array.from(this.#values).sort()
    const rank = (share: number): number | null => sorted[Math.ceil(share * sorted.length) - 1] ?? null
    return { p50: rank(0.5), p95: rank(0.95) }
  }
}
