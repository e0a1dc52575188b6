/** A real `routing.db`, and a version as learning writes it. */
import { join } from 'node:path'
import type Database from 'better-sqlite3'
import { migrationsFolder } from '../../src/platform/node/package-files.ts'
import { openForWriting } from '../../src/platform/node/sqlite.ts'
import type { Version } from '../../src/routing/learn/learn-store.ts'
import { migrate, readMigrations } from '../../src/storage/migrate.ts'
import { SqliteLearnStore } from '../../src/storage/sqlite-learn-store.ts'

/** Whoever opens it closes `database`. */
export async function openLearnStore(
  path: string,
): Promise<{ database: Database.Database; store: SqliteLearnStore }> {
  const database = openForWriting(path)
  await migrate(database, readMigrations(join(migrationsFolder(), 'routing')), Date.now)
  return { database, store: new SqliteLearnStore(database, Date.now) }
}

/** In force since `at`, in Unix milliseconds. */
export function versionOf(scheme: string, at: number): Omit<Version, 'number'> {
  return {
    at,
    status: 'in force',
    statusAt: at,
    cut: 0.5,
    calibration: { offset: 1, slope: 2 },
    screen: { from: 0.4, lost: 0.9 },
    figures: {
      fitted: 1,
      tested: 2,
      begun: 0.3,
      lost: 0,
      upper: 0.01,
      alpha: 0.05,
      differing: 0.1,
      before: 0,
    },
    scheme,
  }
}
