/** What model servers tell of themselves, as long as it is fresh: what others than this process have them do, too. */
import { keepKeys } from '../keep-keys.ts'
import type { ServerMetrics } from '../providers/metrics/server-metrics.ts'

/** Undefined is what it does not tell. */
export interface ToldReplica {
  /** Until when it counts, on the clock that never jumps. */
  readonly untilMs: number
  readonly server: string
  readonly running: number | undefined
  /** Requests in its own queue, ours and others'. */
  readonly waiting: number | undefined
  /** Share of its KV cache in use, from 0 to 1. */
  readonly kvUsage: number | undefined
  /** Requests of others that it works on or has waiting. */
  readonly othersInFlight: number
  /** Of prompts between the last two answers, what was in its prefix cache, from 0 to 1. */
  readonly cachedShare: number | undefined
  /** In its queue, of a request between the last two answers: the mean. */
  readonly queueSeconds: number | undefined
}

/** Of a replica that tells nothing. */
export const UNTOLD: ToldReplica = {
  untilMs: Number.NEGATIVE_INFINITY,
  server: '',
  running: undefined,
  waiting: undefined,
  kvUsage: undefined,
  othersInFlight: 0,
  cachedShare: undefined,
  queueSeconds: undefined,
}

/** One replica's: the same object for as long as it is known, so that whoever keeps it need not look for it. */
export class ReplicaSays {
  #told = UNTOLD
  #counts: ServerMetrics | undefined

  at(nowMs: number): ToldReplica {
    return this.#told.untilMs > nowMs ? this.#told : UNTOLD
  }

  /**
   * @param own requests that this process had under way there
   * @returns what its prefix cache was asked since the answer before, where it tells
   */
  tell(metrics: ServerMetrics, { own, untilMs }: { own: number; untilMs: number }): PrefixCounts | undefined {
    const { server, running, waiting, kvUsage } = metrics
    const before = this.#counts?.server === server ? this.#counts : undefined
    const counts = prefixCounts(metrics, before)
    this.#counts = metrics
    this.#told = {
      untilMs,
      server,
      running,
      waiting,
      kvUsage,
      othersInFlight: Math.max(0, Math.ceil((running ?? 0) + (waiting ?? 0) - own)),
      cachedShare: counts && Math.min(1, counts.cached / counts.queried),
      queueSeconds: meanSeconds(metrics, before),
    }
    return counts
  }
}

/** Tokens of prompts that a prefix cache was asked for, and had. */
export interface PrefixCounts {
  queried: number
  cached: number
}

export class ToldReplicas {
  readonly #byId = new Map<string, ReplicaSays>()

  /** Made where there is none. */
  of(replicaId: string): ReplicaSays {
    let says = this.#byId.get(replicaId)
    if (says === undefined) {
      says = new ReplicaSays()
      this.#byId.set(replicaId, says)
    }
    return says
  }

  keepOnly(replicaIds: ReadonlySet<string>): void {
    keepKeys(this.#byId, replicaIds)
  }
}

/** Undefined where nothing was asked. */
function prefixCounts(now: ServerMetrics, before: ServerMetrics | undefined): PrefixCounts | undefined {
  const cached = grown(now.cached, before?.cached)
  const queried = grown(now.queried, before?.queried)
  return cached === undefined || !queried ? undefined : { queried, cached }
}

function meanSeconds(now: ServerMetrics, before: ServerMetrics | undefined): number | undefined {
  const seconds = grown(now.queueSeconds, before?.queueSeconds)
  const requests = grown(now.queued, before?.queued)
  return seconds === undefined || !requests ? undefined : seconds / requests
}

/** Undefined where a count is new, or fell: the server was started again. */
function grown(now: number | undefined, before: number | undefined): number | undefined {
  return now === undefined || before === undefined || now < before ? undefined : now - before
}
