/** Replicas and the requests that wait for them, for `/metrics`: what is, and what a scaler needs to know. */
import type { Line } from '../gateway/load/line.ts'
import type { Refusal } from '../gateway/load/slot.ts'
import type { Slots } from '../gateway/load/slots.ts'
import type { SlotsObserver } from '../gateway/load/slots-observer.ts'
import { keepKeys } from '../keep-keys.ts'
import type { Counter, Histogram, Metrics, Sample } from '../metering/metrics.ts'
import type { Provider } from '../providers/provider.ts'
import type { Registry } from '../providers/registry.ts'
import type { ReplicaHealth } from '../routing/replica-health.ts'
import { Demand } from './demand.ts'

interface QueueParts {
  slots: Slots
  health: ReplicaHealth
  registry(): Registry
  /** Milliseconds of a clock that never jumps. */
  elapsedMs(): number
}

const WAIT_SECONDS = [0.001, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]
/** Of its slots, so that a burst finds some free. */
const WANTED_UTILISATION = 0.8
const PRIORITIES = ['interactive', 'batch'] as const

export class QueueMetrics implements SlotsObserver {
  readonly #metrics: Metrics
  readonly #waits: Histogram
  readonly #refused: Counter
  readonly #demand = new Map<string, Demand>()

  constructor(metrics: Metrics) {
    this.#metrics = metrics
    this.#waits = metrics.histogram(
      'trimtab_queue_wait_seconds',
      'Time in the queue of a provider that has max_in_flight, none included.',
      ['provider'],
      WAIT_SECONDS,
    )
    this.#refused = metrics.counter(
      'trimtab_queue_refused_total',
      'Requests that got no slot: the queue was full, their tenant had its share, they were late or would have been, or trimtab was ending.',
      ['provider', 'why'],
    )
  }

  waited(provider: string, milliseconds: number): void {
    this.#waits.observe([provider], milliseconds / 1000)
  }

  refused(provider: string, why: Refusal): void {
    this.#refused.add([provider, why], 1)
  }

  watch(parts: QueueParts): void {
    this.#watchReplicas(parts)
    this.#watchQueues(parts)
    this.#watchScale(parts)
  }

  #watchReplicas({ slots, health, registry, elapsedMs }: QueueParts): void {
    const each = (of: (id: string) => number | undefined) => (): Sample[] =>
      [...registry().providers.values()].flatMap(({ name, replicas }) =>
        replicas.flatMap(({ id }) => {
          const value = of(id)
          return value === undefined ? [] : [{ labels: [name, id], value }]
        }),
      )
    const replica = ['provider', 'replica']
    const inFlight = each((id) => slots.inFlight(id))
    this.#metrics.gauge('trimtab_replica_in_flight', 'Requests under way to a replica.', replica, inFlight)
    const open = each((id) => (health.state(id, elapsedMs()) === 'closed' ? 0 : 1))
    this.#metrics.gauge(
      'trimtab_replica_left_out',
      '1 while a replica is asked last, or probed.',
      replica,
      open,
    )
    const limit = each((id) => slots.loadOf(id)?.adaptiveLimitOf('text'))
    const found = 'Requests at once that a replica answers without making them wait, as found.'
    this.#metrics.gauge('trimtab_replica_concurrency_limit', found, replica, limit)
  }

  #watchQueues({ slots, registry }: QueueParts): void {
    const names = () => [...registry().providers.keys()]
    const waiting = 'Requests that wait for a slot of a provider.'
    this.#metrics.gauge('trimtab_provider_queued', waiting, ['provider'], () =>
      names().map((name) => ({ labels: [name], value: slots.queued(name) })),
    )
    this.#metrics.gauge('trimtab_queue_length', waiting, ['provider', 'lane', 'priority'], () =>
      names().flatMap((name) => slots.linesOf(name).flatMap((line) => lengthsOf(name, line))),
    )
  }

  #watchScale(parts: QueueParts): void {
    const bounded = (of: (provider: Provider) => number) => (): Sample[] =>
      [...parts.registry().providers.values()].flatMap((provider) =>
        isBounded(provider, parts.slots) ? [{ labels: [provider.name], value: of(provider) }] : [],
      )
    this.#metrics.gauge(
      'trimtab_saturation',
      'Requests under way and waiting, as a share of the slots of the replicas that are asked: above 1 they wait.',
      ['provider'],
      bounded((provider) => requestsOf(provider, parts) / capacityOf(provider, parts)),
    )
    this.#metrics.gauge(
      'trimtab_replicas_wanted',
      'Replicas that what was asked lately, and its growth, would keep four fifths busy.',
      ['provider'],
      bounded((provider) => this.#wanted(provider, parts)),
    )
  }

  #wanted(provider: Provider, parts: QueueParts): number {
    keepKeys(this.#demand, new Set(parts.registry().providers.keys()))
    const demand = this.#demand.get(provider.name) ?? new Demand()
    this.#demand.set(provider.name, demand)
    demand.seen(requestsOf(provider, parts), parts.elapsedMs())
    const each = Math.min(...provider.replicas.map(({ id }) => slotsOf(provider, id, parts.slots)))
    return Math.max(1, Math.ceil(demand.forecast / (each * WANTED_UTILISATION)))
  }
}

function lengthsOf(provider: string, { lane, queue }: Line): Sample[] {
  return PRIORITIES.map((priority) => ({ labels: [provider, lane, priority], value: queue.sizeOf(priority) }))
}

function isBounded({ maxInFlight, replicas }: Provider, slots: Slots): boolean {
  if (maxInFlight !== undefined) return true
  return replicas.some(({ id }) => slots.loadOf(id)?.adaptiveLimitOf('text') !== undefined)
}

function requestsOf({ name, replicas }: Provider, { slots }: QueueParts): number {
  return replicas.reduce((sum, { id }) => sum + slots.inFlight(id), slots.queued(name))
}

/** Of the replicas that are asked; of all where none is. */
function capacityOf(provider: Provider, { slots, health, elapsedMs }: QueueParts): number {
  const nowMs = elapsedMs()
  const asked = provider.replicas.filter((replica) => !health.isCooling(replica, nowMs))
  const counted = asked.length > 0 ? asked : provider.replicas
  return counted.reduce((sum, { id }) => sum + slotsOf(provider, id, slots), 0)
}

/** Of one replica; infinite where nothing bounds them yet. */
function slotsOf({ maxInFlight, maxInFlightByLane }: Provider, id: string, slots: Slots): number {
  const found = slots.loadOf(id)?.adaptiveLimitOf('text') ?? Number.POSITIVE_INFINITY
  return maxInFlightByLane === undefined ? Math.min(maxInFlight ?? found, found) : (maxInFlight ?? found)
}
