/** The only place that builds the object graph: configuration and platform → a running application. */
import type { Hono } from 'hono'
import { verifyAdminKey } from './access/admin-key.ts'
import { createAuthenticator } from './access/authenticate.ts'
import { MemoryRateLimiter } from './access/rate-limit.ts'
import { createApp } from './app.ts'
import type { Catalog } from './catalog.ts'
import type { Config } from './config.ts'
import { DifficultyScores } from './gateway/difficulty-scores.ts'
import { JointCalls } from './gateway/embeddings/joint-calls.ts'
import type { Gateway } from './gateway/journey.ts'
import { UnreadUpkeep } from './gateway/late/unread-upkeep.ts'
import { BudgetAdoption } from './gateway/limits/budget-adoption.ts'
import { Budgets } from './gateway/limits/budgets.ts'
import { Hedging } from './gateway/load/hedging.ts'
import { Slots } from './gateway/load/slots.ts'
import { KeptMedia } from './gateway/media/kept-media.ts'
import { Audits } from './gateway/memory/audits.ts'
import { ItemMemory } from './gateway/memory/item-memory.ts'
import { Twins } from './gateway/memory/twins.ts'
import { ModelList } from './gateway/model-list.ts'
import { Observers } from './gateway/observer.ts'
import { KeepWarm } from './gateway/prefix/keep-warm.ts'
import { forgetGone } from './gateway/replicas/forget-gone.ts'
import { MetricsPoll } from './gateway/replicas/metrics-poll.ts'
import { RetryBudget } from './gateway/retry-budget.ts'
import type { Readiness } from './http/health.ts'
import { QueueMetrics } from './http/queue-metrics.ts'
import { type Notices, readinessOf, withBudgets } from './http/readiness.ts'
import { watchReplicas } from './http/replica-metrics.ts'
import { watchState } from './http/state-metrics.ts'
import { TrafficMetrics } from './http/traffic-metrics.ts'
import { Balancer } from './routing/balance/balancer.ts'
import { hourClock } from './routing/hour-clock.ts'
import { KeptSessions } from './routing/kept-sessions.ts'
import { PromptCacheKeys } from './routing/prompt-cache-key.ts'
import { RateHeadroom } from './routing/rate-headroom.ts'
import { ReplicaHealth } from './routing/replica-health.ts'
import { ReuseIntervals } from './routing/reuse-intervals.ts'
import { ToldReplicas } from './routing/told-replicas.ts'
import type { Runtime } from './runtime.ts'

export interface Assembled {
  app: Hono
  /** To be called when other budgets are in force: what was spent before they were is counted. */
  adoptBudgets(): void
  /** To be called when other providers are in force: who waits for a slot is served by those, and the rest is forgotten. */
  adoptProviders(): void
  /** Bills what a provider did and nobody has read; to be called about once a minute. Never rejects. */
  billUnread(): Promise<void>
  /** Asks providers once more for what is to stay in their caches; to be called every few seconds. Never rejects. */
  keepWarm(): Promise<void>
  /** Asks replicas for their own metrics, where it is their turn; to be called several times a second. */
  pollMetrics(): void
  /** Tells those that wait for a slot that none will come in time. */
  refuseWaiting(): void
  /** No longer ready, so that a load balancer sends no more. Resolves once audits have ended, after `graceMs` at the latest. */
  drain(graceMs: number): Promise<void>
}

interface Wiring {
  config: Config
  /** The one in force; requests under way keep what they took from an earlier one. */
  catalog(): Catalog
  /** For `/readyz`, besides what policies say. */
  notices(): Notices
}

