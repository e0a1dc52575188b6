/** What is known of all replicas, for strategies to choose by: what each likely has cached, what it is doing, how fast it was. */
import { keepKeys } from '../../keep-keys.ts'
import type { PassedOverNote } from '../../metering/decision.ts'
import type { CallerRequest } from '../../openai/passed-request.ts'
import type { Provider, Replica } from '../../providers/provider.ts'
import { type PrefixCounts, type ReplicaSays, ToldReplicas } from '../told-replicas.ts'
import type { Candidate } from './candidate.ts'
import { PrefillLoad } from './prefill-load.ts'
import { PrefixBlocks, type PromptBlocks } from './prefix-blocks.ts'
import { type Memory, PrefixIndex } from './prefix-index.ts'
import { keptShare } from './saturated.ts'
import { Sending } from './sending.ts'
import { COLD_SHARE, workTokens } from './work.ts'

/** Whoever sells tokens forgets a prefix that nobody uses: after five minutes (Anthropic) to an hour (OpenAI, off its peak). */
const SOLD_IDLE_MS = 600_000
/** Callers may name any. */
const MOST_MODELS = 256

/** Who could be asked, and for what. */
export interface Place {
  provider: Provider
  model: string
}

/** What is weighed for a request. */
export interface Weighed {
  /** Undefined where it was not looked at, or has none. */
  blocks: PromptBlocks | undefined
  promptTokens: number
}

/** How a replica was chosen. */
export interface Choice {
  by: string
  /** A first chunk will tell when its prefill has ended. */
  streams: boolean
  passedOver?: PassedOverNote | undefined
}

/** What others know of replicas. */
export interface Standing {
  /** Requests under way. */
  inFlight(replicaId: string): number
  isAvailable(replica: Replica): boolean
  /** What is left of its rate limits, from 0 to 1; undefined where nobody tells. */
  headroom?: ((replicaId: string) => number | undefined) | undefined
}

export class Balancer {
  readonly #prefixes = new PrefixBlocks()
  /** By provider and model: what one model has cached helps no other. */
  readonly #places = new Map<string, KnownPlace>()
  readonly #loads = new Map<string, PrefillLoad>()
  readonly #known = new WeakMap<CallerRequest, { blocks: PromptBlocks | undefined }>()
  readonly #nowMs: () => number
  readonly #told: ToldReplicas

  /** @param nowMs of a clock that never jumps */
  constructor(nowMs: () => number, told = new ToldReplicas()) {
    this.#nowMs = nowMs
    this.#told = told
  }

  /** Looked at once a request. Undefined where nothing of it could be cached. */
  blocksOf(request: CallerRequest, tenant: string): PromptBlocks | undefined {
    let known = this.#known.get(request)
    if (known === undefined) {
      known = { blocks: this.#prefixes.of(request, tenant) }
      this.#known.set(request, known)
    }
    return known.blocks
  }

  /** One for each replica of the provider, in their order. */
  candidates(place: Place, { blocks, promptTokens }: Weighed, standing: Standing): Candidate[] {
    const nowMs = this.#nowMs()
    const { index, replicas } = this.#placeOf(place)
    if (blocks !== undefined) index.match(blocks, nowMs)
    const { maxInFlight } = place.provider
    return replicas.map(({ replica, load, memory, says }) => {
      const { othersInFlight, waiting, kvUsage } = says.at(nowMs)
      const cached = blocks === undefined ? 0 : index.expectedTokens(memory, blocks.count, promptTokens)
      return {
        id: replica.id,
        isAvailable: standing.isAvailable(replica),
        inFlight: standing.inFlight(replica.id),
        othersInFlight,
        waiting,
        kvUsage,
        inFlightUncachedTokens: load.inFlightUncachedTokens(nowMs),
        cachedTokens: kvUsage === undefined ? cached : Math.floor(cached * keptShare(kvUsage)),
        firstChunkMsPerToken: load.rate.msPerToken(nowMs),
        capacity: maxInFlight,
        headroom: standing.headroom?.(replica.id),
        costNanoUsd: undefined,
        lastColdAtMs: load.lastColdAtMs,
        weight: 1,
      }
    })
  }

  /** The request goes to `candidate`. */
  sent(
    place: Place,
    candidate: Candidate,
    { blocks, promptTokens }: Weighed,
    { by, streams, passedOver }: Choice,
  ): Sending {
    const { id: replicaId, cachedTokens } = candidate
    const nowMs = this.#nowMs()
    const load = this.#loadOf(replicaId)
    const { index } = this.#placeOf(place)
    const work = workTokens(candidate, promptTokens)
    index.asked(replicaId, promptTokens, cachedTokens)
    let held = 0
    if (blocks !== undefined) {
      index.match(blocks, nowMs)
      held = index.matched(replicaId)
      index.insert(replicaId, blocks, nowMs)
    }
    if (cachedTokens < COLD_SHARE * promptTokens) load.lastColdAtMs = nowMs
    return new Sending({
      replicaId,
      chosen: {
        by,
        of: place.provider.replicas.length,
        promptTokens,
        cachedTokens,
        ...(passedOver && { passedOver }),
      },
      index,
      blocks,
      load,
      prefill: load.began(promptTokens - cachedTokens, { tells: streams, workTokens: work, nowMs }),
      workTokens: work,
      held,
      nowMs: this.#nowMs,
    })
  }

  /** Others are no more: what they hold and how fast they are is forgotten. */
  keepOnly(replicaIds: ReadonlySet<string>, providers: ReadonlySet<string>): void {
    keepKeys(this.#loads, replicaIds)
    for (const [name, { provider, index }] of this.#places) {
      if (providers.has(provider.name)) index.keepOnly(replicaIds)
      else this.#places.delete(name)
    }
  }

  /** See `PrefixIndex.counted`; of a replica that answers for several models its counts are of none of them. */
  counted(replicaId: string, { queried, cached }: PrefixCounts): void {
    for (const { index } of this.#places.values()) index.counted(replicaId, queried, cached)
  }

  /** Of the prompt that its `candidates` were told for last: see `PrefixIndex.continues`. */
  continues(place: Place, { blocks }: Weighed): boolean {
    return blocks !== undefined && this.#placeOf(place).index.continues
  }

  #loadOf(replicaId: string): PrefillLoad {
    let load = this.#loads.get(replicaId)
    if (load === undefined) {
      load = new PrefillLoad()
      this.#loads.set(replicaId, load)
    }
    return load
  }

  #placeOf({ provider, model }: Place): KnownPlace {
    const name = `${provider.name}/${model}`
    const known = this.#places.get(name)
    // Configuration is read again now and then: what was known of replicas stays known.
    if (known !== undefined && known.provider === provider) return known
    const idleMs = provider.priceProvider === undefined ? undefined : SOLD_IDLE_MS
    const index = known?.index ?? new PrefixIndex({ idleMs })
    const replicas = provider.replicas.map((replica) => ({
      replica,
      load: this.#loadOf(replica.id),
      memory: index.of(replica.id),
      says: this.#told.of(replica.id),
    }))
    const place = { provider, index, replicas }
    this.#places.set(name, place)
    for (const oldest of this.#places.keys()) {
      if (this.#places.size <= MOST_MODELS) break
      this.#places.delete(oldest)
    }
    return place
  }
}

interface KnownPlace {
  provider: Provider
  index: PrefixIndex
  replicas: readonly { replica: Replica; load: PrefillLoad; memory: Memory; says: ReplicaSays }[]
}
