/** Opens `routing.db`, and what learns from it: for the process that serves, and for commands beside it. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type Database from 'better-sqlite3'
import { Failure } from '../../errors.ts'
import { featureScheme, type LabelReaders } from '../../routing/learn/label-features.ts'
import type { LearnStore } from '../../routing/learn/learn-store.ts'
import { Learning, type LearningParts } from '../../routing/learn/learning.ts'
import { startAnew } from '../../routing/learn/start-anew.ts'
import { migrate, readMigrations, requireSchema } from '../../storage/migrate.ts'
import { ROUTING_SCHEMA_VERSION, SqliteLearnStore } from '../../storage/sqlite-learn-store.ts'
import { openPrior } from './node-classifier.ts'
import { migrationsFolder } from './package-files.ts'
import type { ShippedModels } from './shipped-models.ts'
import { neverWait, openForReading, openForWriting, waitPatiently } from './sqlite.ts'

export interface LearningSurroundings extends Pick<LearningParts, 'told' | 'failed'> {
  /** What an earlier release learned of this workflow cannot be used. */
  begunAnew(workflow: string): void
  dataFolder: string
  /** The embedders that ship. */
  shipped: Pick<ShippedModels, 'table'>
  /** Unix milliseconds. */
  now: () => number
}

export interface OpenedLearning {
  learning: Learning
  close(): Promise<void>
}

/** Between two slices of a fit: a third of the time is theirs at most. */
const PAUSE_MS = 4

/** @throws Error with a reason in few words */
export async function openLearning({
  dataFolder,
  shipped,
  now,
  told,
  failed,
  begunAnew,
}: LearningSurroundings): Promise<OpenedLearning> {
  const readers = await labelReaders(shipped)
  const database = await openRoutingDatabase(dataFolder, now)
  neverWait(database)
  const store = new SqliteLearnStore(database, now)
  try {
    for (const { workflow } of startAnew(store, featureScheme(readers), now())) begunAnew(workflow)
  } catch (error) {
    // The next start does it: until then fewer labels are taken than might be.
    failed(error)
  }
  const learning = new Learning({
    store,
    readers,
    now,
    elapsedMs: () => performance.now(),
    pause: () => new Promise((resolve) => setTimeout(resolve, PAUSE_MS)),
    told,
    failed,
  })
  return {
    learning,
    async close() {
      await learning.close()
      database.close()
    },
  }
}

/** For reports, beside a process that serves: nothing is written. Undefined where nothing was learned, or it cannot be read. */
export async function readLearnStore<Result>(
  dataFolder: string,
  use: (store: LearnStore) => Result | Promise<Result>,
): Promise<Result | undefined> {
  const path = routingFile(dataFolder)
  if (!existsSync(path)) return undefined
  const database = openForReading(path)
  try {
    requireSchema(database, ROUTING_SCHEMA_VERSION)
    return await use(new SqliteLearnStore(database, Date.now))
  } finally {
    database.close()
  }
}

/** For `explain`: decides as the server would, and writes nothing. Undefined where nothing was learned here yet. */
export async function readLearning(
  dataFolder: string,
  shipped: LearningSurroundings['shipped'],
): Promise<OpenedLearning | undefined> {
  const path = routingFile(dataFolder)
  if (!existsSync(path)) return undefined
  const database = openForReading(path)
  try {
    requireSchema(database, ROUTING_SCHEMA_VERSION)
    const learning = new Learning({
      store: new SqliteLearnStore(database, Date.now),
      readers: await labelReaders(shipped),
      now: Date.now,
      elapsedMs: () => performance.now(),
      pause: () => Promise.resolve(),
      told: () => {},
      failed: () => {},
    })
    return {
      learning,
      async close() {
        database.close()
      },
    }
  } catch (error) {
    database.close()
    throw error
  }
}

/**
 * For `trimtab learning`, beside a process that serves.
 * @throws Failure `not_found` where nothing was learned here
 */
export async function withLearnStore(
  dataFolder: string,
  use: (store: SqliteLearnStore) => number,
): Promise<number> {
  const path = routingFile(dataFolder)
  if (!existsSync(path)) {
    throw new Failure(
      'not_found',
      `Nothing was learned in ${dataFolder} yet: \`route: { learn: on }\` in a policy begins it, or name another data folder with --data.`,
    )
  }
  const database = await openRoutingDatabase(dataFolder, Date.now)
  waitPatiently(database)
  try {
    return use(new SqliteLearnStore(database, Date.now))
  } finally {
    database.close()
  }
}

async function labelReaders(shipped: LearningSurroundings['shipped']): Promise<LabelReaders> {
  const [embedder, prior] = await Promise.all([shipped.table(), openPrior()])
  return { embedder, prior }
}

function routingFile(dataFolder: string): string {
  return join(dataFolder, 'routing.db')
}

async function openRoutingDatabase(dataFolder: string, now: () => number): Promise<Database.Database> {
  const database = openForWriting(routingFile(dataFolder))
  try {
    await migrate(database, readMigrations(join(migrationsFolder(), 'routing')), now)
    database.pragma('wal_autocheckpoint = 1000')
    return database
  } catch (error) {
    database.close()
    throw error
  }
}
