/** How common words are in a partition is known again after a restart: from the questions in `cache.db`. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { PartitionTerms, type StoredQuestions } from '../../../src/cache/semantic/partition-terms.ts'
import { readQuestion } from '../../../src/cache/semantic/question-reading.ts'
import { migrationsFolder } from '../../../src/platform/node/package-files.ts'
import { openForWriting } from '../../../src/platform/node/sqlite.ts'
import { migrate, readMigrations } from '../../../src/storage/migrate.ts'
import { SqliteVectorIndex } from '../../../src/storage/sqlite-vector-index.ts'
import { DIMENSIONS, entryOf } from '../../vectors/made-vectors.ts'

const SCOPE = ['acme', 'aa11'] as const
const WORDS = ['scarf', 'parcel', 'invoice', 'anchor', 'never said'] as const

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'trimtab-terms-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

async function open(): Promise<SqliteVectorIndex> {
  const database = openForWriting(join(folder, 'cache.db'))
  await migrate(database, readMigrations(join(migrationsFolder(), 'cache')), Date.now)
  return new SqliteVectorIndex({
    database,
    indexName: 'static-1',
    dimensions: DIMENSIONS,
    memoryBytes: 1 << 24,
    diskBytes: 1 << 24,
    mostEntries: 10_000,
    timeLimitMs: 20,
    warn: () => {},
  })
}

const questionOf = (index: number): string => `Where is my ${WORDS[index % 4]} number ${index}?`

/** As the cache does: what is remembered is both stored and learned. */
function remember(terms: PartitionTerms, index: SqliteVectorIndex, id: number): void {
  const question = questionOf(id)
  terms.learn(...SCOPE, question, readQuestion(question))
  index.add(entryOf(id, { question }))
}

const weights = (terms: PartitionTerms): number[] => WORDS.map((word) => terms.of(...SCOPE).weight(word))

describe('terms of a partition', () => {
  it('weigh after a restart what they weighed before it', async () => {
    const before = await open()
    const learned = new PartitionTerms(before)
    for (let id = 0; id < 400; id++) remember(learned, before, id)
    const known = weights(learned)
    await learned.recalled()
    expect(weights(learned)).toEqual(known)
    await before.close()

    const again = await open()
    const recalled = new PartitionTerms(again)
    const general = weights(recalled)
    expect(general[0]).toBeGreaterThan((known[0] ?? 0) + 1)
    await recalled.recalled()
    expect(weights(recalled)).toEqual(known)
    expect(weights(recalled).at(-1)).toBeGreaterThan(general.at(-1) ?? 0)
    await again.close()
  })

  it('count once what is remembered while the rest is read', async () => {
    const index = await open()
    const first = new PartitionTerms(index)
    for (let id = 0; id < 100; id++) remember(first, index, id)
    await index.flushed()
    const second = new PartitionTerms(index)
    second.of(...SCOPE)
    for (let id = 100; id < 200; id++) {
      remember(second, index, id)
      remember(first, index, id)
      if (id % 20 === 0) await new Promise((resolve) => setTimeout(resolve, 1))
    }
    await second.recalled()
    expect(second.of(...SCOPE).questions).toBe(200)
    expect(weights(second)).toEqual(weights(first))
    await index.close()
  })

  it('are the newest two thousand of a large partition', async () => {
    const index = await open()
    for (let id = 0; id < 2300; id++) index.add(entryOf(id, { question: questionOf(id) }))
    const terms = new PartitionTerms(index)
    terms.of(...SCOPE)
    await terms.recalled()
    expect(terms.of(...SCOPE).questions).toBe(2000)
    await index.close()
  })

  it('are those of general English where the index is out of order, and asked for again', async () => {
    const index = await open()
    for (let id = 0; id < 40; id++) index.add(entryOf(id, { question: questionOf(id) }))
    await index.close()
    const closed = new PartitionTerms(index)
    closed.of(...SCOPE)
    await closed.recalled()
    expect(closed.of(...SCOPE).questions).toBe(0)

    const again = await open()
    let current: StoredQuestions = index
    const terms = new PartitionTerms({ questions: (scope) => current.questions(scope) })
    terms.of(...SCOPE)
    await terms.recalled()
    current = again
    terms.of(...SCOPE)
    await terms.recalled()
    expect(terms.of(...SCOPE).questions).toBe(40)
    await again.close()
  })
})
