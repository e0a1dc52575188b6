/** Where the vectors of passages are: in `knowledge.db`, or in Qdrant. */
import type { VectorsSettings } from '../../config/vectors-schema.ts'
import { QdrantIndex } from '../../storage/qdrant-index.ts'
import { SqliteVectorIndex } from '../../storage/sqlite-vector-index.ts'
import type { VectorIndex } from '../../vectors/vector-index.ts'
import { openKnowledgeDatabase } from './knowledge-database.ts'
import { qdrantCalls } from './qdrant-calls.ts'

interface PassageVectorsParts {
  settings: VectorsSettings
  dataFolder: string
  embedder: { id: string; dimensions: number }
  /** Unix milliseconds. */
  now: () => number
  warn: (message: string) => void
}

/** Several times within the second in which a passage that was added must be found. */
const FOLLOW_OTHERS_MS = 400

/** Passages do not expire. */
export const NEVER_MS = Number.MAX_SAFE_INTEGER

/** @throws where they cannot be opened */
export async function openPassageVectors(parts: PassageVectorsParts): Promise<VectorIndex> {
  const { settings, embedder, now, warn } = parts
  const named = { indexName: `passages-${embedder.id}`, dimensions: embedder.dimensions, warn }
  if (settings.use === 'qdrant') {
    const { url, apiKey, timeoutMs } = settings
    return new QdrantIndex({
      ...named,
      url,
      apiKey,
      timeLimitMs: timeoutMs,
      calls: qdrantCalls(url, apiKey),
      now,
    })
  }
  const database = await openKnowledgeDatabase(parts.dataFolder, now)
  // What an operator added is never dropped for others.
  const bounds = { diskBytes: Number.POSITIVE_INFINITY, mostEntries: Number.POSITIVE_INFINITY }
  const { memoryBytes, timeoutMs: timeLimitMs } = settings
  const index = new SqliteVectorIndex({ ...named, ...bounds, memoryBytes, timeLimitMs, database })
  const timer = setInterval(() => index.followOthers(), FOLLOW_OTHERS_MS)
  timer.unref()
  return closingWith(index, () => clearInterval(timer))
}

function closingWith(index: SqliteVectorIndex, first: () => void): VectorIndex {
  const close = index.close.bind(index)
  index.close = async () => {
    first()
    await close()
  }
  return index
}
