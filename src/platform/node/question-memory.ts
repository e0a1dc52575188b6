/** The remembered questions of an installation, for a command beside the process that serves: where that one keeps them. */

import type { VectorsSettings } from '../../config/vectors-schema.ts'
import type { Config } from '../../config.ts'
import type { InstantEmbedder } from '../../embedding/embedder.ts'
import { IndexUnavailable, type NewEntry, type VectorIndex } from '../../vectors/vector-index.ts'
import { openDataFolder } from './data-folder.ts'
import { openNodeVectors } from './node-vectors.ts'
import { idOf } from './open-semantic.ts'
import { openStaticEmbedder } from './shipped-table.ts'

export interface QuestionMemory {
  embedder: InstantEmbedder
  index: VectorIndex
  /** Of what is stored for that question; undefined where nothing is. */
  answerTo(entry: Pick<NewEntry, 'tenant' | 'partition' | 'question'>): Promise<string | undefined>
  /**
   * Embeds and stores them, each in the place of the one with its question.
   * @throws Error where they are not stored
   */
  put(entries: readonly NewEntry[]): Promise<void>
  close(): Promise<void>
}

type Where = Pick<Config, 'data' | 'vectors'>

/** Nobody waits for an answer meanwhile. */
const PATIENT_MS = 10_000

/** @throws where the memory cannot be opened */
export async function openQuestionMemory(where: Where): Promise<QuestionMemory> {
  const { data, vectors: settings } = where
  openDataFolder(data)
  const embedder = await openStaticEmbedder()
  let fault: string | undefined
  const { index, close } = await openNodeVectors({
    settings: patient(settings),
    dataFolder: data,
    embedder,
    now: Date.now,
    warn: (message) => {
      fault ??= message
    },
  })
  return {
    embedder,
    index,
    async answerTo({ tenant, partition, question }) {
      try {
        return await index.answerOf(idOf(tenant, partition, question), Date.now())
      } catch (error) {
        throw error instanceof IndexUnavailable ? unavailable(where, error) : error
      }
    },
    async put(entries) {
      for (const entry of entries) {
        const id = idOf(entry.tenant, entry.partition, entry.question)
        index.add({ ...entry, id, vector: embedder.embed(entry.question) })
      }
      await index.flushed()
      if (fault !== undefined) throw new Error(fault)
    },
    close,
  }
}

/** @throws what `use` does, and one sentence where the memory cannot be opened or asked */
export async function withQuestionMemory<Result>(
  where: Where,
  use: (memory: QuestionMemory) => Promise<Result>,
): Promise<Result> {
  const memory = await openQuestionMemory(where)
  try {
    return await use(memory)
  } catch (error) {
    throw error instanceof IndexUnavailable ? unavailable(where, error) : error
  } finally {
    await memory.close()
  }
}

/** One sentence, with where to look. */
function unavailable({ data, vectors }: Where, { message }: IndexUnavailable): Error {
  const place = vectors.use === 'qdrant' ? `Qdrant at ${vectors.url}` : `The cache in ${data}`
  return new Error(`${place} cannot be asked for the remembered questions: ${message}.`)
}

function patient(settings: VectorsSettings): VectorsSettings {
  return { ...settings, timeoutMs: Math.max(settings.timeoutMs, PATIENT_MS) }
}
