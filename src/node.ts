/**
 * trimtab on Node: opens what the machine has, assembles the app, listens, and closes in the right order.
 * Long because that order is one list: who opens a thing sees here what must be closed before it.
 */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { generateAdminKey } from './access/admin-key.ts'
import { recentKeys } from './access/recent-keys.ts'
import { assemble } from './assemble.ts'
import { buildCatalog, type Catalog } from './catalog.ts'
import type { Running, StartOptions } from './commands/serve.ts'
import type { Config } from './config.ts'
import type { Notice } from './http/health.ts'
import type { Notices } from './http/readiness.ts'
import { Metrics } from './metering/metrics.ts'
import { TokenRatios } from './metering/token-ratios.ts'
import { readOrCreateAdminKey } from './platform/node/admin-key-file.ts'
import { openDataFolder } from './platform/node/data-folder.ts'
import { listen } from './platform/node/http-server.ts'
import { launchFolder } from './platform/node/launch-records.ts'
import { ModelServers } from './platform/node/model-servers.ts'
import { openNodeCache } from './platform/node/node-cache.ts'
import { NodeClassifier } from './platform/node/node-classifier.ts'
import { openNodeExchange } from './platform/node/node-exchange.ts'
import { NodeImages } from './platform/node/node-images.ts'
import { NodeKnowledge } from './platform/node/node-knowledge.ts'
import { NodeLearning } from './platform/node/node-learning.ts'
import { openNodeLedger } from './platform/node/node-ledger.ts'
import { NodeSemantic } from './platform/node/node-semantic.ts'
import {
  ledgerThreadScript,
  migrationsFolder,
  packageVersion,
  reportProcessScript,
} from './platform/node/package-files.ts'
import { nodePolicyFiles } from './platform/node/policy-files.ts'
import { policyHistoryFiles } from './platform/node/policy-history-files.ts'
import { readPriceTable } from './platform/node/price-table-file.ts'
import { watchProcess } from './platform/node/process-metrics.ts'
import { providersOf } from './platform/node/providers-of.ts'
import { readIfThere } from './platform/node/read-if-there.ts'
import { answerReports } from './platform/node/report-answer.ts'
import { sha256 } from './platform/node/sha256.ts'
import { ShippedModels } from './platform/node/shipped-models.ts'
import { openSpanExporter } from './platform/node/trace-settings.ts'
import { UndiciTransport } from './platform/node/undici-transport.ts'
import { recorded } from './policy/policy-history.ts'
import { PolicySource } from './policy/policy-source.ts'
import type { Problem } from './policy/problem.ts'

/** Replaced as a whole when configuration changes. */
interface InForce {
  catalog: Catalog
  warnings: readonly Notice[]
}

/** What nobody has read is looked at so often, where it is due. */
const UNREAD_MS = 60_000
/** Prefixes that go after five minutes are asked for well before. */
const KEEP_WARM_MS = 5000
/** How finely the turns of replicas are told apart that are asked for their metrics. */
const POLL_METRICS_MS = 100
/** Before its end, for who waits to be told; a quarter of shorter graces. */
const LAST_WORDS_MS = 1000

