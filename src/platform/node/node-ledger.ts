/** The ledger of one Node process: migrated, its dead settled, written, read by a thread, closed in the right order. */
import { readlinkSync } from 'node:fs'
import { hostname } from 'node:os'
import { Worker } from 'node:worker_threads'
import type Database from 'better-sqlite3'
import type { KeyStore } from '../../access/key-store.ts'
import type { BudgetPast } from '../../metering/budget-past.ts'
import type { PromptWatch } from '../../metering/prefix/prompt-watch.ts'
import type { LedgerReader } from '../../metering/reports.ts'
import type { HourlyCosts } from '../../metering/standing-cost.ts'
import type { LearnedRatio } from '../../metering/token-ratios.ts'
import type { MadeIds } from '../../routing/made-ids.ts'
import { type ProcessIdentity, registerInstance, retireInstance } from '../../storage/instances.ts'
import { sqliteLedgerReader } from '../../storage/ledger-reader.ts'
import { migrate, readMigrations, requireSchema, schemaVersion } from '../../storage/migrate.ts'
import type { Retention } from '../../storage/retention.ts'
import { SCHEMA_VERSION } from '../../storage/schema-version.ts'
import { type EstimatePrice, settleDeadInstances, settleStrays } from '../../storage/settle-dead-instances.ts'
import { sqliteKeyStore } from '../../storage/sqlite-key-store.ts'
import { SqliteLedger } from '../../storage/sqlite-ledger.ts'
import { SqliteMadeIds } from '../../storage/sqlite-made-ids.ts'
import { watchPlace } from './file-place.ts'
import { LedgerThread } from './ledger-thread-client.ts'
import { ReportProcess } from './report-process-client.ts'
import { commitDurably, LEDGER_PAGE_BYTES, neverWait, openForReading, openForWriting } from './sqlite.ts'
import { sqliteFault } from './sqlite-binary.ts'
import { tellMigration } from './tell-migration.ts'
import { ThreadTokenCounter } from './thread-token-counter.ts'

export interface NodeLedgerOptions {
  /** Path of `ledger.db`; its folder exists. */
  path: string
  /** Folder of the package's `migrations`. */
  migrations: string
  /** The bundled `ledger-thread.js`. */
  threadScript: URL
  /** The bundled `report-process.js`. */
  reportScript: string
  /** Of trimtab; the process that makes reports is given the little of it that it needs. */
  environment: NodeJS.ProcessEnv
  /** What a commit outlives: the process, or a power cut too; the attempt's, before its call. */
  durability: 'process' | 'power'
  /** How long requests and their sums are kept. */
  retention: Retention
  /** Unix milliseconds. */
  now: () => number
  /** Prices attempts that a crash cut. */
  estimatePrice: EstimatePrice
  /** Providers that cost by the hour, as they are configured now. */
  hourlyCosts?: () => HourlyCosts
  /** Told of a migration. */
  info: (message: string) => void
  warn: (message: string) => void
}

export interface NodeLedger {
  ledger: SqliteLedger
  reader: LedgerReader
  reports: Pick<ReportProcess, 'make'>
  keys: KeyStore
  tokenCounter: ThreadTokenCounter
  promptWatch: PromptWatch
  /** What earlier requests teach; asks the thread, and so costs the start nothing. Never rejects. */
  learnedRatios(): Promise<readonly LearnedRatio[]>
  madeIds: MadeIds
  budgetPast: BudgetPast
  close(): Promise<void>
}

/** How often the rows of processes that died meanwhile are looked for. */
const UPKEEP_MS = 5000
const NO_COSTS: HourlyCosts = new Map()

