/** Qdrant's operations that trimtab uses, on the double's store. */
import { type Collection, type Filter, fits, search, shown, unindexed } from './store.ts'

/** Told to the caller as Qdrant tells it. */
export class Refused extends Error {
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

interface Call {
  collections: Map<string, Collection>
  name: string
  body: Record<string, unknown>
  /** Answers as if no filter had been given. */
  ignoreFilters: boolean
}

interface Scroll {
  limit?: number
  offset?: string
  with_payload?: unknown
}

export type Operation = (call: Call) => unknown

const COMPLETED = { operation_id: 0, status: 'completed' }

/** By method and path. */
export const OPERATIONS: Readonly<Record<string, Operation>> = {
  'GET /collections/{collection_name}/exists': ({ collections, name }) => ({ exists: collections.has(name) }),
  'GET /collections/{collection_name}': (call) => described(existing(call)),
  'PUT /collections/{collection_name}': ({ collections, name, body }) => {
    if (collections.has(name)) throw new Refused(409, `Wrong input: Collection \`${name}\` already exists!`)
    const settings = body as Collection['settings']
    collections.set(name, { settings, indexes: new Map(), points: new Map() })
    return true
  },
  'DELETE /collections/{collection_name}': ({ collections, name }) => collections.delete(name),
  'PUT /collections/{collection_name}/index': (call) => {
    existing(call).indexes.set(String(call.body.field_name), call.body.field_schema)
    return COMPLETED
  },
  'PUT /collections/{collection_name}/points': upsert,
  'POST /collections/{collection_name}/points': (call) => {
    const { ids, with_payload } = call.body as { ids: string[]; with_payload?: unknown }
    const { points } = existing(call)
    return ids.flatMap((id) => {
      const point = points.get(id)
      return point === undefined ? [] : [{ id, payload: shown(point.payload, with_payload ?? true) }]
    })
  },
  'POST /collections/{collection_name}/points/query': (call) => {
    const {
      query,
      limit = 10,
      with_payload = false,
    } = call.body as { query: number[]; limit?: number; with_payload?: unknown }
    const collection = existing(call)
    sized(collection, query)
    const found = search(collection, query, call.ignoreFilters ? undefined : filterOf(call), limit)
    return {
      points: found.map(({ point, score }) => ({
        id: point.id,
        version: 1,
        score,
        payload: shown(point.payload, with_payload),
      })),
    }
  },
  'POST /collections/{collection_name}/points/delete': (call) => {
    const { points: ids } = call.body as { points?: string[] }
    const filter = ids === undefined ? filterOf(call) : undefined
    const { points } = existing(call)
    for (const point of [...points.values()]) {
      if (ids === undefined ? fits(point, filter) : ids.includes(point.id)) points.delete(point.id)
    }
    return COMPLETED
  },
  'POST /collections/{collection_name}/points/scroll': (call) => {
    const { limit = 10, offset, with_payload = true } = call.body as Scroll
    const all = [...existing(call).points.values()].sort((one, other) => (one.id < other.id ? -1 : 1))
    const from = offset === undefined ? 0 : all.findIndex(({ id }) => id >= offset)
    const points = all.slice(from, from + limit).map(({ id, payload }) => ({
      id,
      payload: shown(payload, with_payload),
    }))
    return { points, next_page_offset: all[from + limit]?.id ?? null }
  },
  'POST /collections/{collection_name}/points/count': (call) => {
    const filter = filterOf(call)
    return { count: [...existing(call).points.values()].filter((point) => fits(point, filter)).length }
  },
}

function upsert(call: Call): unknown {
  const { points } = call.body as {
    points: { id: string; vector: number[]; payload: Record<string, unknown> }[]
  }
  const collection = existing(call)
  for (const point of points) sized(collection, point.vector)
  for (const point of points) collection.points.set(point.id, { ...point })
  return COMPLETED
}

function existing({ collections, name }: Call): Collection {
  const found = collections.get(name)
  if (found === undefined) throw new Refused(404, `Not found: Collection \`${name}\` doesn't exist!`)
  return found
}

function filterOf(call: Call): Filter | undefined {
  const { filter } = call.body as { filter?: Filter }
  const missing = unindexed(existing(call), filter)
  if (missing.length > 0)
    throw new Refused(400, `Bad request: Index required but not found for "${missing[0]}"`)
  return filter
}

function sized({ settings }: Collection, vector: readonly number[]): void {
  const { size } = settings.vectors
  if (vector.length !== size) {
    throw new Refused(400, `Wrong input: Vector dimension error: expected dim: ${size}, got ${vector.length}`)
  }
}

function described({ settings, indexes, points }: Collection): unknown {
  const { vectors, hnsw_config: graph, quantization_config: quantization } = settings
  return {
    status: 'green',
    optimizer_status: 'ok',
    indexed_vectors_count: 0,
    points_count: points.size,
    segments_count: 2,
    config: {
      params: {
        vectors,
        shard_number: 1,
        replication_factor: 1,
        write_consistency_factor: 1,
        on_disk_payload: true,
      },
      hnsw_config: { m: 16, ef_construct: 100, full_scan_threshold: 10_000, ...(graph as object) },
      optimizer_config: {
        deleted_threshold: 0.2,
        vacuum_min_vector_number: 1000,
        default_segment_number: 2,
        flush_interval_sec: 5,
      },
      wal_config: { wal_capacity_mb: 32, wal_segments_ahead: 0 },
      quantization_config: quantization ?? null,
    },
    payload_schema: Object.fromEntries(
      [...indexes].map(([field, params]) => [
        field,
        { data_type: (params as { type: string }).type, params, points: points.size },
      ]),
    ),
  }
}
