/** The semantic cache of an installation, asked by a command beside the process that serves: nothing is written. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type Database from 'better-sqlite3'
import { Evidence } from '../../cache/semantic/evidence.ts'
import { type EvidenceStore, MemoryEvidenceStore } from '../../cache/semantic/evidence-store.ts'
import { SemanticCache } from '../../cache/semantic/semantic-cache.ts'
import type { Config } from '../../config.ts'
import type { Embedder } from '../../embedding/embedder.ts'
import { CACHE_SCHEMA_VERSION } from '../../storage/exact-answer-rows.ts'
import { requireSchema } from '../../storage/migrate.ts'
import { QdrantIndex } from '../../storage/qdrant-index.ts'
import { SqliteEvidenceStore } from '../../storage/sqlite-evidence-store.ts'
import { SqliteVectorIndex } from '../../storage/sqlite-vector-index.ts'
import { MemoryVectorIndex } from '../../vectors/memory-vector-index.ts'
import type { VectorIndex } from '../../vectors/vector-index.ts'
import { idOf, openContextual } from './open-semantic.ts'
import { qdrantCalls } from './qdrant-calls.ts'
import type { ShippedModels } from './shipped-models.ts'
import { openForReading } from './sqlite.ts'
import { UndiciTransport } from './undici-transport.ts'

export interface SemanticReading {
  cache: SemanticCache
  close(): Promise<void>
}

/** Nobody waits for an answer meanwhile. */
const PATIENT_MS = 10_000
/** A model is loaded within so long, or does not confirm. */
const LOADED_WITHIN_MS = 30_000
const TRY_AGAIN_MS = 250
const SOME_BYTES = 1024 * 1024

/** @throws where a part of it cannot be opened */
export async function openSemanticReading(
  config: Config,
  environment: NodeJS.ProcessEnv,
  shipped: ShippedModels,
): Promise<SemanticReading> {
  const instant = await shipped.table()
  const network = new UndiciTransport()
  const quiet = { info: () => {}, warn: () => {} }
  const contextual = await openContextual({ config, network, shipped, environment, ...quiet })
  if (contextual !== undefined) await loaded(contextual.embedder)
  const database = openCache(config.data)
  const store = storeOf(database)
  const index = indexOf(config, instant, database)
  const evidence = new Evidence(store, contextual?.embedder.id ?? instant.id, Date.now)
  const parts = {
    instant,
    contextual: contextual?.embedder,
    index,
    evidence,
    now: Date.now,
    random: Math.random,
    idOf,
  }
  return {
    cache: new SemanticCache(parts),
    async close() {
      await contextual?.stop()
      if (store instanceof SqliteEvidenceStore) store.close()
      await index.close()
      database?.close()
      await network.close()
    },
  }
}

/** Undefined where nothing was remembered yet. @throws where this program cannot read it */
function openCache(dataFolder: string): Database.Database | undefined {
  const path = join(dataFolder, 'cache.db')
  if (!existsSync(path)) return undefined
  const database = openForReading(path)
  try {
    requireSchema(database, CACHE_SCHEMA_VERSION)
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

function storeOf(database: Database.Database | undefined): EvidenceStore {
  return database === undefined ? new MemoryEvidenceStore() : new SqliteEvidenceStore(database, Date.now)
}

function indexOf(
  { vectors }: Config,
  { id: indexName, dimensions }: { id: string; dimensions: number },
  database: Database.Database | undefined,
): VectorIndex {
  const shared = { indexName, dimensions, warn: () => {}, timeLimitMs: PATIENT_MS }
  if (vectors.use === 'qdrant') {
    const { url, apiKey } = vectors
    return new QdrantIndex({ ...shared, url, apiKey, calls: qdrantCalls(url, apiKey), now: Date.now })
  }
  if (database === undefined) return new MemoryVectorIndex(dimensions, SOME_BYTES, 1)
  const { memoryBytes, diskBytes, mostEntries } = vectors
  return new SqliteVectorIndex({ ...shared, memoryBytes, diskBytes, mostEntries, database })
}

/** A lookup waits for no model that is being loaded; this does. */
async function loaded(embedder: Embedder): Promise<void> {
  const end = performance.now() + LOADED_WITHIN_MS
  while (performance.now() < end) {
    const vectors = await embedder.embed(['a question']).catch(() => undefined)
    if (vectors !== undefined) return
    await new Promise((resolve) => setTimeout(resolve, TRY_AGAIN_MS))
  }
}
