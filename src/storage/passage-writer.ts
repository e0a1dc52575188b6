/** Writes documents into `knowledge.db`, each whole or not at all, and takes them out again. */
import type Database from 'better-sqlite3'
import { asAsked } from '../knowledge/as-asked.ts'
import type { Passage } from '../knowledge/passage.ts'
import { termsOf } from '../knowledge/terms.ts'

/** As it is cut out of its document. */
export type NewPassage = Omit<Passage, 'number' | 'source'>

export interface NewDocument {
  source: string
  digest: string
  passages: readonly NewPassage[]
}

export interface StoredDocument {
  number: number
  source: string
  digest: string
  passages: number
  addedAt: number
}

export interface StoredCollection {
  number: number
  tenant: string
  name: string
  embedderId: string
  passages: number
  documents: number
  changedAt: number
}

export class PassageWriter {
  readonly #database: Database.Database
  readonly #now: () => number

  /** `now` tells Unix milliseconds. */
  constructor(database: Database.Database, now: () => number) {
    this.#database = database
    this.#now = now
  }

  collections(): StoredCollection[] {
    return this.#database
      .prepare<[], StoredCollection>(
        `SELECT c.number, c.tenant, c.name, c.embedder AS embedderId, c.passages, c.changed_at AS changedAt,
          (SELECT count(*) FROM documents d WHERE d.collection = c.number) AS documents
        FROM collections c ORDER BY c.name, c.tenant`,
      )
      .all()
  }

  /** Its number; it is made where it is not there. */
  openCollection(name: string, tenant: string, embedderId: string): number {
    this.#database
      .prepare(
        'INSERT INTO collections (tenant, name, embedder, changed_at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING',
      )
      .run(tenant, name, embedderId, this.#now())
    return this.#database
      .prepare<[string, string], number>('SELECT number FROM collections WHERE tenant = ? AND name = ?')
      .pluck()
      .get(tenant, name) as number
  }

  documents(collection: number): StoredDocument[] {
    return this.#database
      .prepare<[number], StoredDocument>(
        'SELECT number, source, digest, passages, added_at AS addedAt FROM documents WHERE collection = ? ORDER BY source',
      )
      .all(collection)
  }

  /** Ids of a document's passages. */
  passageIds(document: number): string[] {
    return this.#database
      .prepare<[number], string>('SELECT id FROM passages WHERE document = ?')
      .pluck()
      .all(document)
  }

  /** In the place of the one with its source. */
  put(collection: number, document: NewDocument): void {
    this.#changing(collection, () => {
      this.#drop(collection, document.source)
      const { lastInsertRowid } = this.#database
        .prepare(
          'INSERT INTO documents (collection, source, digest, passages, added_at) VALUES (?, ?, ?, ?, ?)',
        )
        .run(collection, document.source, document.digest, document.passages.length, this.#now())
      for (const passage of document.passages) this.#insert(collection, Number(lastInsertRowid), passage)
    })
  }

  remove(collection: number, sources: readonly string[]): void {
    this.#changing(collection, () => {
      for (const source of sources) this.#drop(collection, source)
    })
  }

  removeCollection(collection: number): void {
    this.remove(
      collection,
      this.documents(collection).map(({ source }) => source),
    )
    this.#database.prepare('DELETE FROM collections WHERE number = ?').run(collection)
  }

  /** All vectors of the collection are this embedder's from now on. */
  setEmbedder(collection: number, embedderId: string): void {
    this.#database.prepare('UPDATE collections SET embedder = ? WHERE number = ?').run(embedderId, collection)
  }

  #changing(collection: number, change: () => void): void {
    const whole = this.#database.transaction(() => {
      change()
      this.#database
        .prepare(
          `UPDATE collections SET changed_at = ?,
            passages = (SELECT count(*) FROM passages WHERE collection = collections.number) WHERE number = ?`,
        )
        .run(this.#now(), collection)
    })
    whole.immediate()
  }

  #drop(collection: number, source: string): void {
    const document = this.#database
      .prepare<[number, string], number>('SELECT number FROM documents WHERE collection = ? AND source = ?')
      .pluck()
      .get(collection, source)
    if (document === undefined) return
    const rows = this.#database
      .prepare<[number], { number: number; terms: string }>(
        'SELECT number, terms FROM passages WHERE document = ?',
      )
      .all(document)
    for (const { number, terms } of rows) {
      this.#database.prepare('DELETE FROM passage_index WHERE rowid = ?').run(number)
      this.#database.prepare('DELETE FROM sentence_vectors WHERE passage = ?').run(number)
      this.#count(collection, terms.split(' '), -1)
    }
    this.#database.prepare('DELETE FROM passages WHERE document = ?').run(document)
    this.#database.prepare('DELETE FROM documents WHERE number = ?').run(document)
  }

  #insert(
    collection: number,
    document: number,
    { id, heading, question, text, marks, meaning }: NewPassage,
  ): void {
    const about = indexed(heading)
    const body = indexed(question === undefined ? text : `${question}\n${text}`)
    const terms = [...new Set([...about, ...body])]
    const { lastInsertRowid } = this.#database
      .prepare(
        `INSERT INTO passages (id, collection, document, heading, question, asked, text, marks, terms)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      )
      .run(
        id,
        collection,
        document,
        heading,
        question ?? null,
        question === undefined ? null : asAsked(question),
        text,
        JSON.stringify(marks),
        terms.join(' '),
      )
    this.#database
      .prepare('INSERT INTO passage_index (rowid, scope, heading, body) VALUES (?, ?, ?, ?)')
      .run(lastInsertRowid, `c${collection}`, about.join(' '), body.join(' '))
    this.#count(collection, terms, 1)
    if (meaning === undefined) return
    this.#database
      .prepare('INSERT INTO sentence_vectors (passage, encoder, vectors) VALUES (?, ?, ?)')
      .run(lastInsertRowid, meaning.encoder, Buffer.from(meaning.vectors))
  }

  #count(collection: number, terms: readonly string[], change: 1 | -1): void {
    const count = this.#database.prepare(
      `INSERT INTO passage_terms (collection, term, passages) VALUES (?, ?, 1)
      ON CONFLICT DO UPDATE SET passages = passages + ?`,
    )
    for (const term of terms) if (term !== '') count.run(collection, term, change)
    if (change < 0)
      this.#database
        .prepare('DELETE FROM passage_terms WHERE collection = ? AND passages < 1')
        .run(collection)
  }
}

function indexed(text: string): string[] {
  return termsOf(text).map(({ term }) => term)
}
