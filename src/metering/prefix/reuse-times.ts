/** How long it took until a prompt's beginning was asked again: a histogram with the lifetimes that providers sell as its bounds. */

/** Upper bounds in seconds; what took longer is in none. */
const BOUNDS: readonly number[] = [10, 30, 60, 150, 300, 600, 1200, 1800, 3600, 7200, 43_200, 86_400]

/** Fewer prompts tell nothing. */
const FEW_TIMES = 20

/** How often reuses came within each bound; 0 stands for beyond the last. */
export interface WorkflowReuse {
  workflow: string
  bounds: readonly { bound: number; times: number }[]
}

export function reuseTimes(bounds: WorkflowReuse['bounds']): ReuseTimes {
  const times = new ReuseTimes()
  for (const one of bounds) times.add(one.bound, one.times)
  return times
}

export class ReuseTimes {
  /** Times by bound; not cumulated. */
  readonly #counts: number[] = BOUNDS.map(() => 0)
  #all = 0

  /** All that were counted, however long they took. */
  get times(): number {
    return this.#all
  }

  /** Nothing can be told by them yet. */
  get areFew(): boolean {
    return this.#all < FEW_TIMES
  }

  /** Seconds, or 0 for longer than any. */
  add(bound: number, times = 1): void {
    const place = BOUNDS.indexOf(bound)
    if (place >= 0) this.#counts[place] = (this.#counts[place] ?? 0) + times
    this.#all += times
  }

  /** Share of reuses, 0 to 1, that came within a lifetime; between two bounds it is the lower one's. */
  within(seconds: number): number {
    if (this.#all === 0) return 0
    let reached = 0
    BOUNDS.forEach((bound, place) => {
      if (bound <= seconds) reached += this.#counts[place] ?? 0
    })
    return reached / this.#all
  }

  /** As `within`, but in proportion between two bounds. */
  share(seconds: number): number {
    const above = BOUNDS.find((bound) => bound >= seconds)
    const below = BOUNDS.findLast((bound) => bound <= seconds) ?? 0
    if (above === undefined || above === below) return this.within(seconds)
    return (
      this.within(below) + (this.within(above) - this.within(below)) * ((seconds - below) / (above - below))
    )
  }

  /** Seconds within which a share of reuses came, as the bound above it; null where it took longer than any, or none came. */
  quantile(share: number): number | null {
    if (this.#all === 0) return null
    return BOUNDS.find((bound) => this.within(bound) >= share) ?? null
  }
}

/** The bound that holds an interval, in seconds; 0 where none does. */
export function reuseBound(milliseconds: number): number {
  return BOUNDS.find((seconds) => milliseconds <= seconds * 1000) ?? 0
}
