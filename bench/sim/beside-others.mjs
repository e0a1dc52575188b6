// One of our strategies, while somebody else sends a third of all sessions to the first two servers: unseen, but for what the
// servers tell of themselves on /metrics.
import { ours } from './ours.mjs'

const OTHERS_EACH = 3
const OTHERS_SERVERS = 2
/** A caller who hung up counts as so long. */
const PATIENCE_MS = 60_000

/** `firsts` collects the first-token times of our own requests, in milliseconds. */
export function besideOthers(name, readsMetrics, firsts) {
  return (parts) => new BesideOthers(ours(name, { readsMetrics })(parts), parts.replicas.length, firsts)
}

class BesideOthers {
  #ours
  #seen
  #firsts

  constructor(strategy, count, firsts) {
    this.#ours = strategy
    this.#firsts = firsts
    this.#seen = Array.from({ length: count }, () => ({
      inFlight: 0,
      uncachedTokens: 0,
      of: undefined,
      told: {},
    }))
  }

  choose(request, fleet, nowMs) {
    const { hash } = request.session
    request.isOthers = hash % OTHERS_EACH === 0
    if (request.isOthers) {
      request.uncachedTokens = request.promptTokens
      return hash % OTHERS_SERVERS
    }
    for (const [index, seen] of this.#seen.entries()) hear(seen, fleet.seen[index].told)
    const chosen = this.#ours.choose(request, { seen: this.#seen }, nowMs)
    this.#seen[chosen].inFlight++
    this.#seen[chosen].uncachedTokens += request.uncachedTokens
    return chosen
  }

  firstToken(request, firstMs, nowMs) {
    if (request.isOthers) return
    this.#firsts.push(firstMs)
    this.#seen[request.replica].uncachedTokens -= request.uncachedTokens
    this.#ours.firstToken(request, firstMs, nowMs)
  }

  ended(request, cachedTokens) {
    if (request.isOthers) return
    this.#seen[request.replica].inFlight--
    this.#ours.ended(request, cachedTokens)
  }

  failed(request) {
    if (request.isOthers) return
    this.#firsts.push(PATIENCE_MS)
    this.#seen[request.replica].inFlight--
    this.#seen[request.replica].uncachedTokens -= request.uncachedTokens
  }
}

/** Once each time that the server is asked: others' are what it tells, less what was ours then. */
function hear(seen, told) {
  if (seen.of === told) return
  seen.of = told
  const { waiting, running, kvUsage } = told
  seen.told = { waiting, kvUsage, othersInFlight: Math.max(0, running + waiting - seen.inFlight) }
}
