/** Tells which replica's first chunks come far later than its peers': by what came, and by what is overdue. */
import { keepKeys } from '../keep-keys.ts'

/** How long each of the latest first chunks took, and what has been waited for since when. */
interface Times {
  /** The latest, as a ring. */
  readonly takenMs: number[]
  readonly perTokenMs: number[]
  readonly atMs: number[]
  next: number
  readonly waiting: Set<Waiting>
}

/** A request that was sent, and whose first chunk has not come. */
export interface Waiting {
  sinceMs: number
  promptTokens: number
}

const KEPT = 8
const LEAST = 4
/** Older ones tell nothing of now. */
const LASTING_MS = 30_000
/** As slow as this many times its peers' median, and at least this much slower. */
const TIMES_SLOWER = 3
const LEAST_DIFFERENCE_MS = 50
/** Of a prompt's length that costs nothing: a first chunk takes a while however short the prompt is. */
const FREE_TOKENS = 512

export class SlowReplicas {
  readonly #times = new Map<string, Times>()

  began(id: string, waiting: Waiting): void {
    this.#of(id).waiting.add(waiting)
  }

  /** Its end is known, or the attempt is over without. */
  left(id: string, waiting: Waiting): void {
    this.#times.get(id)?.waiting.delete(waiting)
  }

  firstChunk(id: string, waiting: Waiting, nowMs: number): void {
    const times = this.#times.get(id)
    if (times === undefined) return
    times.waiting.delete(waiting)
    const takenMs = nowMs - waiting.sinceMs
    const at = times.next % KEPT
    times.next++
    times.takenMs[at] = takenMs
    times.perTokenMs[at] = takenMs / (FREE_TOKENS + waiting.promptTokens)
    times.atMs[at] = nowMs
  }

  /** It begins anew: what it was like before is not what it is like now. */
  forget(id: string): void {
    const times = this.#times.get(id)
    if (times !== undefined)
      times.next = times.takenMs.length = times.perTokenMs.length = times.atMs.length = 0
  }

  keepOnly(ids: ReadonlySet<string>): void {
    keepKeys(this.#times, ids)
  }

  /** From when on one first chunk is slow beside the peers'; undefined where these tell nothing. */
  slowFromMs(peers: readonly string[], nowMs: number): number | undefined {
    const medians = peers.flatMap((id) => this.#median(id, 'takenMs', nowMs) ?? [])
    if (medians.length === 0) return undefined
    return slowFrom(medianOf(medians))
  }

  /** Slow by time and by time a token, so that neither long prompts nor a slow network make it look so. */
  isSlow(id: string, peers: readonly string[], nowMs: number): boolean {
    const thresholdMs = this.slowFromMs(peers, nowMs)
    if (thresholdMs === undefined) return false
    const own = this.#lately(id, 'takenMs', nowMs)
    const times = this.#times.get(id)
    // What is overdue already takes at least as long as it has taken.
    for (const { sinceMs } of times?.waiting ?? [])
      if (nowMs - sinceMs >= thresholdMs) own.push(nowMs - sinceMs)
    if (own.length < LEAST || medianOf(own) < thresholdMs) return false
    const ownPerToken = this.#median(id, 'perTokenMs', nowMs)
    if (ownPerToken === undefined) return true
    const perToken = peers.flatMap((peer) => this.#median(peer, 'perTokenMs', nowMs) ?? [])
    return ownPerToken >= TIMES_SLOWER * medianOf(perToken)
  }

  /** Undefined where too few came lately. */
  #median(id: string, of: 'takenMs' | 'perTokenMs', nowMs: number): number | undefined {
    const lately = this.#lately(id, of, nowMs)
    return lately.length < LEAST ? undefined : medianOf(lately)
  }

  #lately(id: string, of: 'takenMs' | 'perTokenMs', nowMs: number): number[] {
    const times = this.#times.get(id)
    return times?.[of].filter((_, index) => nowMs - (times.atMs[index] ?? 0) < LASTING_MS) ?? []
  }

  #of(id: string): Times {
    const found = this.#times.get(id)
    if (found !== undefined) return found
    const made: Times = { takenMs: [], perTokenMs: [], atMs: [], next: 0, waiting: new Set() }
    this.#times.set(id, made)
    return made
  }
}

function slowFrom(medianMs: number): number {
  return Math.max(TIMES_SLOWER * medianMs, medianMs + LEAST_DIFFERENCE_MS)
}

/** Of at least one value; of an even number, the higher of both in the middle. */
function medianOf(values: readonly number[]): number {
  return [...values].sort((left, right) => left - right)[values.length >> 1] ?? 0
}
