/** The documents of an installation, for a command that changes them, also while a server answers from them. */
import { hash } from 'node:crypto'
import type { VectorsSettings } from '../../config/vectors-schema.ts'
import type { Config } from '../../config.ts'
import type { CutPassage } from '../../knowledge/documents/cut-passages.ts'
import { searchedText } from '../../knowledge/passage.ts'
import { meaningOf } from '../../knowledge/passage-meaning.ts'
import {
  type NewPassage,
  PassageWriter,
  type StoredCollection,
  type StoredDocument,
} from '../../storage/passage-writer.ts'
import { openDataFolder } from './data-folder.ts'
import { openKnowledgeDatabase } from './knowledge-database.ts'
import { NEVER_MS, openPassageVectors } from './passage-vectors.ts'
import { openSentenceEncoder } from './sentence-encoder.ts'
import { ShippedModels } from './shipped-models.ts'
import { waitPatiently } from './sqlite.ts'

export interface KnowledgeWriting {
  /** Of how passages are read and embedded: another one reads every document anew. */
  readonly reading: string
  collections(): readonly StoredCollection[]
  /** Its number; it is made where it is not there. */
  open(name: string, tenant: string): number
  documents(collection: number): readonly StoredDocument[]
  /** In the place of the one with its source. @throws Error where its vectors cannot be kept: nothing is changed then */
  put(
    collection: { number: number; name: string; tenant: string },
    document: { source: string; digest: string; passages: readonly CutPassage[] },
  ): Promise<void>
  remove(collection: number, documents: readonly StoredDocument[]): Promise<void>
  removeCollection(collection: number): Promise<void>
  close(): Promise<void>
}

/** Raised where passages are cut or read in another way. */
const READING_VERSION = 2
/** Nobody waits for an answer meanwhile. */
const PATIENT_MS = 10_000
/** Vectors that are handed on together. */
const AT_ONCE = 500

/** @throws where it cannot be opened */
export async function openKnowledgeWriting({
  data,
  vectors,
  embedding,
}: Pick<Config, 'data' | 'vectors' | 'embedding'>): Promise<KnowledgeWriting> {
  openDataFolder(data)
  const shipped = new ShippedModels()
  const embedder = await shipped.table()
  const inUse = await openSentenceEncoder({ embedding }, shipped)
  const encoder = inUse?.embedder
  let fault: string | undefined
  const warn = (message: string): void => {
    fault ??= message
  }
  const settings: VectorsSettings = { ...vectors, timeoutMs: Math.max(vectors.timeoutMs, PATIENT_MS) }
  const index = await openPassageVectors({ settings, dataFolder: data, embedder, now: Date.now, warn })
  const database = await openKnowledgeDatabase(data, Date.now)
  waitPatiently(database)
  const writer = new PassageWriter(database, Date.now)
  const removed = async (ids: readonly string[]): Promise<void> => {
    // A vector that leads to no passage finds nothing: what cannot be removed harms nobody.
    if (ids.length > 0) await index.remove(ids).catch(() => {})
  }
  return {
    reading: `${READING_VERSION} ${encoder?.id ?? 'words'} ${embedder.id}`,
    collections: () => writer.collections(),
    open: (name, tenant) => writer.openCollection(name, tenant, embedder.id),
    documents: (collection) => writer.documents(collection),
    async put({ number, name, tenant }, { source, digest, passages: cut }) {
      const passages: NewPassage[] = []
      for (const [at, passage] of cut.entries()) {
        const meaning = encoder === undefined ? undefined : await meaningOf(passage, encoder)
        passages.push({ id: idOf([tenant, name, source, at, passage]), ...passage, meaning })
      }
      for (let from = 0; from < passages.length; from += AT_ONCE) {
        for (const passage of passages.slice(from, from + AT_ONCE))
          index.add(entryOf(passage, { name, tenant }, embedder.embed(searchedText(passage))))
        await index.flushed()
        if (fault !== undefined) throw new Error(fault)
      }
      const before = writer.documents(number).find((document) => document.source === source)
      const kept = new Set(passages.map(({ id }) => id))
      const stale = before === undefined ? [] : writer.passageIds(before.number).filter((id) => !kept.has(id))
      writer.put(number, { source, digest, passages })
      await removed(stale)
    },
    async remove(collection, documents) {
      const ids = documents.flatMap(({ number }) => writer.passageIds(number))
      writer.remove(
        collection,
        documents.map(({ source }) => source),
      )
      await removed(ids)
    },
    async removeCollection(collection) {
      const ids = writer.documents(collection).flatMap(({ number }) => writer.passageIds(number))
      writer.removeCollection(collection)
      await removed(ids)
    },
    async close() {
      await inUse?.stop()
      await index.close()
      database.close()
    },
  }
}

function entryOf(
  { id }: NewPassage,
  { name, tenant }: { name: string; tenant: string },
  vector: Float32Array,
) {
  return {
    id,
    tenant,
    partition: name,
    workflow: '',
    keyName: undefined,
    tags: {},
    vector,
    question: '',
    answer: '',
    createdAtMs: Date.now(),
    expiresAtMs: NEVER_MS,
  }
}

/** A UUID: the same text at the same place of the same document has it again. */
function idOf(what: unknown): string {
  const digest = hash('sha256', JSON.stringify(what))
  return [8, 12, 16, 20, 32].map((end, place) => digest.slice([0, 8, 12, 16, 20][place], end)).join('-')
}
