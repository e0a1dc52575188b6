/** `knowledge.db` of a data folder, opened and brought forward. */
import { join } from 'node:path'
import type Database from 'better-sqlite3'
import { migrate, readMigrations } from '../../storage/migrate.ts'
import { migrationsFolder } from './package-files.ts'
import { openForWriting } from './sqlite.ts'

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
