/** All points of a collection, page by page, as entries. */
import type { QdrantClient } from '@qdrant/js-client-rest'
import type { StoredEntry } from '../vectors/vector-index.ts'
import { storedIn } from './qdrant-points.ts'

const SCROLLED_AT_ONCE = 100

type Page = Awaited<ReturnType<QdrantClient['scroll']>>

/** `patiently` asks the client, and rejects as its caller wants it told. */
export async function* scrolled(
  collection: string,
  patiently: (ask: (client: QdrantClient) => Promise<Page>) => Promise<Page>,
): AsyncGenerator<StoredEntry> {
  for (let offset: string | undefined; ; ) {
    const from = offset === undefined ? {} : { offset }
    const page = await patiently((client) =>
      client.scroll(collection, { limit: SCROLLED_AT_ONCE, with_payload: true, with_vector: false, ...from }),
    )
    for (const point of page.points) yield* storedIn(point)
    if (typeof page.next_page_offset !== 'string') return
    offset = page.next_page_offset
  }
}
