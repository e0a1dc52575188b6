// The program's own reading of passages and questions, bundled from src/, over a collection in a file of its own.
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { loadModules } from '../bundled.mjs'

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url))
const MODULES = [
  'knowledge/answerer',
  'knowledge/documents/cut-passages',
  'knowledge/documents/markdown',
  'knowledge/fused-search',
  'knowledge/passage-meaning',
  'knowledge/passage-reading',
  'knowledge/quote',
  'knowledge/weighed-question',
  'storage/passage-writer',
  'storage/sqlite-passages',
  'storage/sqlite-vector-index',
]

/** `weights` false where these are to be made: nothing that reads them is bundled then. */
export async function loadRoom({ weights = true } = {}) {
  const names = weights ? MODULES : MODULES.filter((name) => name !== 'knowledge/answerer')
  return loadModules(names, `knowledge/room-${weights}`)
}

/**
 * A collection of documents `{source, text}` of Markdown, on disk as `trimtab knowledge add` writes it.
 * `{store, index, collection, embedder, passages, indexMs, close()}`.
 */
export async function collectionOf(room, { embedder, encoder }, documents) {
  const { default: Database } = await import('better-sqlite3')
  const folder = mkdtempSync(join(tmpdir(), 'trimtab-knowledge-'))
  const file = join(folder, 'knowledge.db')
  const database = new Database(file)
  database.pragma('journal_mode = WAL')
  for (const name of ['0001_passages', '0002_vectors', '0003_asked'])
    database.exec(readFileSync(path(`../../migrations/knowledge/${name}.sql`), 'utf8'))
  const index = new room.SqliteVectorIndex({
    database: new Database(file),
    indexName: `passages-${embedder.id}`,
    dimensions: embedder.dimensions,
    memoryBytes: 2 ** 28,
    diskBytes: 2 ** 40,
    mostEntries: 2 ** 40,
    timeLimitMs: 1000,
    warn: console.warn,
  })
  const began = performance.now()
  const writer = new room.PassageWriter(database, Date.now)
  const number = writer.openCollection('measured', '', embedder.id)
  let passages = 0
  for (const { source, text } of documents) {
    const cut = room.cutPassages(room.readMarkdown(text).blocks)
    const made = []
    for (const [at, passage] of cut.entries()) {
      const meaning = encoder && (await room.meaningOf(passage, encoder))
      made.push({ id: uuidOf(`${source} ${at} ${passage.text}`), ...passage, meaning })
    }
    writer.put(number, { source, digest: '', passages: made })
    for (const passage of made) index.add(entryOf(passage, embedder))
    passages += made.length
    await index.flushed()
  }
  const indexMs = performance.now() - began
  const store = new room.SqlitePassages(database)
  return {
    store,
    index,
    embedder,
    encoder,
    collection: store.collection('measured', ''),
    passages,
    indexMs,
    async close() {
      await index.close()
      database.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function entryOf({ id, heading, question, text }, embedder) {
  const searched = [heading, question, text].filter(Boolean).join('\n')
  const vector = embedder.embed(searched)
  const labels = { tenant: '', partition: 'measured', workflow: '', keyName: undefined, tags: {} }
  return {
    id,
    ...labels,
    vector,
    question: '',
    answer: '',
    createdAtMs: 0,
    expiresAtMs: Number.MAX_SAFE_INTEGER,
  }
}

function uuidOf(text) {
  const digest = createHash('sha256').update(text).digest('hex')
  return [8, 12, 16, 20, 32].map((end, place) => digest.slice([0, 8, 12, 16, 20][place], end)).join('-')
}

/** The shipped encoder in this thread, asked as the program asks the one in its own; `spent` counts its microseconds. */
export function waiting(encoder) {
  let spent = 0
  const known = new Map()
  return {
    id: encoder.id,
    dimensions: encoder.dimensions,
    spent: () => spent,
    async embed(texts) {
      const began = process.cpuUsage()
      // The same sentences are in several collections.
      for (const text of texts) if (!known.has(text)) known.set(text, encoder.embed(text))
      const vectors = texts.map((text) => known.get(text))
      const { user, system } = process.cpuUsage(began)
      spent += user + system
      return vectors
    },
  }
}
