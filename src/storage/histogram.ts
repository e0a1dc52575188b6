/** Counts of whole milliseconds in buckets that two histograms share, so that they merge without loss. */

/** Exact below this; above it each doubling has half as many buckets, so that a bucket's middle is within 0.8 %. */
const EXACT = 128
const PER_DOUBLING = EXACT / 2
const EXACT_BITS = 7
/** Buckets: two doublings. */
const GROWTH = 2 * PER_DOUBLING
/** About 24 days. */
const MOST = 2 ** 31 - 1

export class Histogram {
  #counts = new Int32Array(0)
  #total = 0

  get total(): number {
    return this.#total
  }

  add(value: number): void {
    this.addBucket(bucketOf(value), 1)
  }

  addBucket(bucket: number, count: number): void {
    if (bucket >= this.#counts.length) this.#growTo(bucket + 1)
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + count
    this.#total += count
  }

  merge(other: Histogram): void {
    this.#add(other, 1)
  }

  /** Takes out again what was merged, or added, before. */
  remove(other: Histogram): void {
    this.#add(other, -1)
  }

  /** Back to nothing, with room for what it held. */
  clear(): void {
    this.#counts.fill(0)
    this.#total = 0
  }

  /** Those that are not empty, in rising order. */
  forEachBucket(visit: (bucket: number, count: number) => void): void {
    for (let bucket = 0; bucket < this.#counts.length; bucket++) {
      const count = this.#counts[bucket] ?? 0
      if (count !== 0) visit(bucket, count)
    }
  }

  #add(other: Histogram, times: 1 | -1): void {
    if (other.#total === 0) return
    const from = other.#counts
    if (from.length > this.#counts.length) this.#growTo(from.length)
    const to = this.#counts
    for (let bucket = 0; bucket < from.length; bucket++) {
      to[bucket] = (to[bucket] ?? 0) + times * (from[bucket] ?? 0)
    }
    this.#total += times * other.#total
  }

  /** A report may have thousands of these: no larger than need be. */
  #growTo(buckets: number): void {
    const grown = new Int32Array(Math.ceil(buckets / GROWTH) * GROWTH)
    grown.set(this.#counts)
    this.#counts = grown
  }

  /** The value of nearest rank, within 0.8 %; null where there is none. `share` is from 0 to 1. */
  percentile(share: number): number | null {
    const rank = Math.max(1, Math.ceil(share * this.#total))
    let seen = 0
    for (let bucket = 0; bucket < this.#counts.length; bucket++) {
      const count = this.#counts[bucket] ?? 0
      seen += count
      if (count > 0 && seen >= rank) return middleOf(bucket)
    }
    return null
  }
}

/** Which bucket counts a duration in milliseconds. */
export function bucketOf(value: number): number {
  const whole = Math.min(MOST, Math.max(0, Math.round(value)))
  if (whole < EXACT) return whole
  const doublings = 31 - Math.clz32(whole) - EXACT_BITS
  return EXACT + doublings * PER_DOUBLING + ((whole >>> (doublings + 1)) - PER_DOUBLING)
}

function middleOf(bucket: number): number {
  if (bucket < EXACT) return bucket
  const doublings = Math.floor((bucket - EXACT) / PER_DOUBLING)
  const place = (bucket - EXACT) % PER_DOUBLING
  const width = 2 ** (doublings + 1)
  // The middle of the whole numbers in it: from `lowest` to `lowest + width - 1`.
  return Math.floor((PER_DOUBLING + place) * width + (width - 1) / 2)
}
