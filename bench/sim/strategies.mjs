// Strategies of others, as their sources and papers have them. Each makes one for a run: `({ replicas, random }) => strategy`.
import { RecentBlocks, SentPrefixes } from './known-prefixes.mjs'
import { BLOCK_TOKENS } from './rates.mjs'

export const OTHERS = {
  'round robin': ({ replicas }) => {
    let turn = 0
    return { choose: () => turn++ % replicas.length }
  },
  random: ({ replicas, random }) => ({ choose: () => Math.floor(random() * replicas.length) }),
  'least busy': () => {
    let turn = 0
    return { choose: (_, fleet) => fleet.leastBusy(turn++) }
  },
  // LiteLLM's simple-shuffle: by lot, with the weights that the operator wrote: here the servers' speed.
  'shuffle (LiteLLM)': ({ replicas, random }) => {
    const weights = replicas.map(({ prefillTokensPerMs }) => prefillTokensPerMs)
    const total = weights.reduce((sum, weight) => sum + weight, 0)
    return {
      choose: () => {
        let left = random() * total
        return weights.findIndex((weight) => {
          left -= weight
          return left < 0
        })
      },
    }
  },
  'prefix only (vLLM)': prefixOnly,
  'cache aware (SGLang)': cacheAware,
  'session hash (KubeAI)': sessionHash,
  'sticky (llm-d)': stickyUntilSaturated,
  'scores (llm-d)': scores,
}

/** vLLM production-stack's `prefixaware`: by lot among those that were sent the longest match; no load, no eviction. */
function prefixOnly({ replicas, random }) {
  const known = new SentPrefixes()
  return {
    choose: (request) => {
      const { servers } = known.longest(request, BLOCK_TOKENS)
      const among = servers === 0 ? replicas.map((_, index) => index) : bits(servers)
      const replica = among[Math.floor(random() * among.length)]
      known.insert(request, replica, BLOCK_TOKENS)
      return replica
    },
  }
}

/** SGLang's `cache_aware` with its command line's defaults: threshold 0.3, imbalance 64 and 1.5. */
function cacheAware({ random }) {
  const known = new SentPrefixes()
  let turn = 0
  return {
    choose: (request, fleet) => {
      const loads = fleet.seen.map(({ inFlight }) => inFlight)
      const [least, most] = [Math.min(...loads), Math.max(...loads)]
      const { blocks, servers } = known.longest(request, BLOCK_TOKENS)
      const isImbalanced = most - least > 64 && most > 1.5 * least
      const isKnown = servers !== 0 && (blocks * BLOCK_TOKENS) / request.promptTokens > 0.3
      const among = bits(servers)
      const replica =
        isKnown && !isImbalanced ? among[Math.floor(random() * among.length)] : fleet.leastBusy(turn++)
      known.insert(request, replica, BLOCK_TOKENS)
      return replica
    },
  }
}

/** KubeAI's consistent hashing with bounded load: 256 points a server, bound 1.25, by the first user message. */
function sessionHash({ replicas }) {
  const ring = replicas
    .flatMap((_, index) =>
      Array.from({ length: 256 }, (_unused, point) => ({ index, at: mixed(index * 65_537 + point) })),
    )
    .sort((left, right) => left.at - right.at)
  return {
    choose: ({ session }, { seen }) => {
      const total = seen.reduce((sum, { inFlight }) => sum + inFlight, 0)
      const bound = ((total + 1) / seen.length) * 1.25
      const at = mixed(session.hash)
      const start = Math.max(
        0,
        ring.findIndex((point) => point.at >= at),
      )
      for (let step = 0; step < ring.length; step++) {
        const { index } = ring[(start + step) % ring.length]
        if (seen[index].inFlight <= bound) return index
      }
      return ring[start].index
    },
  }
}

/**
 * llm-d's default since August 2026: servers with at least 0.8 of the prompt keep it, unless the backlog of the best of them
 * is 18 s longer than that of the best of all; then the least backlog, with this prompt's own. Its index: 500,000 tokens a
 * server, and no more than the first 4,096 of a prompt.
 */
function stickyUntilSaturated({ replicas }) {
  const known = replicas.map(() => new RecentBlocks(500_000 / BLOCK_TOKENS))
  const most = 4096 / BLOCK_TOKENS
  const backlogMs = ({ uncachedTokens }) => uncachedTokens / 15.928
  let turn = 0
  return {
    choose: (request, { seen }) => {
      const length = Math.min(most, Math.floor(request.promptTokens / BLOCK_TOKENS))
      const hits = known.map((blocks) => blocks.matched(request.chain, length) / Math.max(1, length))
      const warm = seen.filter(({ index }) => hits[index] >= 0.8)
      const penaltyMs = Math.min(...warm.map(backlogMs)) - Math.min(...seen.map(backlogMs))
      const among = warm.length > 0 && penaltyMs <= 18_000 ? warm : seen
      const cost = ({ index, uncachedTokens }) => uncachedTokens + request.promptTokens * (1 - hits[index])
      turn++
      const rotated = among.map((_, step) => among[(step + turn) % among.length])
      const { index } = rotated.reduce((best, other) => (cost(other) < cost(best) ? other : best))
      request.uncachedTokens = request.promptTokens * (1 - hits[index])
      known[index].insert(request.chain, length)
      return index
    },
  }
}

/** llm-d's default before: prefix 3, queue 2, KV 2, cold requests to who had none for the longest 2; by metrics that it polls. */
function scores({ replicas, random }) {
  const known = replicas.map(() => new RecentBlocks(500_000 / BLOCK_TOKENS))
  const most = 4096 / BLOCK_TOKENS
  const coldAt = replicas.map(() => 0)
  let cold = 0
  return {
    choose: (request, { seen }) => {
      const length = Math.min(most, Math.floor(request.promptTokens / BLOCK_TOKENS))
      const hits = known.map((blocks) => blocks.matched(request.chain, length) / Math.max(1, length))
      const queues = seen.map(({ told }) => told.waiting)
      const [shortest, longest] = [Math.min(...queues), Math.max(...queues)]
      const isCold = hits.every((hit) => hit === 0)
      const byAge = [...coldAt].sort((left, right) => left - right)
      const score = ({ index, told }) =>
        3 * hits[index] +
        2 * (longest === shortest ? 1 : (longest - told.waiting) / (longest - shortest)) +
        2 * (1 - told.kvUsage) +
        (isCold ? 2 * (1 - byAge.indexOf(coldAt[index]) / (replicas.length - 1)) : 1)
      const best = Math.max(...seen.map(score))
      const among = seen.filter((it) => score(it) === best)
      const { index } = among[Math.floor(random() * among.length)]
      if (isCold) coldAt[index] = ++cold
      known[index].insert(request.chain, length)
      return index
    },
  }
}

function bits(servers) {
  const found = []
  for (let index = 0; servers >> index; index++) if ((servers >> index) & 1) found.push(index)
  return found
}

/** Scatters numbers over 32 bits (the finaliser of MurmurHash3). */
function mixed(number) {
  let hash = Math.imul(number ^ (number >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
