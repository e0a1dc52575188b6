/** How two targets compare on requests alike: means by kind of request, and their ratio over the kinds that both have seen. */

interface Sums {
  count: number
  sum: number
  sumOfSquares: number
}

export interface Ratio {
  /** What the second has for one of the first. */
  ratio: number
  /** Standard error of its logarithm. */
  error: number
  /** What it was learned from: requests alike, all requests of both, or nothing. */
  from: 'alike' | 'all' | 'none'
}

/** The fewest pairs, by harmonic count, that tell a ratio. */
const FEWEST = 15
/** Assumed where nothing tells: a factor of 1.3 either way is one standard error. */
const UNTOLD: Ratio = { ratio: 1, error: Math.log(1.3), from: 'none' }

export class PairedMeans {
  readonly #byTarget = new Map<string, { all: Sums; kinds: Map<string, Sums> }>()
  readonly #ratios = new Map<string, Ratio>()

  add(target: string, kind: string, value: number): void {
    let known = this.#byTarget.get(target)
    if (known === undefined) {
      known = { all: { count: 0, sum: 0, sumOfSquares: 0 }, kinds: new Map() }
      this.#byTarget.set(target, known)
    }
    let sums = known.kinds.get(kind)
    if (sums === undefined) {
      sums = { count: 0, sum: 0, sumOfSquares: 0 }
      known.kinds.set(kind, sums)
    }
    for (const one of [known.all, sums]) {
      one.count++
      one.sum += value
      one.sumOfSquares += value * value
    }
  }

  /** Of requests of that kind, else of all; undefined where the target was never seen. */
  mean(target: string, kind: string): number | undefined {
    const known = this.#byTarget.get(target)
    if (known === undefined) return undefined
    const sums = known.kinds.get(kind)
    return sums !== undefined && sums.count >= FEWEST ? meanOf(sums) : meanOf(known.all)
  }

  /** To be asked after the last `add`. */
  ratio(from: string, to: string): Ratio {
    const key = `${from}\n${to}`
    let known = this.#ratios.get(key)
    if (known === undefined) {
      known = this.#newRatio(from, to)
      this.#ratios.set(key, known)
    }
    return known
  }

  #newRatio(from: string, to: string): Ratio {
    if (from === to) return { ratio: 1, error: 0, from: 'alike' }
    const [one, other] = [this.#byTarget.get(from), this.#byTarget.get(to)]
    if (one === undefined || other === undefined) return UNTOLD
    const alike = ratioOf(pairsOf(one.kinds, other.kinds), one.all, other.all)
    if (alike !== undefined) return { ...alike, from: 'alike' }
    const all = ratioOf([[one.all, other.all]], one.all, other.all)
    if (all === undefined) return UNTOLD
    // They have seen different requests: how much of the ratio is the requests' own, nothing tells.
    return { ratio: all.ratio, error: Math.max(all.error, Math.abs(Math.log(all.ratio)) / 2), from: 'all' }
  }
}

function pairsOf(one: ReadonlyMap<string, Sums>, other: ReadonlyMap<string, Sums>): [Sums, Sums][] {
  const pairs: [Sums, Sums][] = []
  for (const [kind, sums] of one) {
    const counterpart = other.get(kind)
    if (counterpart !== undefined) pairs.push([sums, counterpart])
  }
  return pairs
}

/** Kinds weigh as their pairs do: n·m/(n+m), as where strata are pooled after Mantel and Haenszel. */
function ratioOf(pairs: readonly [Sums, Sums][], all: Sums, otherAll: Sums): Omit<Ratio, 'from'> | undefined {
  let [weights, above, below, aboveVariance, belowVariance] = [0, 0, 0, 0, 0]
  for (const [one, other] of pairs) {
    const weight = (one.count * other.count) / (one.count + other.count)
    weights += weight
    below += weight * meanOf(one)
    above += weight * meanOf(other)
    belowVariance += (weight ** 2 * varianceOf(one, all)) / one.count
    aboveVariance += (weight ** 2 * varianceOf(other, otherAll)) / other.count
  }
  if (weights < FEWEST || above <= 0 || below <= 0) return undefined
  const error = Math.sqrt(aboveVariance / above ** 2 + belowVariance / below ** 2)
  return { ratio: above / below, error }
}

function meanOf({ sum, count }: Sums): number {
  return count === 0 ? 0 : sum / count
}

/** Of few, that of all. */
function varianceOf(sums: Sums, all: Sums): number {
  const { count, sum, sumOfSquares } = sums.count >= FEWEST ? sums : all
  return count < 2 ? 0 : Math.max(0, (sumOfSquares - sum ** 2 / count) / (count - 1))
}
