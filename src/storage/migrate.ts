/** Brings `ledger.db` forward to the newest schema; only `serve` calls it. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { Failure } from '../errors.ts'

export interface Migration {
  version: number
  name: string
  sql: string
}

/** Numbers of the schemas before and after. */
export interface Migrated {
  from: number
  to: number
  /** Path of the copy; undefined where another process, which migrated at the same time, made it. */
  backup: string | undefined
}

/** Reads `0001_name.sql` … from a folder, in order. */
export function readMigrations(folder: string): readonly Migration[] {
  return readdirSync(folder)
    .filter((file) => /^\d{4}_.+\.sql$/.test(file))
    .sort()
    .map((file) => ({
      version: Number(file.slice(0, 4)),
      name: file.slice(5, -4),
      sql: readFileSync(join(folder, file), 'utf8'),
    }))
}

/** The newest migration applied to a database; 0 where it is empty. */
export function schemaVersion(database: Database.Database): number {
  const table = database.prepare("SELECT 1 FROM sqlite_master WHERE name = 'schema_migrations'").get()
  if (table === undefined) return 0
  const version = database.prepare('SELECT max(version) FROM schema_migrations').pluck().get()
  return typeof version === 'number' ? version : 0
}

/**
 * Applies what is missing, all in one transaction, after a copy of what was there to
 * `<database>.before-000N`, N being the first migration applied.
 * @returns undefined where nothing was missing, or the database was new.
 * @throws Failure `ledger_unavailable` where the database is newer than this program.
 */
export async function migrate(
  database: Database.Database,
  migrations: readonly Migration[],
  now: () => number,
): Promise<Migrated | undefined> {
  const newest = migrations.at(-1)?.version ?? 0
  const before = schemaVersion(database)
  refuseNewer(database, before, newest)
  const first = migrations.find((migration) => migration.version > before)
  if (first === undefined) return undefined
  const backup = before === 0 ? undefined : await backUp(database, before, first.version)
  applyMissing(database, migrations, now())
  return before === 0 ? undefined : { from: before, to: newest, backup }
}

/**
 * For programs that read a ledger and may not migrate it.
 * @throws Failure `ledger_unavailable` where its schema is not the one this program was made for.
 */
export function requireSchema(database: Database.Database, expected: number): void {
  const found = schemaVersion(database)
  refuseNewer(database, found, expected)
  if (found === expected) return
  throw new Failure(
    'ledger_unavailable',
    `The ledger ${database.name} has schema ${found} and this trimtab reads schema ${expected}: start \`trimtab serve\` on its data folder once, which brings it forward.`,
  )
}

function refuseNewer(database: Database.Database, found: number, known: number): void {
  if (found <= known) return
  throw new Failure(
    'ledger_unavailable',
    `The ledger ${database.name} has schema ${found}, written by a newer trimtab, and this one knows schemas up to ${known}: run that newer version, or put back ${database.name}.before-${padded(known + 1)}.`,
  )
}

function applyMissing(database: Database.Database, migrations: readonly Migration[], at: number): void {
  database
    .transaction(() => {
      // Asked again under the lock: another process may have migrated meanwhile.
      const current = schemaVersion(database)
      for (const { version, name, sql } of migrations) {
        if (version <= current) continue
        database.exec(sql)
        database.prepare('INSERT INTO schema_migrations VALUES (?, ?, ?)').run(version, name, at)
      }
    })
    .immediate()
}

/** Copies aside first, so that a half copy never looks like a backup. */
async function backUp(
  database: Database.Database,
  before: number,
  first: number,
): Promise<string | undefined> {
  const target = `${database.name}.before-${padded(first)}`
  const aside = mkdtempSync(`${target}.`)
  const copy = join(aside, 'copy.db')
  try {
    await database.backup(copy)
    // Another process may have migrated meanwhile: its copy is the one of the old schema.
    if (versionOf(copy) !== before && existsSync(target)) return undefined
    renameSync(copy, target)
    return target
  } finally {
    rmSync(aside, { recursive: true, force: true })
  }
}

function versionOf(path: string): number {
  const copy = new Database(path)
  try {
    return schemaVersion(copy)
  } finally {
    copy.close()
  }
}

function padded(version: number): string {
  return String(version).padStart(4, '0')
}
