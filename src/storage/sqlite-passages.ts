/** Passages in `knowledge.db`, as a question reads them: by their words (FTS5), and one by one. */
import type Database from 'better-sqlite3'
import { asAsked } from '../knowledge/as-asked.ts'
import type { Meaning, Passage } from '../knowledge/passage.ts'
import type { Collection, PassageStore } from '../knowledge/passage-store.ts'

type PassageRow = readonly [
  number: number,
  id: string,
  source: string,
  heading: string,
  question: string | null,
  text: string,
  marks: string,
  encoder: string | null,
  vectors: Buffer | null,
]

/** What a heading's word counts for beside one of the text. */
const HEADING_WEIGHT = 1

export class SqlitePassages implements PassageStore {
  readonly #collection: Database.Statement<[string, string], Collection>
  readonly #frequency: Database.Statement<[number, string], number>
  readonly #search: Database.Statement<[string, number], number>
  readonly #passage: Database.Statement<[number, number], PassageRow>
  readonly #number: Database.Statement<[number, string], number>
  readonly #asked: Database.Statement<[number, string, string], number>

  /** @throws SqliteError where the file is not a `knowledge.db` of this version */
  constructor(database: Database.Database) {
    this.#collection = database.prepare(
      `SELECT number, tenant, name, embedder AS embedderId, passages FROM collections
      WHERE name = ? AND tenant IN ('', ?) AND passages > 0 ORDER BY tenant DESC LIMIT 1`,
    )
    this.#frequency = database
      .prepare<[number, string], number>(
        'SELECT passages FROM passage_terms WHERE collection = ? AND term = ?',
      )
      .pluck()
    this.#search = database
      .prepare<[string, number], number>(
        `SELECT rowid FROM passage_index WHERE passage_index MATCH ?
        ORDER BY bm25(passage_index, 0, ${HEADING_WEIGHT}, 1) LIMIT ?`,
      )
      .pluck()
    this.#passage = database
      .prepare<[number, number], PassageRow>(
        `SELECT p.number, p.id, d.source, p.heading, p.question, p.text, p.marks, s.encoder, s.vectors
        FROM passages p JOIN documents d ON d.number = p.document LEFT JOIN sentence_vectors s ON s.passage = p.number
        WHERE p.number = ? AND p.collection = ?`,
      )
      .raw() as unknown as Database.Statement<[number, number], PassageRow>
    this.#asked = database
      .prepare<[number, string, string], number>(
        'SELECT number FROM passages WHERE collection = ? AND asked = ? ORDER BY question = ? DESC, number LIMIT 1',
      )
      .pluck()
    this.#number = database
      .prepare<[number, string], number>('SELECT number FROM passages WHERE collection = ? AND id = ?')
      .pluck()
  }

  collection(name: string, tenant: string): Collection | undefined {
    return this.#collection.get(name, tenant)
  }

  frequencies({ number }: Collection, terms: readonly string[]): readonly number[] {
    return terms.map((term) => this.#frequency.get(number, term) ?? 0)
  }

  search({ number }: Collection, terms: readonly string[], count: number): readonly number[] {
    if (terms.length === 0) return []
    const any = terms.map((term) => `"${term.replaceAll('"', '')}"`).join(' OR ')
    return this.#search.all(`scope:"c${number}" AND {heading body}:(${any})`, count)
  }

  pairOf({ number }: Collection, question: string): number | undefined {
    return this.#asked.get(number, asAsked(question), question)
  }

  passage({ number: collection }: Collection, number: number): Passage | undefined {
    const row = this.#passage.get(number, collection)
    if (row === undefined) return undefined
    const [, id, source, heading, question, text, marks, encoder, blob] = row
    return {
      number,
      id,
      source,
      heading,
      question: question ?? undefined,
      text,
      marks: JSON.parse(marks),
      meaning: meaningOf(encoder, blob),
    }
  }

  numberOf({ number }: Collection, id: string): number | undefined {
    return this.#number.get(number, id)
  }
}

function meaningOf(encoder: string | null, blob: Buffer | null): Meaning | undefined {
  if (encoder === null || blob === null) return undefined
  return { encoder, vectors: new Int8Array(blob.buffer, blob.byteOffset, blob.byteLength) }
}
