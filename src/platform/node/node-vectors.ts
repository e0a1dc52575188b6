/** Where the remembered questions of one Node process are found: in `cache.db`, or in Qdrant. */
import type { VectorsSettings } from '../../config/vectors-schema.ts'
import { QdrantIndex } from '../../storage/qdrant-index.ts'
import { SqliteVectorIndex } from '../../storage/sqlite-vector-index.ts'
import type { VectorIndex } from '../../vectors/vector-index.ts'
import { servingCacheDatabase } from './node-cache.ts'
import { qdrantCalls } from './qdrant-calls.ts'

interface NodeVectorsParts {
  settings: VectorsSettings
  dataFolder: string
  embedder: { id: string; dimensions: number }
  /** Unix milliseconds. */
  now: () => number
  warn: (message: string) => void
}

/** Several times within the second in which a purge must hold everywhere. */
const FOLLOW_OTHERS_MS = 400
const SWEEP_MS = 60_000
/** Of following: every 30 s. */
const COUNT_EVERY_TURNS = 75

export interface NodeVectors {
  index: VectorIndex
  /** Remembered questions, as of the last look; undefined before the first. */
  stored(): number | undefined
  close(): Promise<void>
}

export async function openNodeVectors(parts: NodeVectorsParts): Promise<NodeVectors> {
  const { index, follow, stored } = await openIndex(parts)
  const timers = [
    setInterval(follow, FOLLOW_OTHERS_MS),
    setInterval(() => void index.sweep(parts.now()).catch(() => {}), SWEEP_MS),
  ]
  for (const timer of timers) timer.unref()
  return {
    index,
    stored,
    close() {
      for (const timer of timers) clearInterval(timer)
      return index.close()
    },
  }
}

async function openIndex({
  settings,
  dataFolder,
  embedder,
  now,
  warn,
}: NodeVectorsParts): Promise<Omit<NodeVectors, 'close'> & { follow: () => void }> {
  const named = { indexName: embedder.id, dimensions: embedder.dimensions, warn }
  if (settings.use === 'qdrant') {
    const { url, apiKey, timeoutMs } = settings
    const calls = qdrantCalls(url, apiKey)
    const index = new QdrantIndex({ ...named, url, apiKey, timeLimitMs: timeoutMs, calls, now })
    return { index, ...countedNow(index) }
  }
  const { memoryBytes, diskBytes, mostEntries, timeoutMs } = settings
  const database = await servingCacheDatabase(dataFolder, now)
  const bounds = { memoryBytes, diskBytes, mostEntries, timeLimitMs: timeoutMs }
  const index = new SqliteVectorIndex({ ...named, ...bounds, database })
  return { index, follow: () => index.followOthers(), stored: () => index.storedCount }
}

/** Asked behind a request's back, and seldom: another machine counts. */
function countedNow(index: QdrantIndex): Pick<NodeVectors, 'stored'> & { follow: () => void } {
  let stored: number | undefined
  let turns = 0
  return {
    stored: () => stored,
    follow() {
      if (turns++ % COUNT_EVERY_TURNS !== 0) return
      void index.count().then(
        (count) => {
          stored = count
        },
        () => {},
      )
    },
  }
}
