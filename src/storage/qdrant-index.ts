/**
 * The vector index on Qdrant. Collections, writes and deletions go through Qdrant's own client, which is loaded when it is
 * first needed; what a request waits for does not, because the client's `fetch` takes three times the CPU.
 */
import type { QdrantClient } from '@qdrant/js-client-rest'
import {
  IndexUnavailable,
  type NearestQuery,
  type Neighbour,
  type StoredEntry,
  type VectorEntry,
  type VectorFilter,
  type VectorIndex,
} from '../vectors/vector-index.ts'
import { CircuitBreaker } from './circuit-breaker.ts'
import { qdrantAddress } from './qdrant-address.ts'
import { collectionName, ensureCollection } from './qdrant-collection.ts'
import { answerBody, answerIn, expiredBy, filterOf, nearestBody, neighboursIn } from './qdrant-points.ts'
import { scrolled, scrolledQuestions } from './qdrant-scroll.ts'
import { QdrantWriter } from './qdrant-writer.ts'

/** POSTs JSON to a path of Qdrant's; rejects where there is no answer. */
export interface QdrantCalls {
  post(path: string, body: string, signal: AbortSignal): Promise<{ status: number; body: string }>
  close(): Promise<void>
}

export interface QdrantIndexOptions {
  url: string
  apiKey: string | undefined
  /** The embedder's id, and its dimensions: both are part of the collection's name. */
  indexName: string
  dimensions: number
  /** The longest that a lookup waits. */
  timeLimitMs: number
  calls: QdrantCalls
  /** Unix milliseconds. */
  now: () => number
  warn: (message: string) => void
}

const MOST_FAILURES = 5
const PAUSE_MS = 10_000
/** Of what no request waits for. */
const PATIENT_LIMIT_MS = 10_000

export class QdrantIndex implements VectorIndex {
  readonly collection: string
  readonly #options: QdrantIndexOptions
  readonly #path: string
  readonly #breaker = new CircuitBreaker(MOST_FAILURES, PAUSE_MS)
  readonly #writer: QdrantWriter
  #client: Promise<QdrantClient> | undefined
  #toldOfWrites = false

