/**
 * Keeps what replicas tell of themselves: asks each now and then, beside all requests. Whoever has never told anything is
 * asked again seldom; whoever does not answer is forgotten, and is none the worse for it.
 */
import type { MetricsSource } from '../../providers/metrics/metrics-source.ts'
import type { Provider, Replica } from '../../providers/provider.ts'
import type { Registry } from '../../providers/registry.ts'
import type { Balancer } from '../../routing/balance/balancer.ts'
import type { ToldReplicas } from '../../routing/told-replicas.ts'
import type { Slots } from '../load/slots.ts'
import { askMetrics, type MetricsAnswer, type MetricsCall } from './ask-metrics.ts'

interface PollParts {
  registry(): Registry
  told: ToldReplicas
  balancer: Pick<Balancer, 'counted'>
  slots: Pick<Slots, 'inFlight'>
  /** Milliseconds of a clock that never jumps. */
  elapsedMs(): number
  random(): number
}

/** What was told counts for so many intervals. */
const FRESH_INTERVALS = 3
/** Of an interval, more or less, so that many processes do not ask at once. */
const JITTER = 0.2
/** A server may be started anew, with metrics. */
const SELDOM_MS = 600_000
const LONGEST_WAIT_MS = 60_000

interface Turn {
  dueMs: number
  /** Answers in a row that told nothing. */
  failures: number
  hasTold: boolean
  call: MetricsCall | undefined
}

export class MetricsPoll {
  readonly #parts: PollParts
  /** By replica. */
  #turns = new Map<string, Turn>()
  #registry: Registry | undefined
  #isClosed = false

  constructor(parts: PollParts) {
    this.#parts = parts
  }

  /** To be called several times a second; asks those whose turn it is. */
  run(): void {
    if (this.#isClosed) return
    const registry = this.#parts.registry()
    if (registry !== this.#registry) this.#keepThoseOf(registry)
    const nowMs = this.#parts.elapsedMs()
    for (const provider of registry.providers.values()) {
      const { metrics: source } = provider
      if (source === undefined) continue
      for (const replica of provider.replicas) {
        const turn = this.#turns.get(replica.id) ?? {
          dueMs: nowMs,
          failures: 0,
          hasTold: false,
          call: undefined,
        }
        this.#turns.set(replica.id, turn)
        if (turn.call === undefined && turn.dueMs <= nowMs) void this.#ask(turn, provider, replica, source)
      }
    }
  }

  /** Nobody is asked any more. */
  close(): void {
    this.#isClosed = true
    for (const { call } of this.#turns.values()) call?.abort()
  }

  /** Never rejects. */
  async #ask(turn: Turn, provider: Provider, replica: Replica, source: MetricsSource): Promise<void> {
    const { elapsedMs, slots, told, balancer, random } = this.#parts
    const ownBefore = slots.inFlight(replica.id)
    turn.call = askMetrics(provider, replica, source)
    const answer = await turn.call.answer
    turn.call = undefined
    const nowMs = elapsedMs()
    if (answer.kind === 'told') {
      turn.hasTold = true
      const counts = told.of(replica.id).tell(answer.metrics, {
        // It may have counted at either moment, and what is ours is not to be taken for another's.
        own: Math.max(ownBefore, slots.inFlight(replica.id)),
        untilMs: nowMs + FRESH_INTERVALS * source.intervalMs + source.timeoutMs,
      })
      if (counts !== undefined) balancer.counted(replica.id, counts)
    }
    turn.failures = answer.kind === 'told' ? 0 : turn.failures + 1
    turn.dueMs = nowMs + waitMs(answer, turn, source) * (1 + JITTER * (2 * random() - 1))
  }

  /** After a reload all are asked anew, as what they are asked may be another. */
  #keepThoseOf(registry: Registry): void {
    this.#registry = registry
    for (const { call } of this.#turns.values()) call?.abort()
    this.#turns = new Map()
  }
}

/** Until it is asked again. SGLang and TEI print no figure of theirs before their first request. */
export function waitMs(
  answer: MetricsAnswer,
  { failures, hasTold }: Pick<Turn, 'failures' | 'hasTold'>,
  { intervalMs }: Pick<MetricsSource, 'intervalMs'>,
): number {
  if (answer.kind === 'untold' && !hasTold)
    return Math.max(answer.status === 200 ? LONGEST_WAIT_MS : SELDOM_MS, intervalMs)
  return Math.max(intervalMs, Math.min(LONGEST_WAIT_MS, intervalMs * 2 ** Math.min(failures, 10)))
}
