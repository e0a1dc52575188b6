/** Rows for tests of the ledger, and a database to put them in. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type Database from 'better-sqlite3'
import type {
  AttemptOpened,
  AttemptSettled,
  RequestOpened,
  RequestSettled,
} from '../../src/metering/ledger.ts'
import { requestIdBound } from '../../src/metering/request-id.ts'
import { noTokens } from '../../src/metering/tokens.ts'
import {
  LEDGER_PAGE_BYTES,
  neverWait,
  openForReading,
  openForWriting,
} from '../../src/platform/node/sqlite.ts'
import { type ProcessIdentity, registerInstance } from '../../src/storage/instances.ts'
import { LedgerStatements } from '../../src/storage/ledger-statements.ts'
import { migrate, readMigrations } from '../../src/storage/migrate.ts'
import { OpenRequests } from '../../src/storage/open-requests.ts'
import { SqliteLedger } from '../../src/storage/sqlite-ledger.ts'

export const MIGRATIONS = fileURLToPath(new URL('../../migrations', import.meta.url))
export const NOON = Date.parse('2026-11-25T12:00:00Z')

/** An id as a request of that instant has it, told apart by a label; labels of the same length sort as they are. */
export function idOf(label: string | number, at = NOON): string {
  const text = String(label)
  return requestIdBound(at).slice(0, -text.length) + text
}

export function request(id: string, given: Partial<RequestOpened> = {}): RequestOpened {
  return {
    id,
    at: NOON,
    tenant: 'default',
    team: undefined,
    keyName: undefined,
    user: undefined,
    workflow: 'support',
    step: undefined,
    session: undefined,
    tags: {},
    endpoint: 'chat/completions',
    modelAsked: 'auto',
    rule: undefined,
    stream: false,
    ...given,
  }
}

export function attempt(requestId: string, given: Partial<AttemptOpened> = {}): AttemptOpened {
  return {
    requestId,
    ordinal: 0,
    provider: 'openai',
    model: 'gpt-5.5',
    replica: 'openai/api.openai.com/default',
    account: 'default',
    tier: 'large',
    startedAt: NOON,
    estimatedInputTokens: 11,
    ...given,
  }
}

export function attemptSettled(requestId: string, given: Partial<AttemptSettled> = {}): AttemptSettled {
  return {
    requestId,
    ordinal: 0,
    outcome: 'answered',
    status: 200,
    tokens: { ...noTokens(), input: 100, output: 20 },
    usage: 'reported',
    costNanoUsd: 1_500_000,
    priceVersion: 'prices-1',
    firstChunkMs: 200,
    totalMs: 900,
    ...given,
  }
}

export function requestSettled(id: string, given: Partial<RequestSettled> = {}): RequestSettled {
  return {
    id,
    status: 200,
    error: undefined,
    tier: 'large',
    cache: 'miss',
    baselineNanoUsd: undefined,
    shadow: undefined,
    semanticWrong: undefined,
    firstChunkMs: 210,
    totalMs: 950,
    decision: {
      version: 1,
      policy: { workflow: 'support', digest: '0123456789abcdef' },
      facts: { tokens: 120 },
      rule: 'easy',
      candidates: [{ target: 'openai/gpt-5.5', tier: 'large' }],
      attempts: [],
      edits: ['model'],
      reasons: [],
    },
    ...given,
  }
}

export function temporaryFolder(): { path: string; remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), 'trimtab-ledger-'))
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}

export async function migratedDatabase(path: string): Promise<Database.Database> {
  const database = openForWriting(path, LEDGER_PAGE_BYTES)
  await migrate(database, readMigrations(MIGRATIONS), () => NOON)
  return database
}

export async function openLedger(
  path: string,
  warn: (message: string) => void = () => {},
): Promise<{ ledger: SqliteLedger; database: Database.Database; self: ProcessIdentity }> {
  const database = await migratedDatabase(path)
  const self = registerInstance(database, { host: 'here', pid: process.pid }, NOON)
  neverWait(database)
  const ledger = new SqliteLedger({ database, self, now: Date.now, warn })
  return { ledger, database, self }
}

/** A ledger in a folder of its own, written and read as its upkeep does. */
export async function ledgerInParts(): Promise<{
  writing: Database.Database
  reading: Database.Database
  statements: LedgerStatements
  remove: () => void
}> {
  const folder = temporaryFolder()
  const path = join(folder.path, 'ledger.db')
  const writing = await migratedDatabase(path)
  const reading = openForReading(path)
  const self = registerInstance(writing, { host: 'here', pid: 1 }, NOON)
  const statements = new LedgerStatements(writing, self, new OpenRequests())
  const remove = () => {
    reading.close()
    writing.close()
    folder.remove()
  }
  return { writing, reading, statements, remove }
}
