/** The port to what finds the remembered questions nearest to a new one: embedded (`cache.db`), or Qdrant. */

/** What an entry is found, filtered and deleted by, beside its vector. */
export interface VectorLabels {
  tenant: string
  /** Hex SHA-256 of everything in a request but its last user text. */
  partition: string
  workflow: string
  /** Name of the key that brought it; undefined in open mode. */
  keyName: string | undefined
  tags: Readonly<Record<string, string>>
}

export interface VectorEntry extends VectorLabels {
  /** A UUID: Qdrant takes no other. */
  id: string
  /** Of unit length, by the embedder that the index is named after. */
  vector: Float32Array
  /** The last user text, by which vetoes and verifier judge. */
  question: string
  /** The remembered answer, as the cache writes it; opaque here. */
  answer: string
  createdAtMs: number
  expiresAtMs: number
}

export interface NearestQuery {
  tenant: string
  partition: string
  vector: Float32Array
  /** How many at most. */
  count: number
  nowMs: number
}

/** What somebody made of an entry's question, who compares it often: kept as long as the index keeps the entry at hand. */
export interface EntryNotes {
  reading?: unknown
}

/** An entry without its answer, which is fetched only when it is served. */
export interface Neighbour extends VectorLabels {
  id: string
  /** Cosine, -1 to 1. */
  similarity: number
  question: string
  createdAtMs: number
  expiresAtMs: number
  /** The same for each find of the entry; of indexes that keep none at hand undefined. */
  notes?: EntryNotes
}

/** As it is stored, but for its vector: that is made again from the question. */
export type StoredEntry = Omit<VectorEntry, 'vector'>

/** An id and a vector are made of its question. */
export type NewEntry = Omit<StoredEntry, 'id'>

/** Which entries `removeWhere` takes: those that fit all that is given. */
export interface VectorFilter {
  tenant?: string | undefined
  workflow?: string | undefined
  keyName?: string | undefined
  tags?: Readonly<Record<string, string>> | undefined
}

/**
 * Entries of one embedder. Nothing here may cost a caller more than the index's own time limit: what is not found in time
 * is not found.
 */
export interface VectorIndex {
  /** Nearest first, expired ones left out. @throws IndexUnavailable */
  nearest(query: NearestQuery, signal?: AbortSignal): Promise<readonly Neighbour[]> | readonly Neighbour[]
  /** Undefined where it is gone or has expired. @throws IndexUnavailable */
  answerOf(id: string, nowMs: number): Promise<string | undefined> | string | undefined
  /** Written behind the caller's back, in batches; an entry of the same id is replaced. */
  add(entry: VectorEntry): void
  remove(ids: readonly string[]): Promise<number>
  removeWhere(filter: VectorFilter): Promise<number>
  /** Deletes what has expired; how many. */
  sweep(nowMs: number): Promise<number>
  count(filter?: VectorFilter): Promise<number>
  /** Every one, expired ones too, in no order; what is written or removed meanwhile may be among them or not. */
  entries(): AsyncIterable<StoredEntry>
  /** What was asked in one partition, the newest first where the store has an order, page by page; expired ones too. */
  questions(scope: Pick<NearestQuery, 'tenant' | 'partition'>): AsyncIterable<string>
  /** Until all that was added is stored. */
  flushed(): Promise<void>
  close(): Promise<void>
}

/** The index cannot be asked: a miss, never a caller's error. */
export class IndexUnavailable extends Error {}
