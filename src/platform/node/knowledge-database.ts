/** `knowledge.db` of a data folder, opened and brought forward. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type Database from 'better-sqlite3'
import { migrate, readMigrations } from '../../storage/migrate.ts'
import { migrationsFolder } from './package-files.ts'
import { openForReading, openForWriting } from './sqlite.ts'

const CHECKPOINT_PAGES = 1000

export function knowledgeFile(dataFolder: string): string {
  return join(dataFolder, 'knowledge.db')
}

/** @throws where the file cannot be used */
export async function openKnowledgeDatabase(
  dataFolder: string,
  now: () => number,
): Promise<Database.Database> {
  const database = openForWriting(knowledgeFile(dataFolder))
  try {
    await migrate(database, readMigrations(join(migrationsFolder(), 'knowledge')), now)
    database.pragma(`wal_autocheckpoint = ${CHECKPOINT_PAGES}`)
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

/** Names of those that hold passages, as far as this program can read them; nothing is made or brought forward. */
export function collectionsIn(dataFolder: string): readonly string[] {
  if (!existsSync(knowledgeFile(dataFolder))) return []
  const database = openForReading(knowledgeFile(dataFolder))
  try {
    return database
      .prepare<[], string>('SELECT DISTINCT name FROM collections WHERE passages > 0 ORDER BY name')
      .pluck()
      .all()
  } catch {
    return []
  } finally {
    database.close()
  }
}
