/**
 * How soon prompts that begin alike follow each other, by workflow: what it is worth to have a provider keep them.
 *
 * `metering/prefix` measures that too, and one cannot stand for the other. That measure is on disk and of every prompt, but
 * it is behind by half a minute, of answered prompts as a whole, and does not tell which part of them came again: a workflow whose
 * questions all share a system prompt repeats itself always there, and its openings never. This one is of each part, knows the
 * request before, and ends with its process. So that one says what to hope for until this one has seen enough.
 */
import { forgetOldest } from '../forget-oldest.ts'
import type { ReuseTimes } from '../metering/prefix/reuse-times.ts'

/**
 * What is kept: `head` tools and system prompt, which conversations share; `opening` a conversation's first turn, `turn` a
 * later one, which only its next request repeats.
 */
export type ReuseKind = 'head' | 'opening' | 'turn'

/** Probabilities that the same beginning is sent again within so long. */
export interface ReuseOdds {
  within5m: number
  within30m: number
  within1h: number
}

interface Counts {
  uses: number
  within5m: number
  within30m: number
  within1h: number
}

interface Seen extends Counts {
  kind: ReuseKind
  lastMs: number
}

/** What is hoped for counts as much as this many uses: a dozen that nobody repeats end marks that were tried on no measure. */
const HOPEFUL_USES = 3
/** A prefix's own past counts as much as this many of its workflow's. */
const WORKFLOW_USES = 4
/** Older counts weigh half beyond these. */
const MOST_USES = 512
/** A prefix takes some 200 bytes. */
const MOST_PREFIXES = 20_000
/** Names of workflows may be callers' own. */
const MOST_WORKFLOWS = 1000
const MINUTE_MS = 60_000
/** Before anything is known, so that marks are tried. */
const ALL: ReuseOdds = { within5m: 1, within30m: 1, within1h: 1 }

/** @param workflow whose prompts were measured, in the ledger */
type Measured = (workflow: string) => ReuseTimes | undefined

export class ReuseIntervals {
  /** Whatever was used last comes last. */
  readonly #prefixes = new Map<string, Seen>()
  readonly #workflows = new Map<string, Record<ReuseKind, Counts>>()
  readonly #measured: Measured
  readonly #most: number

  constructor(measured: Measured, most = MOST_PREFIXES) {
    this.#measured = measured
    this.#most = most
  }

  /** `prefix` names what is sent, with who is sent it. The odds are as they stood before this. */
  used(workflow: string, kind: ReuseKind, prefix: string, nowMs: number): ReuseOdds {
    const counts = this.#countsOf(workflow)
    const key = `${workflow}\n${prefix}`
    const seen = this.#prefixes.get(key)
    if (seen !== undefined) {
      const sinceMs = nowMs - seen.lastMs
      // What a conversation's opening was worth is told by its second request.
      follow(counts[seen.kind], sinceMs)
      follow(seen, sinceMs)
      this.#prefixes.delete(key)
    }
    const odds = oddsOf(this.#hope(workflow), counts[kind], seen)
    const kept = seen ?? { kind, lastMs: nowMs, ...noCounts() }
    kept.kind = kind
    kept.lastMs = nowMs
    use(kept)
    use(counts[kind])
    this.#keep(key, kept)
    return odds
  }

  /** The same, and nothing is noted. */
  odds(workflow: string, kind: ReuseKind, prefix: string): ReuseOdds {
    const counts = this.#workflows.get(workflow)?.[kind] ?? noCounts()
    return oddsOf(this.#hope(workflow), counts, this.#prefixes.get(`${workflow}\n${prefix}`))
  }

  #hope(workflow: string): ReuseOdds {
    const times = this.#measured(workflow)
    if (times === undefined || times.areFew) return ALL
    return { within5m: times.within(300), within30m: times.within(1800), within1h: times.within(3600) }
  }

  #countsOf(workflow: string): Record<ReuseKind, Counts> {
    let counts = this.#workflows.get(workflow)
    if (counts === undefined) {
      counts = { head: noCounts(), opening: noCounts(), turn: noCounts() }
      this.#workflows.set(workflow, counts)
      forgetOldest(this.#workflows, MOST_WORKFLOWS)
    }
    return counts
  }

  #keep(key: string, seen: Seen): void {
    this.#prefixes.set(key, seen)
    forgetOldest(this.#prefixes, this.#most)
  }
}

function noCounts(): Counts {
  return { uses: 0, within5m: 0, within30m: 0, within1h: 0 }
}

function follow(counts: Counts, sinceMs: number): void {
  if (sinceMs <= 5 * MINUTE_MS) counts.within5m++
  if (sinceMs <= 30 * MINUTE_MS) counts.within30m++
  if (sinceMs <= 60 * MINUTE_MS) counts.within1h++
}

function use(counts: Counts): void {
  counts.uses++
  if (counts.uses <= MOST_USES) return
  counts.uses /= 2
  counts.within5m /= 2
  counts.within30m /= 2
  counts.within1h /= 2
}

/** The workflow's share, moved by what the prefix itself has shown. A use that nobody has followed yet counts as one that nobody will. */
function oddsOf(hope: ReuseOdds, workflow: Counts, seen: Counts | undefined): ReuseOdds {
  return {
    within5m: share(hope, workflow, seen, 'within5m'),
    within30m: share(hope, workflow, seen, 'within30m'),
    within1h: share(hope, workflow, seen, 'within1h'),
  }
}

function share(hope: ReuseOdds, workflow: Counts, seen: Counts | undefined, which: keyof ReuseOdds): number {
  const hoped = HOPEFUL_USES * hope[which]
  const expected = Math.min(1, (workflow[which] + hoped) / (workflow.uses + HOPEFUL_USES))
  if (seen === undefined) return expected
  return Math.min(1, (seen[which] + WORKFLOW_USES * expected) / (seen.uses + WORKFLOW_USES))
}
