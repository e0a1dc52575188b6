/** Whose spending a budget counts a request as, told by its row in the ledger: as `gateway/limits/budgets.ts` tells it of the request. */
import type Database from 'better-sqlite3'
import type { PastRow } from './budget-past.ts'

type Labels = Pick<PastRow, 'tenant' | 'team' | 'keyName' | 'user' | 'tags' | 'startedAt'>

interface KeyRow {
  id: string
  name: string
  created_at: number
}

/** `each` as the budget has it; empty scopes for rows without one. */
export function pastScope(database: Database.Database, each: string | undefined): (row: Labels) => string {
  switch (each) {
    case undefined:
      return () => ''
    case 'key':
      return keyScope(database)
    case 'team':
      return ({ team }) => team ?? ''
    case 'tenant':
      return ({ tenant }) => tenant
    case 'user':
      return ({ user }) => user ?? ''
    default: {
      const tag = each.slice('tag:'.length)
      return ({ tags }) => (tags === null ? '' : tagIn(JSON.parse(tags), tag))
    }
  }
}

/** The ledger has a key's name, which another may have had before: it was the newest of that name at the time. */
function keyScope(database: Database.Database): (row: Labels) => string {
  const byName = new Map<string, KeyRow[]>()
  const keys = database
    .prepare<[], KeyRow>('SELECT id, name, created_at FROM api_keys ORDER BY created_at')
    .all()
  for (const key of keys) byName.set(key.name, [...(byName.get(key.name) ?? []), key])
  return ({ keyName, startedAt }) => {
    if (keyName === null) return ''
    const named = byName.get(keyName) ?? []
    const key = named.findLast(({ created_at }) => created_at <= startedAt) ?? named[0]
    return key === undefined ? keyName : `${key.name} ${key.id}`
  }
}

function tagIn(tags: Readonly<Record<string, string>>, name: string): string {
  return Object.hasOwn(tags, name) ? (tags[name] ?? '') : ''
}
