/** All points of a collection, page by page, as entries. */
import type { QdrantClient } from '@qdrant/js-client-rest'
import type { NearestQuery, StoredEntry } from '../vectors/vector-index.ts'
import { partitionFilter, questionIn, storedIn, WITHOUT_ANSWER } from './qdrant-points.ts'

const SCROLLED_AT_ONCE = 100

type Page = Awaited<ReturnType<QdrantClient['scroll']>>

type Options = Parameters<QdrantClient['scroll']>[1]

/** Asks the client, and rejects as its caller wants it told. */
type Patiently = (ask: (client: QdrantClient) => Promise<Page>) => Promise<Page>

export async function* scrolled(collection: string, patiently: Patiently): AsyncGenerator<StoredEntry> {
  for await (const point of points(collection, { with_payload: true }, patiently)) yield* storedIn(point)
}

/** Of one partition, in no order: Qdrant scrolls by ids. */
export async function* scrolledQuestions(
  collection: string,
  scope: Pick<NearestQuery, 'tenant' | 'partition'>,
  patiently: Patiently,
): AsyncGenerator<string> {
  const options = { filter: partitionFilter(scope), with_payload: [...WITHOUT_ANSWER] }
  for await (const point of points(collection, options, patiently)) {
    const question = questionIn(point, scope)
    if (question !== undefined) yield question
  }
}

async function* points(
  collection: string,
  options: Options,
  patiently: Patiently,
): AsyncGenerator<Page['points'][number]> {
  for (let offset: string | undefined; ; ) {
    const from = offset === undefined ? {} : { offset }
    const page = await patiently((client) =>
      client.scroll(collection, { limit: SCROLLED_AT_ONCE, with_vector: false, ...options, ...from }),
    )
    yield* page.points
    if (typeof page.next_page_offset !== 'string') return
    offset = page.next_page_offset
  }
}