  constructor(options: QdrantIndexOptions) {
    this.#options = options
    this.collection = collectionName(options.indexName, options.dimensions)
    this.#path = `${qdrantAddress(options.url).prefix}/collections/${this.collection}`
    this.#writer = new QdrantWriter(
      (again) => this.#ready(again),
      this.collection,
      (error) => this.#notWritten(error),
    )
  }

  async nearest(query: NearestQuery, signal?: AbortSignal): Promise<readonly Neighbour[]> {
    if (query.vector.length !== this.#options.dimensions || query.count < 1) return []
    return this.#ask('/points/query', nearestBody(query), {
      read: (body) => neighboursIn(body, query),
      nothing: [],
      signal,
    })
  }

  async answerOf(id: string, nowMs: number): Promise<string | undefined> {
    return this.#ask('/points', answerBody(id), {
      read: (body) => answerIn(body, id, nowMs),
      nothing: undefined,
    })
  }

  add(entry: VectorEntry): void {
    if (entry.vector.length === this.#options.dimensions) this.#writer.add(entry)
  }

  async remove(ids: readonly string[]): Promise<number> {
    if (ids.length === 0) return 0
    return this.#patiently(async (client) => {
      const { count } = await client.count(this.collection, {
        filter: { must: [{ has_id: [...ids] }] },
        exact: true,
      })
      await client.delete(this.collection, { wait: true, points: [...ids] })
      return count
    })
  }

  removeWhere(filter: VectorFilter): Promise<number> {
    return this.#removeAll(filterOf(filter))
  }

  sweep(nowMs: number): Promise<number> {
    return this.#removeAll(expiredBy(nowMs))
  }

  async count(filter: VectorFilter = {}): Promise<number> {
    return this.#patiently(async (client) => {
      const { count } = await client.count(this.collection, { filter: filterOf(filter), exact: true })
      return count
    })
  }

  entries(): AsyncIterable<StoredEntry> {
    return scrolled(this.collection, (ask) => this.#patiently(ask))
  }

  questions(scope: Pick<NearestQuery, 'tenant' | 'partition'>): AsyncIterable<string> {
    return scrolledQuestions(this.collection, scope, (ask) => this.#patiently(ask))
  }

  flushed(): Promise<void> {
    return this.#writer.flushed()
  }

  async close(): Promise<void> {
    await this.#writer.close()
    await this.#options.calls.close()
  }

  #removeAll(filter: ReturnType<typeof filterOf>): Promise<number> {
    return this.#patiently(async (client) => {
      const { count } = await client.count(this.collection, { filter, exact: true })
      if (count > 0) await client.delete(this.collection, { wait: true, filter })
      return count
    })
  }

  /**
   * A question within its time limit; `nothing` is the result where there is no collection, which the next write makes.
   * A signal that ends it earlier says nothing of Qdrant.
   */
  async #ask<Result>(
    path: string,
    body: string,
    {
      read,
      nothing,
      signal,
    }: { read: (body: string) => Result; nothing: Result; signal?: AbortSignal | undefined },
  ): Promise<Result> {
    const { calls, now, timeLimitMs } = this.#options
    if (!this.#breaker.mayAsk(now())) throw new IndexUnavailable('Qdrant did not answer a moment ago')
    const controller = new AbortController()
    const giveUp = () => controller.abort()
    const timer = setTimeout(giveUp, timeLimitMs)
    signal?.addEventListener('abort', giveUp, { once: true })
    try {
      const answer = await calls.post(`${this.#path}${path}`, body, controller.signal)
      if (answer.status === 404) this.#client = undefined
      else if (answer.status !== 200) throw new IndexUnavailable(`it answered with status ${answer.status}`)
      const result = answer.status === 404 ? nothing : read(answer.body)
      this.#answered()
      return result
    } catch (error) {
      if (signal?.aborted) this.#breaker.gaveUp()
      else
        this.#unanswered(
          controller.signal.aborted ? `nothing came within ${timeLimitMs} ms` : reasonOf(error),
        )
      throw error instanceof IndexUnavailable
        ? error
        : new IndexUnavailable(reasonOf(error), { cause: error })
    } finally {
      clearTimeout(timer)
      signal?.removeEventListener('abort', giveUp)
    }
  }

  async #patiently<Result>(work: (client: QdrantClient) => Promise<Result>): Promise<Result> {
    await this.flushed()
    try {
      return await work(await this.#ready())
    } catch (error) {
      throw error instanceof IndexUnavailable
        ? error
        : new IndexUnavailable(reasonOf(error), { cause: error })
    }
  }

  /** The client, once the collection is there; `again` looks anew, because somebody may have deleted it. */
  #ready(again = false): Promise<QdrantClient> {
    if (again) this.#client = undefined
    this.#client ??= this.#connect().catch((error: unknown) => {
      this.#client = undefined
      throw error
    })
    return this.#client
  }

  async #connect(): Promise<QdrantClient> {
    const { apiKey, dimensions, url } = this.#options
    const { QdrantClient: Client } = await import('@qdrant/js-client-rest')
    const { origin: _, ...address } = qdrantAddress(url)
    const client = new Client({
      ...address,
      timeout: PATIENT_LIMIT_MS,
      // The check asks behind our back and writes to the console; so does `apiKey` without https.
      checkCompatibility: false,
      headers: apiKey === undefined ? {} : { 'api-key': apiKey },
    })
    await ensureCollection(client, this.collection, dimensions)
    return client
  }

  #answered(): void {
    if (this.#breaker.succeeded()) this.#options.warn(`Qdrant at ${this.#place()} answers again.`)
  }

  #unanswered(reason: string): void {
    if (!this.#breaker.failed(this.#options.now())) return
    this.#options.warn(
      `Qdrant at ${this.#place()} does not answer (${reason}): similar questions are not found until it does.`,
    )
  }

  #notWritten(error: unknown): void {
    if (this.#toldOfWrites) return
    this.#toldOfWrites = true
    this.#options.warn(
      `Qdrant at ${this.#place()} takes no entries (${reasonOf(error)}): new answers are not found by similar questions.`,
    )
  }

  #place(): string {
    return qdrantAddress(this.#options.url).origin
  }
}

/** One line: the client shows whole bodies. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? `: ${error.cause.message}` : ''
  const message = error instanceof Error ? `${error.message}${cause}` : String(error)
  return (message.split('\n')[0] ?? '').slice(0, 200)
}
