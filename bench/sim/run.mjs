// One run: a strategy, a workload, a seed. What callers saw, and what the servers had in their caches.
import { seeded } from '../seeded.mjs'
import { Events } from './events.mjs'
import { Fleet } from './fleet.mjs'
import { Replica } from './replica.mjs'
import { StagedReplica } from './staged-replica.mjs'
import { sessionsOf } from './workloads.mjs'

/** Callers hang up where the first token takes longer: a failure, and so long in the percentiles. */
const PATIENCE_MS = 60_000
/** Servers are asked for their metrics as often. */
const POLL_MS = 2000
/** Of the duration; what was sent before is not counted. */
const WARMING = 0.25

/** Time that counts; a closed loop may have asked all it has before the end. */
function countedSeconds(requests, fromMs, durationMs) {
  const lastMs = requests.reduce((last, { endedMs = durationMs }) => Math.max(last, endedMs), 0)
  return (Math.min(durationMs, lastMs) - fromMs) / 1000
}

/** `strategy` makes a new one: `{ choose(request, fleet, nowMs), sent?, firstToken?, ended? }`. */
export function simulate(workload, strategy, seed) {
  const simulation = new Simulation(workload, strategy, seed)
  return simulation.run(sessionsOf(workload, seed))
}

class Simulation {
  #workload
  #strategy
  #events = new Events()
  #replicas
  #fleet
  #requests = []
  #patienceMs
  #next

  constructor(workload, strategy, seed) {
    this.#workload = workload
    this.#patienceMs = workload.patienceMs ?? PATIENCE_MS
    const told = {
      firstToken: (request) => this.#firstToken(request),
      ended: (request, cached) => this.#ended(request, cached),
    }
    this.#replicas = workload.replicas.map((rates) => {
      const Server = rates.transferTokensPerMs === undefined ? Replica : StagedReplica
      return new Server(rates, this.#events, told)
    })
    this.#fleet = new Fleet(workload.replicas.length)
    const random = seeded(seed + 77)
    this.#strategy = strategy({ replicas: workload.replicas, random })
  }

  run(sessions) {
    const { clients, durationMs } = this.#workload
    if (clients === undefined) for (const session of sessions) this.#begin(session)
    else {
      const waiting = sessions.values()
      this.#next = () => waiting.next().value
      for (let client = 0; client < clients; client++) this.#begin(this.#next())
    }
    this.#poll()
    this.#events.run(durationMs)
    return figures(this.#requests, this.#workload)
  }

  #begin(session) {
    if (session === undefined) return
    const startMs = Math.max(session.startMs, this.#events.nowMs)
    this.#events.at(startMs, () => this.#send(session, 0))
  }

  #send(session, turn) {
    const { nowMs } = this.#events
    // A copy: the sessions are the same for all strategies.
    const request = { ...session.requests[turn], at: turn, sentMs: nowMs, uncachedTokens: 0 }
    const replica = this.#strategy.choose(request, this.#fleet, nowMs)
    request.replica = replica
    this.#requests.push(request)
    this.#strategy.sent?.(request, nowMs)
    this.#fleet.sent(request)
    request.job = this.#replicas[replica].submit(request)
    this.#events.at(nowMs + this.#patienceMs, () => this.#lostPatience(request))
  }

  #firstToken(request) {
    request.firstMs = this.#events.nowMs - request.sentMs
    this.#fleet.firstToken(request)
    this.#strategy.firstToken?.(request, request.firstMs, this.#events.nowMs)
  }

  #ended(request, cachedTokens) {
    const { nowMs } = this.#events
    request.endedMs = nowMs
    request.cachedTokens = cachedTokens
    this.#fleet.ended(request)
    this.#strategy.ended?.(request, cachedTokens, nowMs)
    const { session, at } = request
    const next = session.requests[at + 1]
    if (next !== undefined) this.#events.at(nowMs + next.thinkMs, () => this.#send(session, at + 1))
    else if (this.#next !== undefined) this.#begin(this.#next())
  }

  #lostPatience(request) {
    if (request.firstMs !== undefined) return
    request.hasFailed = true
    this.#replicas[request.replica].cancel(request.job)
    this.#fleet.firstToken(request)
    this.#fleet.ended(request)
    this.#strategy.failed?.(request, this.#events.nowMs)
    if (this.#next !== undefined) this.#begin(this.#next())
  }

  #poll() {
    this.#replicas.forEach((replica, index) => {
      this.#fleet.seen[index].told = replica.metrics
    })
    this.#events.at(this.#events.nowMs + POLL_MS, () => this.#poll())
  }
}

/** Requests whose first token was still to come at the end count with the time they had waited by then, if that is longer than the median's. */
function figures(requests, { durationMs, replicas, patienceMs = PATIENCE_MS, warming = WARMING }) {
  const fromMs = durationMs * warming
  const counted = requests.filter(({ sentMs }) => sentMs >= fromMs)
  const firstMs = counted
    .map((request) => (request.hasFailed ? patienceMs : (request.firstMs ?? durationMs - request.sentMs)))
    .sort((left, right) => left - right)
  const ended = requests.filter(({ endedMs }) => endedMs >= fromMs)
  const sum = (of, list) => list.reduce((total, request) => total + of(request), 0)
  const seconds = countedSeconds(requests, fromMs, durationMs)
  const output = sum(({ outputTokens }) => outputTokens, ended)
  const shares = replicas.map((_, index) => counted.filter(({ replica }) => replica === index).length)
  return {
    requests: counted.length,
    meanMs: sum((ms) => ms, firstMs) / firstMs.length,
    p50Ms: quantile(firstMs, 0.5),
    p90Ms: quantile(firstMs, 0.9),
    p99Ms: quantile(firstMs, 0.99),
    outputTokensPerSecond: output / seconds,
    tokensPerSecond: (output + sum(({ promptTokens }) => promptTokens, ended)) / seconds,
    cachedShare:
      sum(({ cachedTokens }) => cachedTokens, ended) / sum(({ promptTokens }) => promptTokens, ended),
    failed: counted.filter(({ hasFailed }) => hasFailed).length / counted.length,
    busiest: Math.max(...shares) / counted.length,
  }
}

function quantile(sorted, share) {
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]
}
