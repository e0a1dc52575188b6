/** The cache of one Node process: `cache.db` beside the ledger. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type Database from 'better-sqlite3'
import type { ExactStore } from '../../cache/exact-store.ts'
import { MemoryExactStore } from '../../cache/memory-exact-store.ts'
import { Failure } from '../../errors.ts'
import { migrate, readMigrations } from '../../storage/migrate.ts'
import { SqliteExactStore } from '../../storage/sqlite-exact-store.ts'
import { openDataFolder } from './data-folder.ts'
import { migrationsFolder } from './package-files.ts'
import { neverWait, openForWriting, waitPatiently } from './sqlite.ts'

const MEMORY_BYTES = 64 * 1024 * 1024
export const CACHE_DISK_BYTES = 1024 * 1024 * 1024
/** Several times within the second in which a purge must hold everywhere. */
const FOLLOW_PURGES_MS = 400

export interface NodeCache {
  exactStore: ExactStore
  close(): void
}

/** A cache that cannot be opened costs hits, never a start: answers are then remembered in memory alone. */
export async function openNodeCache(
  dataFolder: string,
  now: () => number,
  warn: (message: string) => void,
): Promise<NodeCache> {
  try {
    const database = await servingCacheDatabase(dataFolder, now)
    const store = new SqliteExactStore({
      database,
      memoryBytes: MEMORY_BYTES,
      diskBytes: CACHE_DISK_BYTES,
      now,
      warn,
    })
    const timer = setInterval(() => void store.followPurges(), FOLLOW_PURGES_MS)
    timer.unref()
    return {
      exactStore: store,
      close() {
        clearInterval(timer)
        store.close()
      },
    }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    warn(`The cache on disk cannot be used (${reason}): repeats are answered from memory alone.`)
    return { exactStore: new MemoryExactStore(MEMORY_BYTES), close() {} }
  }
}

/**
 * For `trimtab cache`. `make`: a cache that is not there is made.
 * @throws Failure `not_found` where no trimtab has remembered anything here
 */
export async function withCacheDatabase(
  dataFolder: string,
  make: boolean,
  use: (database: Database.Database) => number | Promise<number>,
): Promise<number> {
  const path = join(dataFolder, 'cache.db')
  if (make) openDataFolder(dataFolder)
  else if (!existsSync(path)) {
    throw new Failure(
      'not_found',
      `There is no cache at ${path}: name the data folder of a trimtab with --data.`,
    )
  }
  const database = await openCacheDatabase(dataFolder, Date.now)
  waitPatiently(database)
  try {
    return await use(database)
  } finally {
    database.close()
  }
}

/** A connection of its own for requests: it waits for no lock. @throws where the file cannot be used */
export async function servingCacheDatabase(
  dataFolder: string,
  now: () => number,
): Promise<Database.Database> {
  const database = await openCacheDatabase(dataFolder, now)
  neverWait(database)
  database.pragma('wal_autocheckpoint = 1000')
  return database
}

async function openCacheDatabase(dataFolder: string, now: () => number): Promise<Database.Database> {
  const database = openForWriting(join(dataFolder, 'cache.db'))
  try {
    await migrate(database, readMigrations(join(migrationsFolder(), 'cache')), now)
    return database
  } catch (error) {
    database.close()
    throw error
  }
}
