/** Whether one replica is asked: it is left out after many faults, or for being slow, and probed before it is asked again. */

/** `open`: left out. `probe`: the next request may try whether it is well again. */
export type BreakerState = 'closed' | 'open' | 'probe'

/**
 * Of one request to it. `neutral`: says nothing of the replica (the caller left, it was refused for its rate). `late`: given up
 * because another was faster.
 */
export type ReplicaOutcome = 'well' | 'bad' | 'neutral' | 'late'

/** Faults within a window open it, where they are at least this many, and this share of what was asked. */
const WINDOW_MS = 10_000
const LEAST_FAULTS = 10
const FAULT_SHARE = 0.5
/** Doubled each time it opens again, until it has been closed for as long as the longest. */
const FIRST_PAUSE_MS = 1_000
const LONGEST_PAUSE_MS = 30_000
/** Probes in a row that have to go well. */
const CLOSING_PROBES = 3

interface Counts {
  asked: number
  bad: number
}

export class ReplicaBreaker {
  #openedMs: number | undefined
  #closedMs = Number.NEGATIVE_INFINITY
  #pauseMs = FIRST_PAUSE_MS
  #probing = 0
  #wentWell = 0
  /** The window slides in halves. */
  #half: Counts = { asked: 0, bad: 0 }
  #halfBefore: Counts = { asked: 0, bad: 0 }
  #halfSinceMs: number

  constructor(nowMs: number) {
    this.#halfSinceMs = nowMs
  }

  state(nowMs: number): BreakerState {
    if (this.#openedMs === undefined) return 'closed'
    return this.#probing === 0 && nowMs >= this.#openedMs + this.#pauseMs ? 'probe' : 'open'
  }

  /** When a probe may go, of one that is left out; undefined where one is under way, whose end tells more. */
  get probedFromMs(): number | undefined {
    return this.#openedMs === undefined || this.#probing > 0 ? undefined : this.#openedMs + this.#pauseMs
  }

  /** True where the request is the probe, whose end is to be told as such. */
  began(nowMs: number): boolean {
    if (this.state(nowMs) !== 'probe') return false
    this.#probing++
    return true
  }

  ended(outcome: ReplicaOutcome, asked: { sinceMs: number; isProbe: boolean }, nowMs: number): void {
    if (asked.isProbe) this.#probing--
    if (outcome === 'neutral' || outcome === 'late') return
    if (this.#openedMs === undefined) return this.#count(outcome, nowMs)
    // What was under way when it opened tells nothing new.
    if (asked.sinceMs < this.#openedMs) return
    if (outcome === 'bad') {
      if (asked.isProbe) this.open(nowMs)
      else this.#wentWell = 0
    } else if (++this.#wentWell >= CLOSING_PROBES) this.#close(nowMs)
  }

  open(nowMs: number): void {
    const isAgain = this.#openedMs !== undefined || nowMs - this.#closedMs < LONGEST_PAUSE_MS
    this.#pauseMs = isAgain ? Math.min(LONGEST_PAUSE_MS, 2 * this.#pauseMs) : FIRST_PAUSE_MS
    this.#openedMs = nowMs
    this.#wentWell = 0
  }

  /** Nothing that it remembers would change what it says. */
  isForgotten(nowMs: number): boolean {
    if (this.#openedMs !== undefined || nowMs - this.#closedMs < LONGEST_PAUSE_MS) return false
    this.#slide(nowMs)
    return this.#half.bad + this.#halfBefore.bad === 0
  }

  #count(outcome: 'well' | 'bad', nowMs: number): void {
    this.#slide(nowMs)
    this.#half.asked++
    if (outcome === 'well') return
    this.#half.bad++
    const asked = this.#half.asked + this.#halfBefore.asked
    const bad = this.#half.bad + this.#halfBefore.bad
    if (bad >= LEAST_FAULTS && bad >= FAULT_SHARE * asked) this.open(nowMs)
  }

  #close(nowMs: number): void {
    this.#openedMs = undefined
    this.#closedMs = nowMs
    this.#half = { asked: 0, bad: 0 }
    this.#halfBefore = { asked: 0, bad: 0 }
    this.#halfSinceMs = nowMs
  }

  #slide(nowMs: number): void {
    const halves = Math.floor((nowMs - this.#halfSinceMs) / (WINDOW_MS / 2))
    if (halves < 1) return
    this.#halfBefore = halves === 1 ? this.#half : { asked: 0, bad: 0 }
    this.#half = { asked: 0, bad: 0 }
    this.#halfSinceMs += halves * (WINDOW_MS / 2)
  }
}
