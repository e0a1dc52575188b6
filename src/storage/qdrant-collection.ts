/** The collection of one embedder in Qdrant: made where it is not there, checked where it is. */
import { createHash } from 'node:crypto'
import type { QdrantClient } from '@qdrant/js-client-rest'
import { IndexUnavailable } from '../vectors/vector-index.ts'
import { PAYLOAD_INDEXES } from './qdrant-points.ts'

/** Vectors of two embedders must never meet, so that ids which differ in what a name cannot hold get a digest. */
export function collectionName(indexName: string, dimensions: number): string {
  const plain = indexName.replace(/[^A-Za-z0-9._-]/g, '_').slice(0, 100)
  const digest = createHash('sha256').update(indexName).digest('hex').slice(0, 8)
  return `trimtab-${plain === indexName ? plain : `${plain}-${digest}`}-${dimensions}`
}

/**
 * Done once by a process; another process may do the same meanwhile.
 * @throws IndexUnavailable where a collection of that name is of another kind; the client's errors else
 */
export async function ensureCollection(
  client: QdrantClient,
  name: string,
  dimensions: number,
): Promise<void> {
  const { exists } = await client.collectionExists(name)
  if (!exists) await create(client, name, dimensions)
  const { config, payload_schema: indexed } = await client.getCollection(name)
  const vectors = config.params.vectors
  if (vectors?.size !== dimensions || vectors.distance !== 'Cosine') {
    throw new IndexUnavailable(
      `its collection ${name} is not one of trimtab's: it should hold ${dimensions} dimensions by cosine`,
    )
  }
  for (const [field, schema] of Object.entries(PAYLOAD_INDEXES)) {
    if (!(field in indexed)) {
      await client.createPayloadIndex(name, { wait: true, field_name: field, field_schema: schema })
    }
  }
}

async function create(client: QdrantClient, name: string, dimensions: number): Promise<void> {
  try {
    await client.createCollection(name, {
      vectors: { size: dimensions, distance: 'Cosine' },
      quantization_config: { scalar: { type: 'int8', always_ram: true } },
      // Every search is within one tenant's partition: graphs of these are built, and none of the whole.
      hnsw_config: { m: 0, payload_m: 16 },
    })
  } catch (error) {
    const { exists } = await client.collectionExists(name)
    if (!exists) throw error // else another process was faster
  }
}
