/** What Qdrant's double remembers, and how it filters and searches: exactly, in the order of their scores. */

export interface Point {
  id: string
  vector: readonly number[]
  payload: Record<string, unknown>
}

export interface Collection {
  settings: { vectors: { size: number; distance: string } } & Record<string, unknown>
  indexes: Map<string, unknown>
  points: Map<string, Point>
}

interface Condition {
  key?: string
  match?: { value?: unknown }
  range?: { gt?: number; gte?: number; lt?: number; lte?: number }
  has_id?: string[]
}

export interface Filter {
  must?: Condition[]
}

/** As Qdrant's: a list in the payload matches by any of its values. */
export function fits({ id, payload }: Point, { must = [] }: Filter = {}): boolean {
  return must.every(({ key, match, range, has_id: ids }) => {
    if (ids !== undefined) return ids.includes(id)
    const values = [payload[key ?? '']].flat()
    if (match !== undefined) return values.includes(match.value)
    return values.some((value) => typeof value === 'number' && within(value, range ?? {}))
  })
}

/** What a strict Qdrant refuses: a filter on what has no index. */
export function unindexed({ indexes }: Collection, { must = [] }: Filter = {}): string[] {
  return must.flatMap(({ key }) => (key === undefined || indexes.has(key) ? [] : [key]))
}

export function search(
  { points }: Collection,
  query: readonly number[],
  filter: Filter | undefined,
  limit: number,
): { point: Point; score: number }[] {
  return [...points.values()]
    .filter((point) => fits(point, filter))
    .map((point) => ({ point, score: cosine(query, point.vector) }))
    .sort((one, other) => other.score - one.score)
    .slice(0, limit)
}

/** `true`, `false` or the names of those to show. */
export function shown(payload: Record<string, unknown>, selector: unknown): Record<string, unknown> | null {
  if (selector === false) return null
  if (!Array.isArray(selector)) return payload
  return Object.fromEntries(Object.entries(payload).filter(([name]) => selector.includes(name)))
}

function within(value: number, { gt, gte, lt, lte }: NonNullable<Condition['range']>): boolean {
  return (
    (gt === undefined || value > gt) &&
    (gte === undefined || value >= gte) &&
    (lt === undefined || value < lt) &&
    (lte === undefined || value <= lte)
  )
}

function cosine(one: readonly number[], other: readonly number[]): number {
  let [dot, first, second] = [0, 0, 0]
  for (const [index, value] of one.entries()) {
    const opposite = other[index] ?? 0
    dot += value * opposite
    first += value * value
    second += opposite * opposite
  }
  return dot === 0 ? 0 : dot / Math.sqrt(first * second)
}
