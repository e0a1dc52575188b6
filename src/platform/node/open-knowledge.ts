/** Opens the documents of an installation to be asked: by the server, and by commands beside it. */

import type { Config } from '../../config.ts'
import { Answerer } from '../../knowledge/answerer.ts'
import type { Knowledge } from '../../knowledge/knowledge.ts'
import { RemoteReranker } from '../../knowledge/remote-reranker.ts'
import { SqlitePassages } from '../../storage/sqlite-passages.ts'
import { openKnowledgeDatabase } from './knowledge-database.ts'
import { openPassageVectors } from './passage-vectors.ts'
import { openSentenceEncoder } from './sentence-encoder.ts'
import type { ShippedModels } from './shipped-models.ts'
import { neverWait } from './sqlite.ts'
import { UndiciTransport } from './undici-transport.ts'

export interface OpenedKnowledge {
  knowledge: Knowledge
  close(): Promise<void>
}

export interface KnowledgeSurroundings {
  config: Pick<Config, 'data' | 'vectors' | 'embedding'> & Partial<Pick<Config, 'reranker'>>
  /** The embedders that ship. */
  shipped: ShippedModels
  /** Unix milliseconds. */
  now: () => number
  warn(message: string): void
}

/** A question takes a few milliseconds; without it, words alone tell. */
const ENCODED_WITHIN_MS = 100

/** @throws where a part of it cannot be opened */
export async function openKnowledge({
  config,
  shipped,
  now,
  warn,
}: KnowledgeSurroundings): Promise<OpenedKnowledge> {
  const embedder = await shipped.table()
  const database = await openKnowledgeDatabase(config.data, now)
  neverWait(database)
  try {
    const store = new SqlitePassages(database)
    const index = await openPassageVectors({
      settings: config.vectors,
      dataFolder: config.data,
      embedder,
      now,
      warn,
    })
    // Last: a thread that nobody asks would stay where something else cannot be opened.
    const encoder = await openSentenceEncoder(config, shipped)
    const network = config.reranker && new UndiciTransport()
    return {
      knowledge: new Answerer({
        store,
        index,
        embedder,
        encoder: encoder?.embedder,
        reranker: config.reranker && network && new RemoteReranker(config.reranker, network),
        timeLimitMs: ENCODED_WITHIN_MS,
        now,
      }),
      async close() {
        await encoder?.stop()
        await network?.close()
        await index.close()
        database.close()
      },
    }
  } catch (error) {
    database.close()
    throw error
  }
}
