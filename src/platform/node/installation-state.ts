/** What an installation holds at the moment, read by a command beside the process that serves: nothing is written. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type Database from 'better-sqlite3'
import type { KeyRecord } from '../../access/key-store.ts'
import type { RememberedAnswer } from '../../cache/exact-store.ts'
import type { BudgetAccount } from '../../metering/budget.ts'
import type { PastBudget } from '../../metering/budget-past.ts'
import { type PastSpend, readPasts } from '../../storage/budget-past.ts'
import { BudgetStatements } from '../../storage/budget-statements.ts'
import { CACHE_SCHEMA_VERSION, exactAnswer } from '../../storage/exact-answer-rows.ts'
import { requireSchema } from '../../storage/migrate.ts'
import { SCHEMA_VERSION } from '../../storage/schema-version.ts'
import { type StoredEvidence, semanticStats } from '../../storage/semantic-stats.ts'
import { sqliteKeyStore } from '../../storage/sqlite-key-store.ts'
import { openForReading } from './sqlite.ts'

export interface InstallationState {
  /** Nano-dollars; 0 where there is no ledger yet. With what `lookBack` found. */
  budgetSpent(account: BudgetAccount): number
  /** Of what is spent: before the budget was there. */
  budgetEarlier(account: BudgetAccount): number
  /** Reads what no server has counted in these budgets yet, because none has run with them. `now` is Unix milliseconds. */
  lookBack(budgets: readonly PastBudget[], now: number): Promise<void>
  remembered(key: string, nowMs: number): RememberedAnswer | undefined
  /** The newest key of that name that is neither revoked nor expired. */
  keyNamed(name: string): Promise<KeyRecord | undefined>
  /** What could not be read, a sentence each. */
  notes: readonly string[]
  close(): void
}

export function openInstallation(dataFolder: string): InstallationState {
  const notes: string[] = []
  const ledger = opened(join(dataFolder, 'ledger.db'), SCHEMA_VERSION, notes)
  const cache = opened(join(dataFolder, 'cache.db'), CACHE_SCHEMA_VERSION, notes)
  const budgets = ledger && new BudgetStatements(ledger)
  const uncounted = new Map<string, readonly PastSpend[]>()
  const uncountedIn = ({ budget, scope, since }: BudgetAccount): number => {
    const spends =
      uncounted.get(budget)?.filter((spend) => spend.scope === scope && spend.period >= since) ?? []
    return spends.reduce((sum, { nanoUsd }) => sum + nanoUsd, 0)
  }
  return {
    budgetSpent: (account) => (budgets?.spent(account) ?? 0) + uncountedIn(account),
    budgetEarlier: (account) => (budgets?.earlier(account) ?? 0) + uncountedIn(account),
    async lookBack(asked, now) {
      if (ledger === undefined) return
      const pasts = await readPasts(ledger, asked, now)
      for (const [index, { id }] of asked.entries()) uncounted.set(id, pasts[index]?.spends ?? [])
    },
    remembered: (key, nowMs) => cache && exactAnswer(cache, key, nowMs),
    async keyNamed(name) {
      const keys = ledger === undefined ? [] : await sqliteKeyStore(ledger).list()
      return keys.findLast((key) => key.name === name && isInForce(key))
    },
    notes,
    close() {
      ledger?.close()
      cache?.close()
    },
  }
}

/** What was learned of hits here; nothing where there is no cache, or none that this program reads. */
export function evidenceIn(dataFolder: string): readonly StoredEvidence[] {
  const cache = opened(join(dataFolder, 'cache.db'), CACHE_SCHEMA_VERSION, [])
  try {
    return cache === undefined ? [] : semanticStats(cache).evidence
  } finally {
    cache?.close()
  }
}

function isInForce({ revokedAt, expiresAt }: KeyRecord): boolean {
  return revokedAt === undefined && (expiresAt === undefined || expiresAt > Date.now())
}

/** Undefined where there is none yet, or none that this program can read: that is noted, and the rest still told. */
function opened(path: string, schema: number, notes: string[]): Database.Database | undefined {
  if (!existsSync(path)) return undefined
  let database: Database.Database | undefined
  try {
    database = openForReading(path)
    requireSchema(database, schema)
    return database
  } catch (error) {
    database?.close()
    const reason = error instanceof Error ? error.message : String(error)
    notes.push(`${path} could not be looked at, as if it were empty: ${reason}`)
    return undefined
  }
}
