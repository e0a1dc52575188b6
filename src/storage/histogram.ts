/** Counts of whole milliseconds in buckets that two histograms share, so that they merge without loss. */

/** Exact below this; above it each doubling has half as many buckets, so that a bucket's middle is within 0.8 %. */
const EXACT = 128
const PER_DOUBLING = EXACT / 2
const EXACT_BITS = 7
/** In buckets: four doublings. */
const GROWTH = 4 * PER_DOUBLING
/** About 24 days. */
const MOST = 2 ** 31 - 1

/** So many are listed one by one: most rows of a long report have few, and an array of counts is dear to make. */
const MOST_LISTED = 64
const NO_COUNTS = new Int32Array(0)

export class Histogram {
  /** Buckets, one for each duration, until there are too many: then their counts. */
  #listed: number[] | undefined = []
  #counts = NO_COUNTS
  #total = 0

  get total(): number {
    return this.#total
  }

  add(value: number): void {
    this.addBucket(bucketOf(value), 1)
  }

  addBucket(bucket: number, count: number): void {
    const listed = this.#listed
    if (listed !== undefined && count === 1 && listed.length < MOST_LISTED) listed.push(bucket)
    else {
      const counts = this.#counted(bucket + 1)
      counts[bucket] = (counts[bucket] ?? 0) + count
    }
    this.#total += count
  }

  /** Those of a list, one for each duration, from one index to before another. */
  addBuckets(buckets: Uint16Array, from: number, until: number): void {
    const count = until - from
    if (this.#listed !== undefined && this.#listed.length + count <= MOST_LISTED) {
      for (let index = from; index < until; index++) this.#listed.push(buckets[index] ?? 0)
    } else {
      let most = 0
      for (let index = from; index < until; index++) most = Math.max(most, buckets[index] ?? 0)
      const counts = this.#counted(most + 1)
      for (let index = from; index < until; index++) {
        const bucket = buckets[index] ?? 0
        counts[bucket] = (counts[bucket] ?? 0) + 1
      }
    }
    this.#total += count
  }

  merge(other: Histogram): void {
    if (this.#listed !== undefined && other.#total + this.#listed.length <= MOST_LISTED) {
      other.forEachBucket((bucket, count) => {
        for (let times = 0; times < count; times++) this.#listed?.push(bucket)
      })
      this.#total += other.#total
    } else this.#add(other, 1)
  }

  /** Takes out again what was merged, or added, before. */
  remove(other: Histogram): void {
    this.#add(other, -1)
  }

  /** Back to nothing, with room for what it held. */
  clear(): void {
    if (this.#listed !== undefined) this.#listed = []
    this.#counts.fill(0)
    this.#total = 0
  }

  /** Those that are not empty, in rising order. */
  forEachBucket(visit: (bucket: number, count: number) => void): void {
    if (this.#listed !== undefined) {
      for (const [bucket, count] of runsOf(this.#listed)) visit(bucket, count)
      return
    }
    for (let bucket = 0; bucket < this.#counts.length; bucket++) {
      const count = this.#counts[bucket] ?? 0
      if (count !== 0) visit(bucket, count)
    }
  }

  /** The value of nearest rank, within 0.8 %; null where there is none. `share` is from 0 to 1. */
  percentile(share: number): number | null {
    const rank = Math.max(1, Math.ceil(share * this.#total))
    if (this.#listed !== undefined) {
      const bucket = this.#listed.sort(rising)[rank - 1]
      return bucket === undefined ? null : middleOf(bucket)
    }
    let seen = 0
    for (let bucket = 0; bucket < this.#counts.length; bucket++) {
      const count = this.#counts[bucket] ?? 0
      seen += count
      if (count > 0 && seen >= rank) return middleOf(bucket)
    }
    return null
  }

  #add(other: Histogram, times: 1 | -1): void {
    if (other.#total === 0) return
    if (other.#listed !== undefined) {
      for (const bucket of other.#listed) {
        const counts = this.#counted(bucket + 1)
        counts[bucket] = (counts[bucket] ?? 0) + times
      }
    } else {
      const from = other.#counts
      const to = this.#counted(from.length)
      for (let bucket = 0; bucket < from.length; bucket++) {
        to[bucket] = (to[bucket] ?? 0) + times * (from[bucket] ?? 0)
      }
    }
    this.#total += times * other.#total
  }

  /** The counts, of at least so many buckets. */
  #counted(buckets: number): Int32Array {
    if (buckets > this.#counts.length) {
      const grown = new Int32Array(Math.ceil(buckets / GROWTH) * GROWTH)
      grown.set(this.#counts)
      this.#counts = grown
    }
    const listed = this.#listed
    this.#listed = undefined
    if (listed === undefined) return this.#counts
    for (const bucket of listed) {
      const counts = this.#counted(bucket + 1)
      counts[bucket] = (counts[bucket] ?? 0) + 1
    }
    return this.#counts
  }
}

function rising(one: number, other: number): number {
  return one - other
}

/** Equal ones together, in rising order, with how many they are. */
function runsOf(listed: number[]): readonly [bucket: number, count: number][] {
  const runs: [number, number][] = []
  for (const bucket of listed.sort(rising)) {
    const last = runs.at(-1)
    if (last?.[0] === bucket) last[1]++
    else runs.push([bucket, 1])
  }
  return runs
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
