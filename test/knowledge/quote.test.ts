/** The numbers that sentences and quotes are judged by, and what is chosen by them. */
import { readFileSync } from 'node:fs'
import Database from 'better-sqlite3'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { InstantEmbedder } from '../../src/embedding/embedder.ts'
import { DEFAULT_MIN_CONFIDENCE } from '../../src/knowledge/answerer.ts'
import { confidenceModel } from '../../src/knowledge/confidence-model.ts'
import { readPassage } from '../../src/knowledge/passage-reading.ts'
import { chooseQuote, QUOTE_FEATURES, scoreSentences, shareOut } from '../../src/knowledge/quote.ts'
import { SENTENCE_FEATURES } from '../../src/knowledge/sentence-features.ts'
import { weighQuestion } from '../../src/knowledge/weighed-question.ts'
import { openStaticEmbedder } from '../../src/platform/node/shipped-table.ts'
import { PassageWriter } from '../../src/storage/passage-writer.ts'
import { SqlitePassages } from '../../src/storage/sqlite-passages.ts'

const TEXT =
  'The museum was founded in 1852 by Henry Cole. It was moved to South Kensington five years later. Its library has two million books.'
const database = new Database(':memory:')
let embedder: InstantEmbedder
let store: SqlitePassages

beforeAll(async () => {
  embedder = await openStaticEmbedder()
  for (const name of ['0001_passages', '0003_asked'])
    database.exec(readFileSync(`migrations/knowledge/${name}.sql`, 'utf8'))
  const writer = new PassageWriter(database, Date.now)
  const number = writer.openCollection('c', '', embedder.id)
  const passage = {
    id: 'p',
    heading: 'Museum',
    question: undefined,
    text: TEXT,
    marks: [[0, 1]] as const,
    meaning: undefined,
  }
  writer.put(number, { source: 'm.md', digest: '', passages: [passage] })
  store = new SqlitePassages(database)
})

afterAll(() => {
  database.close()
})

function quoted(text: string): { features: Float64Array; from: number; to: number } | undefined {
  const collection = store.collection('c', '')
  if (collection === undefined) throw new Error('no collection')
  const question = weighQuestion(text, { store, collection, embedder })
  const passage = store.passage(collection, 1)
  if (passage === undefined) throw new Error('no passage')
  const scored = scoreSentences(
    question,
    [readPassage(passage, { embedder })],
    confidenceModel('words').sentenceWeights,
  )
  return chooseQuote(question, scored, (term) => embedder.embed(term))
}

describe('what judges quotes', () => {
  it('weighs each of the numbers that have a name, and no others', () => {
    expect(confidenceModel('words').sentenceWeights).toHaveLength(SENTENCE_FEATURES.length)
    expect(confidenceModel('meaning').sentenceWeights).toHaveLength(SENTENCE_FEATURES.length + 2)
    expect(quoted('Who founded the museum?')?.features).toHaveLength(QUOTE_FEATURES.length)
  })

  it('is surer where the question is the text’s own than where a part of it is not there', () => {
    const { confidenceOf } = confidenceModel('words')
    const own = confidenceOf(quoted('How many books does the library of the museum have?')?.features ?? [])
    const other = confidenceOf(quoted('How many trains does the library of Vienna have?')?.features ?? [])
    expect(own).toBeGreaterThan(other)
    expect(other).toBeLessThan(DEFAULT_MIN_CONFIDENCE.words)
  })
})

describe('a quote', () => {
  it('holds the sentence that answers', () => {
    const { from = -1, to = -1 } = quoted('Who founded the museum?') ?? {}
    expect([from <= 0 && to >= 0, to - from <= 1]).toEqual([true, true])
  })

  it('takes along what a sentence refers to', () => {
    const { from = -1, to = -1 } = quoted('When was the museum moved to South Kensington?') ?? {}
    expect([from, to]).toEqual([0, 1])
  })

  it('has a share of the odds, which sum up to one', () => {
    const scored = [3, 1, 0].map((score) => ({ score, mass: 0 }) as Parameters<typeof shareOut>[0][number])
    shareOut(scored)
    expect(scored.reduce((sum, { mass }) => sum + mass, 0)).toBeCloseTo(1, 12)
  })
})
