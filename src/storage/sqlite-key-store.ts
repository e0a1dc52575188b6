/** Keys in `ledger.db`; every look-up asks the table, so that a revocation by another process holds at once. */
import { setTimeout as pause } from 'node:timers/promises'
import Database from 'better-sqlite3'
import type { KeyRecord, KeyStore } from '../access/key-store.ts'
import { Failure } from '../errors.ts'

interface KeyRow {
  id: string
  name: string
  digest: string
  tenant: string
  team: string | null
  models: string | null
  workflows: string | null
  requests_per_minute: number | null
  tokens_per_minute: number | null
  created_at: number
  expires_at: number | null
  revoked_at: number | null
}

/** On a connection that may not wait for locks, a write waits between tries instead: about two seconds in all. */
const RETRY = { times: 200, everyMs: 10 }

export function sqliteKeyStore(database: Database.Database): KeyStore {
  const find = database.prepare<[string], KeyRow>('SELECT * FROM api_keys WHERE id = ?')
  const list = database.prepare<[], KeyRow>('SELECT * FROM api_keys ORDER BY created_at, id')
  const create = database.prepare(`
    INSERT INTO api_keys (id, name, digest, tenant, team, models, workflows, requests_per_minute, tokens_per_minute,
      created_at, expires_at, revoked_at)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`)
  // The first revocation is the one that counts.
  const revoke = database.prepare('UPDATE api_keys SET revoked_at = coalesce(revoked_at, ?) WHERE id = ?')
  return {
    find: async (id) => {
      const row = find.get(id)
      return row === undefined ? undefined : keyRecord(row)
    },
    list: async () => list.all().map(keyRecord),
    create: async (record) => {
      await whenUnlocked(database, create, [
        record.id,
        record.name,
        record.digest,
        record.tenant,
        record.team,
        listJson(record.models),
        listJson(record.workflows),
        record.requestsPerMinute,
        record.tokensPerMinute,
        record.createdAt,
        record.expiresAt,
        record.revokedAt,
      ])
    },
    revoke: async (id, at) => (await whenUnlocked(database, revoke, [at, id])) > 0,
  }
}

/** @returns the rows changed. @throws Failure `ledger_unavailable` where another process keeps the lock. */
async function whenUnlocked(
  database: Database.Database,
  statement: Database.Statement,
  values: readonly unknown[],
): Promise<number> {
  for (let tries = 0; tries < RETRY.times; tries++) {
    try {
      return statement.run(...values).changes
    } catch (error) {
      if (!(error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY'))) throw error
      await pause(RETRY.everyMs)
    }
  }
  throw new Failure(
    'ledger_unavailable',
    `The ledger ${database.name} is kept locked by another process, so the key was not changed: try again later.`,
  )
}

function keyRecord(row: KeyRow): KeyRecord {
  return {
    id: row.id,
    name: row.name,
    digest: row.digest,
    tenant: row.tenant,
    team: row.team ?? undefined,
    models: parsedList(row.models),
    workflows: parsedList(row.workflows),
    requestsPerMinute: row.requests_per_minute ?? undefined,
    tokensPerMinute: row.tokens_per_minute ?? undefined,
    createdAt: row.created_at,
    expiresAt: row.expires_at ?? undefined,
    revokedAt: row.revoked_at ?? undefined,
  }
}

function listJson(list: readonly string[] | undefined): string | null {
  return list === undefined ? null : JSON.stringify(list)
}

function parsedList(json: string | null): readonly string[] | undefined {
  return json === null ? undefined : (JSON.parse(json) as string[])
}
