/** Keys in `ledger.db`; every look-up asks the table, so that a revocation by another process holds at once. */
import type Database from 'better-sqlite3'
import type { KeyRecord, KeyStore } from '../access/key-store.ts'

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
      create.run(
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
      )
    },
    revoke: async (id, at) => revoke.run(at, id).changes > 0,
  }
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
