// What a proxy knows of its servers: what it has sent, what came back, and what their metrics told when last asked.

export class Fleet {
  /** Of each server: requests under way, and tokens sent and not expected to be cached whose first token has not come. */
  seen

  constructor(count) {
    this.seen = Array.from({ length: count }, (_, index) => ({
      index,
      inFlight: 0,
      uncachedTokens: 0,
      told: { waiting: 0, running: 0, kvUsage: 0 },
    }))
  }

  sent(request) {
    const seen = this.seen[request.replica]
    seen.inFlight++
    seen.uncachedTokens += request.uncachedTokens
  }

  firstToken(request) {
    this.seen[request.replica].uncachedTokens -= request.uncachedTokens
  }

  ended(request) {
    this.seen[request.replica].inFlight--
  }

  leastBusy(turn = 0) {
    const { seen } = this
    let best = seen[turn % seen.length]
    for (let step = 1; step < seen.length; step++) {
      const other = seen[(turn + step) % seen.length]
      if (other.inFlight < best.inFlight) best = other
    }
    return best.index
  }
}