/** @throws Failure or Error with one sentence for the operator */
export async function startServer(
  options: StartOptions & { environment: NodeJS.ProcessEnv },
): Promise<Running> {
  const { config, warn } = options
  openDataFolder(config.data)
  const network = new UndiciTransport()
  const commands = new ModelServers({
    folder: launchFolder(config.data),
    environment: options.environment,
    log: options,
    random: Math.random,
  })
  const inForceOf = async (from: Config, warnings: readonly Notice[]): Promise<InForce> => {
    const notes = [...warnings]
    const providers = await providersOf(from, options.environment, (note) => {
      notes.push({ message: note })
      warn(note)
    })
    const catalog = buildCatalog({
      config: from,
      providers,
      network,
      commands: (provider) => commands.transport(provider, network),
      environment: options.environment,
      readFile: readIfThere,
      sandboxOnly: options.sandboxOnly,
      priceTable: readPriceTable(from.data),
      now: Date.now,
    })
    return { catalog, warnings: notes }
  }
  const metrics = new Metrics()
  const unwatch = watchProcess(metrics, packageVersion())
  const spans = openSpanExporter(config.traces, options.environment, { network, metrics, warn })
  let inForce = await inForceOf(config, options.warnings)
  /** Of a configuration that was refused. */
  let problems: readonly Problem[] = []
  let latest = 0
  const admin = readOrCreateAdminKey(config.data, () => generateAdminKey(randomBytes))
  const storage = await openNodeLedger({
    path: join(config.data, 'ledger.db'),
    migrations: migrationsFolder(),
    threadScript: ledgerThreadScript(),
    reportScript: reportProcessScript(),
    environment: options.environment,
    durability: config.durability,
    retention: config.retention,
    now: Date.now,
    estimatePrice: (provider, model, tokens, at) => {
      const { registry, pricer } = inForce.catalog
      const { priceProvider } = registry.providers.get(provider) ?? {}
      const price = pricer.price({ provider, priceProvider, model, tokens, at })
      return price && { costNanoUsd: price.costNanoUsd, priceVersion: price.version }
    },
    hourlyCosts: () => inForce.catalog.hourly,
    info: options.info,
    warn,
  })
  const cache = await openNodeCache(config.data, Date.now, warn)
  const shipped = new ShippedModels()
  const surroundings = {
    config,
    shipped,
    environment: options.environment,
    now: Date.now,
    info: options.info,
    warn,
  }
  const semantic = new NodeSemantic({ ...surroundings, metrics, network })
  const documents = new NodeKnowledge(surroundings)
  const classifier = new NodeClassifier(warn)
  const learned = new NodeLearning({ ...surroundings, dataFolder: config.data, metrics })
  const images = new NodeImages(warn)
  const rooms = [semantic, documents, classifier, learned, images]
  const policies = new PolicySource(sha256)
  const open = () => Promise.all(rooms.map((room) => room.neededBy(policies.current())))
  const elapsedMs = (): number => performance.now()
  const history = recorded(nodePolicyFiles(config.policies), {
    history: policyHistoryFiles(config.data),
    digestOf: sha256,
    now: Date.now,
    warn,
  })
  let adoptBudgets = (): void => {}
  const unfollow = await policies.follow(history.files, (reload) => {
    history.reloaded(reload)
    adoptBudgets()
    options.reloaded(reload)
    void open()
  })
  await open()
  const tokenRatios = new TokenRatios()
  const notices = (): Notices => ({
    problems,
    warnings: [...inForce.warnings, ...semantic.notices(), ...images.notices()],
  })
  const assembled = assemble(
    { config, catalog: () => inForce.catalog, notices },
    {
      network,
      joinsCalls: true,
      ledger: storage.ledger,
      reader: storage.reader,
      answerReport: answerReports(storage.reports),
      tokenRatios,
      tokenCounter: storage.tokenCounter,
      promptWatch: storage.promptWatch,
      keys: recentKeys(storage.keys, elapsedMs),
      madeIds: storage.madeIds,
      budgetPast: storage.budgetPast,
      exactStore: cache.exactStore,
      semanticCache: () => semantic.cache,
      classifier: () => classifier.classifier,
      knowledge: () => documents.knowledge,
      learning: () => learned.learning,
      imageFitter: () => images.fitter,
      policies,
      openExchange: openNodeExchange,
      commands: () => commands.standings,
      commandMemory: () => commands.memory(),
      adminKey: options.environment.TRIMTAB_ADMIN_KEY ?? admin.key,
      sha256,
      now: Date.now,
      elapsedMs,
      random: Math.random,
      metrics,
      observers: [...options.observers, ...(spans === undefined ? [] : [spans])],
      traces: spans !== undefined,
      warn,
      failed: options.failed,
    },
  )
  adoptBudgets = assembled.adoptBudgets
  const closeStorage = async (): Promise<void> => {
    unfollow()
    unwatch()
    await commands.close()
    // First: what it counts is told to everyone below.
    await storage.tokenCounter.close()
    await spans?.close()
    await Promise.all([semantic.close(), documents.close(), learned.close()])
    await network.close()
    cache.close()
    await storage.close()
  }
  const server = await listen(assembled.app, config.listen.host, config.listen.port).catch(async (error) => {
    await closeStorage()
    throw error
  })
  void assembled.billUnread()
  const unreadTimer = setInterval(() => void assembled.billUnread(), UNREAD_MS)
  unreadTimer.unref()
  const warmTimer = setInterval(() => void assembled.keepWarm(), KEEP_WARM_MS)
  warmTimer.unref()
  const metricsTimer = setInterval(() => assembled.pollMetrics(), POLL_METRICS_MS)
  metricsTimer.unref()
  void storage.learnedRatios().then((learned) => tokenRatios.recall(learned))
  // Only now: where the port is taken, no model is loaded in vain.
  if (!options.sandboxOnly) commands.adjust(config.providers)
  return {
    host: server.host,
    port: server.port,
    providers: [...inForce.catalog.registry.providers.keys()],
    adminKeyMade: admin.made,
    async reconfigure(next) {
      problems = next.kind === 'config' ? [] : errorsOf(next.problems)
      if (next.kind === 'refused') return false
      const turn = ++latest
      const made = await inForceOf(next.config, next.warnings)
      // Looking for providers takes its time, and a later save may have been faster: it is the one that counts.
      if (turn !== latest) return false
      inForce = made
      adoptBudgets()
      if (!options.sandboxOnly) commands.adjust(next.config.providers)
      assembled.adoptProviders()
      return true
    },
    async close(graceMs) {
      clearInterval(unreadTimer)
      clearInterval(warmTimer)
      clearInterval(metricsTimer)
      // Sooner than sockets are cut, so that the answer gets through.
      const lastWords = setTimeout(
        () => assembled.refuseWaiting(),
        graceMs - Math.min(LAST_WORDS_MS, graceMs / 4),
      )
      await Promise.all([assembled.drain(graceMs), server.close(graceMs)])
      clearTimeout(lastWords)
      await closeStorage()
    },
  }
}

function errorsOf(problems: readonly Problem[]): readonly Problem[] {
  return problems.filter(({ severity }) => severity === 'error')
}