export function assemble({ config, catalog, notices }: Wiring, platform: Runtime): Assembled {
  let draining = false
  const traffic = new TrafficMetrics(platform.metrics, (workflow) =>
    platform.policies.current().byWorkflow.has(workflow),
  )
  const budgets = new Budgets({
    installation: () => catalog().budgets,
    ledger: platform.ledger,
    adoption: new BudgetAdoption({ past: platform.budgetPast, now: platform.now, warn: platform.warn }),
    now: platform.now,
    warn: platform.warn,
  })
  const adoptBudgets = (): void => budgets.adoption?.adopt(catalog().budgets, platform.policies.current())
  adoptBudgets()
  const health = new ReplicaHealth()
  const told = new ToldReplicas()
  const queueMetrics = new QueueMetrics(platform.metrics)
  const gateway: Gateway = {
    policies: () => platform.policies.current(),
    registry: () => catalog().registry,
    pricer: () => catalog().pricer,
    ledger: platform.ledger,
    observers: new Observers([traffic, ...platform.observers], (error) => platform.failed(error, '')),
    traces: platform.traces,
    health,
    balancer: new Balancer(platform.elapsedMs, told),
    jointCalls: platform.joinsCalls === true ? new JointCalls() : undefined,
    headroom: new RateHeadroom(),
    hedging: new Hedging(),
    slots: new Slots({ health, told, elapsedMs: platform.elapsedMs, observer: queueMetrics }),
    retryBudget: new RetryBudget(),
    rateLimiter: new MemoryRateLimiter(),
    budgets,
    now: platform.now,
    elapsedMs: platform.elapsedMs,
    random: platform.random,
    hourIn: hourClock(),
    onLedgerFailure: config.ledgerOnFailure,
    tokenRatios: platform.tokenRatios,
    tokenCounter: platform.tokenCounter,
    promptWatch: platform.promptWatch,
    exactStore: platform.exactStore,
    semanticCache: () => platform.semanticCache(),
    classifier: () => platform.classifier(),
    knowledge: () => platform.knowledge(),
    learning: () => platform.learning(),
    audits: new Audits(),
    difficultyScores: new DifficultyScores(),
    itemMemory: new ItemMemory(platform.now),
    sessions: new KeptSessions(),
    keepWarm: new KeepWarm(),
    keptMedia: new KeptMedia(),
    imageFitter: () => platform.imageFitter?.(),
    prefixes: {
      reuse: new ReuseIntervals((workflow) => platform.promptWatch?.reuse(workflow)),
      keys: new PromptCacheKeys(),
    },
    madeIds: platform.madeIds,
    twins: new Twins(),
    sha256: platform.sha256,
  }
  // A ledger that cannot be written stops requests only where it is told to.
  const isAnswering = (): boolean =>
    !draining && (platform.ledger.healthy || config.ledgerOnFailure === 'proceed')
  const state = (): Readiness => readinessOf(isAnswering(), platform, withBudgets(notices(), budgets))
  queueMetrics.watch({
    slots: gateway.slots,
    health,
    registry: () => catalog().registry,
    elapsedMs: platform.elapsedMs,
  })
  watchReplicas(platform.metrics, {
    told,
    registry: () => catalog().registry,
    elapsedMs: platform.elapsedMs,
  })
  watchState(platform.metrics, {
    ledger: platform.ledger,
    madeIds: platform.madeIds,
    readiness: state,
    commandMemory: platform.commandMemory,
  })
  const app = createApp({
    gateway,
    models: new ModelList(gateway),
    authenticate: createAuthenticator({
      mode: config.access.mode,
      origins: config.access.origins,
      passesCredentials: () => catalog().registry.passesCredentials,
      keys: platform.keys,
      teams: config.access.teams,
      sha256: platform.sha256,
      now: platform.now,
    }),
    openExchange: platform.openExchange,
    maxBodyBytes: config.listen.maxBodyBytes,
    origins: config.access.origins,
    onInternalError: (error, requestId) => platform.failed(error, requestId),
    metrics: platform.metrics,
    accessMode: config.access.mode,
    reader: platform.reader,
    answerReport: platform.answerReport,
    isAdmin: (key) => platform.adminKey !== undefined && verifyAdminKey(key, platform.adminKey),
    readiness: state,
  })
  const metricsPoll = new MetricsPoll({
    registry: () => catalog().registry,
    told,
    balancer: gateway.balancer,
    slots: gateway.slots,
    elapsedMs: platform.elapsedMs,
    random: platform.random,
  })
  const unread = new UnreadUpkeep(gateway, (error) => platform.failed(error, ''))
  return {
    app,
    billUnread: () => unread.run(),
    keepWarm: () => gateway.keepWarm.run(gateway),
    pollMetrics: () => metricsPoll.run(),
    adoptBudgets,
    adoptProviders: () => {
      const { providers } = catalog().registry
      forgetGone(gateway, told, providers)
      gateway.slots.reconfigured(providers)
    },
    refuseWaiting: () => gateway.slots.close(),
    drain: async (graceMs) => {
      draining = true
      metricsPoll.close()
      await Promise.all([gateway.audits.drain(graceMs), unread.drain(graceMs)])
    },
  }
}
