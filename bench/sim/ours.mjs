// Our strategies: the very code of src/routing/balance, told what gateway/replicas/choose-replica tells it, and nothing that a proxy cannot see.
import { loadModules } from '../bundled.mjs'
import { BLOCK_TOKENS } from './rates.mjs'

const MODULES = ['strategies', 'prefix-index', 'first-chunk-rate', 'work', 'saturated']
const balance = await loadModules(
  MODULES.map((name) => `routing/balance/${name}`),
  'sim',
)

/** `name` as in a policy; `settings`: `weights` of `hybrid`, and `readsMetrics` where servers are asked for theirs. */
export function ours(name, settings = {}) {
  return ({ replicas, random }) => new Ours(balance.STRATEGY[name], replicas, random, settings)
}

class Ours {
  #strategy
  #random
  #settings
  #index = new balance.PrefixIndex()
  #replicas

  constructor(strategy, replicas, random, settings) {
    this.#strategy = strategy
    this.#random = random
    this.#settings = settings
    this.#replicas = replicas.map((_, at) => ({
      id: `replica ${at}`,
      memory: this.#index.of(`replica ${at}`),
      rate: new balance.FirstChunkRate(),
      lastColdAtMs: 0,
    }))
  }

  choose(request, { seen }, nowMs) {
    const { promptTokens, session } = request
    const blocks = blocksOf(request)
    this.#index.match(blocks, nowMs)
    const candidates = this.#replicas.map((replica, at) =>
      this.#candidate(replica, seen[at], request, blocks, nowMs),
    )
    const chosen = this.#strategy(candidates, {
      promptTokens,
      nowMs,
      random: this.#random,
      sessionHash: session.hash,
      continues: this.#index.continues,
      weights: this.#settings.weights,
    })
    const candidate = candidates[chosen]
    request.expectedTokens = candidate.cachedTokens
    request.uncachedTokens = promptTokens - candidate.cachedTokens
    request.workTokens = balance.workTokens(candidate, promptTokens)
    if (candidate.cachedTokens < balance.COLD_SHARE * promptTokens)
      this.#replicas[chosen].lastColdAtMs = nowMs
    this.#index.insert(candidate.id, blocks, nowMs)
    return chosen
  }

  firstToken({ replica, workTokens }, firstMs, nowMs) {
    this.#replicas[replica].rate.observed(firstMs, workTokens, nowMs)
  }

  ended({ replica, expectedTokens }, cachedTokens) {
    this.#index.corrected(this.#replicas[replica].id, expectedTokens, cachedTokens)
  }

  #candidate(
    { id, memory, rate, lastColdAtMs },
    { inFlight, uncachedTokens, told },
    { promptTokens },
    { count },
    nowMs,
  ) {
    const { waiting, kvUsage, othersInFlight = 0 } = this.#settings.readsMetrics === true ? told : {}
    const cachedTokens = this.#index.expectedTokens(memory, count, promptTokens)
    return {
      id,
      isAvailable: true,
      inFlight,
      othersInFlight,
      waiting,
      kvUsage,
      inFlightUncachedTokens: uncachedTokens,
      cachedTokens: Math.floor(cachedTokens * balance.keptShare(kvUsage)),
      firstChunkMsPerToken: rate.msPerToken(nowMs),
      capacity: undefined,
      headroom: undefined,
      costNanoUsd: undefined,
      lastColdAtMs,
      weight: 1,
    }
  }
}

/** Blocks of the index are of 256 characters, about 64 tokens: as many as the simulated servers'. */
function blocksOf({ chain, promptTokens }) {
  return { hashes: chain, count: Math.floor(promptTokens / BLOCK_TOKENS) }
}