/** For `serve`. @throws Failure `ledger_unavailable` where the ledger cannot be opened or is newer than this program. */
export async function openNodeLedger(options: NodeLedgerOptions): Promise<NodeLedger> {
  const { path, now, warn } = options
  const fault = sqliteFault()
  if (fault !== undefined) warn(fault)
  const database = openForWriting(path, LEDGER_PAGE_BYTES)
  try {
    tellMigration(path, await migrate(database, readMigrations(options.migrations), now), options.info)
  } catch (error) {
    database.close()
    throw error
  }
  const self = registerInstance(database, { host: processHost(), pid: process.pid }, now())
  await settleTheDead(database, self, options)
  await settleTheDead(database, self, options, settleStrays)
  neverWait(database)
  commitDurably(database, options.durability)
  const ledger = new SqliteLedger({ database, self, now, warn })
  const thread = new LedgerThread({
    settings: { path, instance: self, retention: options.retention },
    start: (settings) => new Worker(options.threadScript, { workerData: settings }),
    warn,
  })
  const madeIds = new SqliteMadeIds({ database, now, warn })
  const reports = new ReportProcess({
    script: options.reportScript,
    settings: { path },
    environment: options.environment,
  })
  const tellCosts = (): void => thread.standing(options.hourlyCosts?.() ?? NO_COSTS)
  tellCosts()
  const stopUpkeep = keepUp(database, self, ledger, options, tellCosts)
  let isInPlace = true
  const stopWatching = await watchPlace(path, (isThere) => {
    isInPlace = isThere
    ledger.located(isThere)
  })
  return {
    ledger,
    reader: thread,
    reports: {
      async make(query) {
        // A report without its latest seconds is better than none.
        await thread.keepStanding().catch(() => {})
        return reports.make(query)
      },
    },
    keys: sqliteKeyStore(database),
    tokenCounter: new ThreadTokenCounter({ ask: (uncounted) => thread.countTokens(uncounted) }),
    promptWatch: thread.promptWatch,
    // Without them each workflow learns anew.
    learnedRatios: () => thread.learnedRatios().catch(() => []),
    madeIds,
    budgetPast: {
      async count(budgets, released, at) {
        // What this process began before is in the file by then.
        await ledger.flushed()
        await thread.countPast({ budgets, released, at })
      },
    },
    close: async () => {
      stopUpkeep()
      stopWatching()
      await reports.stop()
      // The thread before the rest: its heartbeat would enter this process again.
      await thread.stop()
      madeIds.close()
      await ledger.close()
      // Otherwise the next process finds by its entry what it left open.
      if (isInPlace && ledger.openRequests === 0) retire(path, self.id)
    },
  }
}

/** For commands that read a ledger which another process may be writing. */
export function openLedgerReader(path: string): { reader: LedgerReader; close: () => void } {
  const database = openForReading(path)
  try {
    requireSchema(database, SCHEMA_VERSION)
    return { reader: sqliteLedgerReader(database), close: () => void database.close() }
  } catch (error) {
    database.close()
    throw error
  }
}

/** For commands that give out keys, also before the first start: an empty ledger is made, an older one is not touched. */
export async function openKeyStore(
  options: Pick<NodeLedgerOptions, 'path' | 'migrations' | 'now'>,
): Promise<{ keys: KeyStore; close: () => void }> {
  const database = openForWriting(options.path, LEDGER_PAGE_BYTES)
  try {
    if (schemaVersion(database) === 0) {
      await migrate(database, readMigrations(options.migrations), options.now)
    }
    requireSchema(database, SCHEMA_VERSION)
    return { keys: sqliteKeyStore(database), close: () => void database.close() }
  } catch (error) {
    database.close()
    throw error
  }
}

/** @returns what ends it. */
function keepUp(
  database: Database.Database,
  self: ProcessIdentity,
  ledger: SqliteLedger,
  options: NodeLedgerOptions,
  tellCosts: () => void,
): () => void {
  let isSettling = false
  const timer = setInterval(async () => {
    ledger.keepMark()
    tellCosts()
    if (isSettling) return
    isSettling = true
    await settleTheDead(database, self, options)
    isSettling = false
  }, UPKEEP_MS)
  timer.unref()
  return () => clearInterval(timer)
}

async function settleTheDead(
  database: Database.Database,
  self: ProcessIdentity,
  { now, estimatePrice, warn }: NodeLedgerOptions,
  settle: typeof settleDeadInstances = settleDeadInstances,
): Promise<void> {
  try {
    const observer = { ...self, now: now(), pidRuns }
    const { requests, attempts } = await settle(database, observer, estimatePrice)
    if (requests + attempts === 0) return
    warn(
      `A trimtab ended without settling ${requests} requests and ${attempts} attempts: marked interrupted.`,
    )
  } catch {
    // Locked or broken: the ledger's own writes tell of that, and the next turn tries again.
  }
}

function retire(path: string, instance: number): void {
  try {
    const database = openForWriting(path)
    retireInstance(database, instance)
    database.close()
  } catch {
    // A process found in the table but not running is settled by the next one all the same.
  }
}

function pidRuns(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // Somebody else's process is one that runs.
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

/** Containers may share a host's name, but not their process ids. */
function processHost(): string {
  try {
    return `${hostname()} ${readlinkSync('/proc/self/ns/pid')}`
  } catch {
    return hostname()
  }
}
