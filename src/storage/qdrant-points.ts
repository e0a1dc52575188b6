/** Entries as points of Qdrant, and its answers read back; nothing in an answer is trusted. */
import {
  IndexUnavailable,
  type NearestQuery,
  type Neighbour,
  type StoredEntry,
  type VectorEntry,
  type VectorFilter,
} from '../vectors/vector-index.ts'

/** What is filtered by, and how Qdrant indexes it. */
export const PAYLOAD_INDEXES = {
  tenant: { type: 'keyword', is_tenant: true },
  partition: { type: 'keyword' },
  workflow: { type: 'keyword' },
  key: { type: 'keyword' },
  tags: { type: 'keyword' },
  expires: { type: 'integer', lookup: false, range: true },
} as const

/** Everything but the answer, which is fetched when it is served. */
export const WITHOUT_ANSWER = [
  'tenant',
  'partition',
  'workflow',
  'key',
  'tags',
  'question',
  'created',
  'expires',
]

interface FilterCondition {
  key: string
  match?: { value: string }
  range?: { gt?: number; lte?: number }
}

export interface PointsFilter {
  must: FilterCondition[]
}

export function pointOf(entry: VectorEntry) {
  return {
    id: entry.id,
    vector: shortened(entry.vector),
    payload: {
      tenant: entry.tenant,
      partition: entry.partition,
      workflow: entry.workflow,
      ...(entry.keyName === undefined ? {} : { key: entry.keyName }),
      tags: Object.entries(entry.tags).map(tagWord),
      question: entry.question,
      answer: entry.answer,
      created: entry.createdAtMs,
      expires: entry.expiresAtMs,
    },
  }
}

export function nearestBody({ tenant, partition, vector, count, nowMs }: NearestQuery): string {
  const filter: PointsFilter = {
    must: [equal('tenant', tenant), equal('partition', partition), { key: 'expires', range: { gt: nowMs } }],
  }
  return JSON.stringify({
    query: shortened(vector),
    filter,
    limit: count,
    with_payload: WITHOUT_ANSWER,
    params: { quantization: { rescore: true } },
  })
}

export function answerBody(id: string): string {
  return JSON.stringify({ ids: [id], with_payload: ['answer', 'expires'], with_vector: false })
}

export function filterOf({ tenant, workflow, keyName, tags = {} }: VectorFilter): PointsFilter {
  const must: FilterCondition[] = []
  if (tenant !== undefined) must.push(equal('tenant', tenant))
  if (workflow !== undefined) must.push(equal('workflow', workflow))
  if (keyName !== undefined) must.push(equal('key', keyName))
  for (const tag of Object.entries(tags)) must.push(equal('tags', tagWord(tag)))
  return { must }
}

export function partitionFilter({
  tenant,
  partition,
}: Pick<NearestQuery, 'tenant' | 'partition'>): PointsFilter {
  return { must: [equal('tenant', tenant), equal('partition', partition)] }
}

/** Of a point with its labels: its question, where it is of that partition, whatever the filter let through. */
export function questionIn(
  point: unknown,
  { tenant, partition }: Pick<NearestQuery, 'tenant' | 'partition'>,
): string | undefined {
  const labels = labelsIn(point)
  return labels?.tenant === tenant && labels.partition === partition ? labels.question : undefined
}

export function expiredBy(nowMs: number): PointsFilter {
  return { must: [{ key: 'expires', range: { lte: nowMs } }] }
}

/** Those of this tenant and partition that have not expired, whatever the filter let through. @throws IndexUnavailable */
export function neighboursIn(body: string, { tenant, partition, nowMs, count }: NearestQuery): Neighbour[] {
  const points = member(resultOf(body), 'points')
  if (!Array.isArray(points)) throw garbage()
  return points
    .flatMap((point) => neighbour(point) ?? [])
    .filter((found) => found.tenant === tenant && found.partition === partition && found.expiresAtMs > nowMs)
    .sort((one, other) => other.similarity - one.similarity)
    .slice(0, count)
}

/** @throws IndexUnavailable */
export function answerIn(body: string, id: string, nowMs: number): string | undefined {
  const points = resultOf(body)
  if (!Array.isArray(points)) throw garbage()
  const payload = member(
    points.find((point) => member(point, 'id') === id),
    'payload',
  )
  const [answer, expires] = [member(payload, 'answer'), member(payload, 'expires')]
  return typeof answer === 'string' && typeof expires === 'number' && expires > nowMs ? answer : undefined
}

/** Of a point with its whole payload: none where it is not one of ours. */
export function storedIn(point: unknown): readonly StoredEntry[] {
  const labels = labelsIn(point)
  const answer = member(member(point, 'payload'), 'answer')
  return labels === undefined || typeof answer !== 'string' ? [] : [{ ...labels, answer }]
}

function neighbour(point: unknown): Neighbour | undefined {
  const labels = labelsIn(point)
  const similarity = member(point, 'score')
  if (labels === undefined || typeof similarity !== 'number' || !(Math.abs(similarity) <= 1.01))
    return undefined
  return { ...labels, similarity }
}

function labelsIn(point: unknown): Omit<Neighbour, 'similarity'> | undefined {
  const payload = member(point, 'payload')
  const id = member(point, 'id')
  const { tenant, partition, workflow, key, tags, question, created, expires } = Object(payload) as Record<
    string,
    unknown
  >
  if (typeof id !== 'string') return undefined
  if (typeof tenant !== 'string' || typeof partition !== 'string' || typeof workflow !== 'string')
    return undefined
  if (typeof question !== 'string' || typeof created !== 'number' || typeof expires !== 'number')
    return undefined
  return {
    id,
    tenant,
    partition,
    workflow,
    keyName: typeof key === 'string' ? key : undefined,
    tags: tagsIn(tags),
    question,
    createdAtMs: created,
    expiresAtMs: expires,
  }
}

function resultOf(body: string): unknown {
  try {
    return member(JSON.parse(body), 'result')
  } catch {
    throw garbage()
  }
}

function garbage(): IndexUnavailable {
  return new IndexUnavailable('its answer is not one of Qdrant')
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined
}

function equal(key: string, value: string): FilterCondition {
  return { key, match: { value } }
}

/** One word, so that an index of words finds it: whatever is in the name, it is not taken for another's value. */
function tagWord([name, value]: readonly [string, string]): string {
  return JSON.stringify([name, value])
}

function tagsIn(words: unknown): Record<string, string> {
  if (!Array.isArray(words)) return {}
  return Object.fromEntries(
    words.flatMap((word) => {
      try {
        const [name, value] = JSON.parse(word)
        return typeof name === 'string' && typeof value === 'string' ? [[name, value]] : []
      } catch {
        return []
      }
    }),
  )
}

/** Seven digits are all that a 32-bit number has: half the bytes, and half the time to write and read them. */
function shortened(vector: Float32Array): number[] {
  return Array.from(vector, (value) => Math.round(value * 1e7) / 1e7)
}
