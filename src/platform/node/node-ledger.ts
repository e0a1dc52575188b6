/** The ledger of one Node process: migrated, its dead settled, written, read by a thread, closed in the right order. */
import { readlinkSync } from 'node:fs'
import { hostname } from 'node:os'
import { Worker } from 'node:worker_threads'
import type Database from 'better-sqlite3'
import type { KeyStore } from '../../access/key-store.ts'
import type { LedgerReader } from '../../metering/reports.ts'
import {
  type EstimatePrice,
  registerInstance,
  retireInstance,
  settleDeadInstances,
} from '../../storage/instances.ts'
import { sqliteLedgerReader } from '../../storage/ledger-reader.ts'
import { migrate, readMigrations, requireSchema, schemaVersion } from '../../storage/migrate.ts'
import { SCHEMA_VERSION } from '../../storage/schema.ts'
import { sqliteKeyStore } from '../../storage/sqlite-key-store.ts'
import { SqliteLedger } from '../../storage/sqlite-ledger.ts'
import { LedgerThread } from './ledger-thread-client.ts'
import { neverWait, openForReading, openForWriting } from './sqlite.ts'

export interface NodeLedgerOptions {
  /** Path of `ledger.db`; its folder exists. */
  path: string
  /** Folder of the package's `migrations`. */
  migrations: string
  /** The bundled `ledger-thread.js`. */
  threadScript: URL
  /** Unix milliseconds. */
  now: () => number
  /** Prices attempts that a crash cut. */
  estimatePrice: EstimatePrice
  warn: (message: string) => void
}

export interface NodeLedger {
  ledger: SqliteLedger
  reader: LedgerReader
  keys: KeyStore
  close(): Promise<void>
}

/** How often the rows of processes that died meanwhile are looked for. */
const SETTLE_DEAD_MS = 5000

/** For `serve`. @throws Failure `ledger_unavailable` where the ledger cannot be opened or is newer than this program. */
export async function openNodeLedger(options: NodeLedgerOptions): Promise<NodeLedger> {
  const { path, now, warn } = options
  const database = openForWriting(path)
  try {
    await migrate(database, readMigrations(options.migrations), now)
  } catch (error) {
    database.close()
    throw error
  }
  const self = { host: processHost(), pid: process.pid }
  const instance = { id: registerInstance(database, self, now()), ...self }
  const settle = () => settleTheDead(database, instance, options)
  settle()
  neverWait(database)
  const ledger = new SqliteLedger({ database, instance: instance.id, now, warn })
  const reader = new LedgerThread({
    settings: { path, instance },
    start: (settings) => new Worker(options.threadScript, { workerData: settings }),
    warn,
  })
  const timer = setInterval(settle, SETTLE_DEAD_MS)
  timer.unref()
  return {
    ledger,
    reader,
    keys: sqliteKeyStore(database),
    close: async () => {
      clearInterval(timer)
      // The thread first: its heartbeat would enter this process again.
      await reader.stop()
      await ledger.close()
      retire(path, instance.id)
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
  const database = openForWriting(options.path)
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

function settleTheDead(
  database: Database.Database,
  self: { id: number; host: string; pid: number },
  { now, estimatePrice, warn }: NodeLedgerOptions,
): void {
  try {
    const observer = { ...self, now: now(), pidRuns }
    const { requests, attempts } = settleDeadInstances(database, observer, estimatePrice)
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
