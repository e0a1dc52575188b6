/** Sums up what recorded requests came to and what they would have come to. */
import type { RecordedRequest } from '../metering/recorded-request.ts'
import { stableShare } from '../policy/stable-share.ts'
import { CostBlocks } from './cost-interval.ts'
import type { Forecast, Outcome } from './forecast-request.ts'
import { MostChanged } from './most-changed.ts'
import type { Again, KeptReason } from './redecide.ts'
import type { ReplayResult } from './replay-result.ts'
import { Sample } from './sample.ts'

const NANO_USD = 1e9
/** Enough that a percentile is off by less than its own chance. */
const LATENCIES = 20_000

interface Pair {
  before: number
  after: number
}

export class Tally {
  readonly #blocks = new CostBlocks()
  readonly #tiers = new Map<string, Pair>()
  readonly #targets = new Map<string, Pair>()
  readonly #workflows = new Map<string, Pair & { requests: number; changed: number }>()
  readonly #kept = new Map<KeptReason, number>()
  readonly #unknown = new Map<string, number>()
  readonly #refusals = new Map<string, number>()
  readonly #lengths = { alike: 0, all: 0, none: 0 }
  readonly #unmeasured = new Map<string, number>()
  readonly #ms = { before: new Sample(LATENCIES), after: new Sample(LATENCIES) }
  readonly #most = new MostChanged()
  readonly #failed: Pair = { before: 0, after: 0 }
  #requests = 0
  #decided = 0
  #changed = 0
  #unpriced = 0

  kept(request: RecordedRequest, reason: KeptReason, was: Outcome): void {
    add(this.#kept, reason)
    this.#count(request, was, was)
  }

  same(request: RecordedRequest, again: Extract<Again, { kind: 'same' }>, was: Outcome): void {
    this.#decided++
    for (const fact of again.unknown) add(this.#unknown, fact)
    this.#count(request, was, was)
  }

  refused(request: RecordedRequest, again: Extract<Again, { kind: 'refused' }>, was: Outcome): void {
    this.#decided++
    this.#changed++
    for (const fact of again.unknown) add(this.#unknown, fact)
    add(this.#refusals, again.message)
    const nothing: Outcome = { costNanoUsd: 0, totalMs: undefined, failed: 1, answers: [] }
    this.#count(request, was, nothing, true)
  }

  decided(
    request: RecordedRequest,
    again: Extract<Again, { kind: 'decided' }>,
    was: Outcome,
    forecast: Forecast,
  ): void {
    this.#decided++
    for (const fact of again.unknown) add(this.#unknown, fact)
    if (forecast.changed) this.#changed++
    for (const length of forecast.lengths) {
      this.#lengths[length.from]++
      this.#blocks.addLength(length)
    }
    for (const target of forecast.unmeasured) add(this.#unmeasured, target)
    this.#count(request, was, forecast, forecast.changed)
  }

  finish(): ReplayResult {
    const { before, after, change, afterBounds } = this.#blocks.interval()
    const usd = (nanoUsd: number): number => nanoUsd / NANO_USD
    return {
      requests: this.#requests,
      decided: this.#decided,
      changed: this.#changed,
      kept: Object.fromEntries(this.#kept),
      cost_usd: {
        before: usd(before),
        after: usd(after),
        after_interval: [usd(afterBounds[0]), usd(afterBounds[1])],
        change: usd(after - before),
        change_interval: [usd(change[0]), usd(change[1])],
      },
      latency_ms: { before: percentiles(this.#ms.before), after: percentiles(this.#ms.after) },
      failed: { before: this.#failed.before, after: Math.round(this.#failed.after) },
      tiers: rows(this.#tiers, 'tier'),
      targets: rows(this.#targets, 'target'),
      workflows: [...this.#workflows].map(([workflow, { requests, changed, before, after }]) => ({
        workflow,
        requests,
        changed,
        before_usd: usd(before),
        after_usd: usd(after),
      })),
      most_changed: this.#most.list(),
      untold: {
        facts: Object.fromEntries(this.#unknown),
        unpriced_requests: this.#unpriced,
        unmeasured_targets: Object.fromEntries(this.#unmeasured),
        refusals: Object.fromEntries(this.#refusals),
        lengths: { ...this.#lengths },
      },
    }
  }

  #count(request: RecordedRequest, was: Outcome, would: Outcome, changed = false): void {
    this.#requests++
    this.#failed.before += was.failed
    this.#failed.after += would.failed
    for (const { target, tier, chance } of was.answers) this.#mix('before', target, tier, chance)
    for (const { target, tier, chance } of would.answers) this.#mix('after', target, tier, chance)
    const random = stableShare(request.id)
    if (was.totalMs !== undefined) this.#ms.before.add(was.totalMs, random)
    if (would.totalMs !== undefined) this.#ms.after.add(would.totalMs, random)
    const workflow = this.#workflows.get(request.workflow) ?? {
      requests: 0,
      changed: 0,
      before: 0,
      after: 0,
    }
    this.#workflows.set(request.workflow, workflow)
    workflow.requests++
    if (changed) workflow.changed++
    const [before, after] = [was.costNanoUsd, would.costNanoUsd]
    if (before === undefined || after === undefined) {
      this.#unpriced++
      return
    }
    workflow.before += before
    workflow.after += after
    this.#blocks.add(request.session ?? request.id, before, after)
    if (changed) this.#most.offer(request, was, would, after - before)
  }

  #mix(side: keyof Pair, target: string, tier: string | undefined, chance: number): void {
    pairOf(this.#tiers, tier ?? '–')[side] += chance
    pairOf(this.#targets, target)[side] += chance
  }
}

function add<Key>(counts: Map<Key, number>, key: Key): void {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}

function pairOf(pairs: Map<string, Pair>, key: string): Pair {
  let pair = pairs.get(key)
  if (pair === undefined) {
    pair = { before: 0, after: 0 }
    pairs.set(key, pair)
  }
  return pair
}

function rows<Name extends string>(
  pairs: ReadonlyMap<string, Pair>,
  name: Name,
): (Record<Name, string> & Pair)[] {
  return [...pairs]
    .map(
      ([key, { before, after }]) =>
        ({ [name]: key, before: Math.round(before), after: Math.round(after) }) as Record<Name, string> &
          Pair,
    )
    .sort((one, other) => other.before + other.after - one.before - one.after)
}

function percentiles(sample: Sample): { p50: number | null; p95: number | null } {
  if (sample.seen === 0) return { p50: null, p95: null }
  return { p50: Math.round(sample.quantile(0.5)), p95: Math.round(sample.quantile(0.95)) }
}
