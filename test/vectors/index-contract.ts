/** What every vector index promises, wherever it keeps its entries. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type {
  Neighbour,
  StoredEntry,
  VectorEntry,
  VectorFilter,
  VectorIndex,
} from '../../src/vectors/vector-index.ts'
import { seeded } from '../support/seeded.ts'
import { clustered, cosine, DIMENSIONS, entryOf, type Made, unit } from './made-vectors.ts'

export interface ContractSubject {
  /** A new, empty index. */
  open(): Promise<VectorIndex>
  /**
   * Another process's view of the last one opened, which died without being closed; undefined where nothing outlives the
   * process.
   */
  reopen?: () => Promise<VectorIndex>
  /** Makes the store hold all entries of one tenant's partition as if they were of the other's, if it can be made to. */
  confuse?: (from: Made, to: Made) => Promise<void>
}

const NOW = 1_000_000
const ACME = { tenant: 'acme', partition: 'aa11' }
const OTHER = { tenant: 'other', partition: 'aa11' }

export function vectorIndexContract({ open, reopen, confuse }: ContractSubject): void {
  const filled = async (...entries: VectorEntry[]): Promise<VectorIndex> => {
    const index = await open()
    for (const entry of entries) index.add(entry)
    await index.flushed()
    return index
  }
  const ask = async (
    index: VectorIndex,
    vector: Float32Array,
    { count = 5, nowMs = NOW, ...scope }: Partial<Made> & { count?: number; nowMs?: number } = {},
  ): Promise<readonly Neighbour[]> => index.nearest({ ...ACME, ...scope, vector, count, nowMs })

  describe('finding', () => {
    it('gives back what was added, with its labels', async () => {
      const entry = entryOf(1, { keyName: 'web', tags: { market: 'eu', 'a.b': "o'clock" } })
      const index = await filled(entry)
      const [found] = await ask(index, entry.vector)
      const { vector: _, answer, ...labels } = entry
      const { notes: __, ...told } = found ?? {}
      expect(told).toEqual({ ...labels, similarity: expect.closeTo(1, 3) })
      expect(await index.answerOf(entry.id, NOW)).toBe(answer)
    })

    it('tells no key where there was none', async () => {
      const [found] = await ask(await filled(entryOf(1)), entryOf(1).vector)
      expect(found?.keyName).toBeUndefined()
    })

    it('finds nothing where nothing is', async () => {
      const index = await open()
      expect(await ask(index, entryOf(1).vector)).toEqual([])
      expect(await index.answerOf(entryOf(1).id, NOW)).toBeUndefined()
      expect(await index.count()).toBe(0)
    })

    it('orders as the cosines of the vectors do, and leaves out all beyond the count', async () => {
      await fc.assert(
        fc.asyncProperty(fc.integer(), fc.integer({ min: 1, max: 60 }), async (seed, size) => {
          const next = seeded(seed)
          const entries = Array.from({ length: size }, (_, id) => entryOf(id, { vector: unit(next) }))
          const index = await filled(...entries)
          const vector = unit(next)
          const found = await ask(index, vector, { count: 10 })
          expect(found).toHaveLength(Math.min(10, size))
          expect(new Set(found.map(({ id }) => id)).size).toBe(found.length)
          const similarities = found.map(({ similarity }) => similarity)
          expect(similarities).toEqual([...similarities].sort((a, b) => b - a))
          const exact = entries.map((entry) => cosine(entry.vector, vector)).sort((a, b) => b - a)
          for (const [rank, { id, similarity }] of found.entries()) {
            const entry = entries.find((made) => made.id === id)
            expect(Math.abs(similarity - cosine(entry?.vector ?? vector, vector))).toBeLessThan(0.01)
            expect(Math.abs(similarity - (exact[rank] ?? 9))).toBeLessThan(0.01)
          }
          await index.close()
        }),
        { numRuns: 15 },
      )
    })

    it('finds at least nine of ten that exact search finds, among 2,000 in clusters', async () => {
      const next = seeded(7)
      const vectors = clustered(next, { vectors: 2000, centres: 60 })
      const index = await filled(...vectors.map((vector, id) => entryOf(id, { vector })))
      let found = 0
      for (const vector of clustered(next, { vectors: 20, centres: 60, like: vectors })) {
        const exact = vectors
          .map((other, id) => ({ id: entryOf(id).id, similarity: cosine(other, vector) }))
          .sort((a, b) => b.similarity - a.similarity)
          .slice(0, 5)
        const ids = (await ask(index, vector)).map(({ id }) => id)
        found += exact.filter(({ id }) => ids.includes(id)).length
      }
      expect(found / 100).toBeGreaterThanOrEqual(0.9)
    })
  })

  describe('keeping apart', () => {
    it('two tenants, and two partitions of one, never share', async () => {
      const scope = fc.record({
        tenant: fc.constantFrom('acme', 'other', 'acme '),
        partition: fc.constantFrom('aa11', 'bb22'),
      })
      await fc.assert(
        fc.asyncProperty(fc.array(scope, { minLength: 1, maxLength: 30 }), scope, async (scopes, asked) => {
          const { vector } = entryOf(0)
          const entries = scopes.map((made, id) => entryOf(id, { ...made, vector }))
          const index = await filled(...entries)
          const found = await ask(index, vector, { ...asked, count: 50 })
          const own = entries.filter(
            ({ tenant, partition }) => tenant === asked.tenant && partition === asked.partition,
          )
          expect(found.map(({ id }) => id).sort()).toEqual(own.map(({ id }) => id).sort())
          await index.close()
        }),
        { numRuns: 20 },
      )
    })

    it.runIf(confuse !== undefined)('two tenants never share, also when the store leads astray', async () => {
      const index = await filled(entryOf(1, OTHER), entryOf(2, ACME))
      await confuse?.(OTHER, ACME)
      const found = await ask(index, entryOf(1).vector)
      expect(found.map(({ tenant }) => tenant)).toEqual(found.map(() => 'acme'))
      expect(found.map(({ id }) => id)).not.toContain(entryOf(1).id)
    })
  })

  describe('forgetting', () => {
    it('at the moment of expiry', async () => {
      const entry = entryOf(1, { expiresAtMs: NOW + 1000 })
      const index = await filled(entry)
      expect(await ask(index, entry.vector, { nowMs: NOW + 999 })).toHaveLength(1)
      expect(await index.answerOf(entry.id, NOW + 999)).toBe(entry.answer)
      expect(await ask(index, entry.vector, { nowMs: NOW + 1000 })).toEqual([])
      expect(await index.answerOf(entry.id, NOW + 1000)).toBeUndefined()
    })

    it('by sweeping what has expired', async () => {
      const index = await filled(
        ...Array.from({ length: 300 }, (_, id) => entryOf(id, { expiresAtMs: NOW + (id % 3) * 1000 })),
      )
      await ask(index, entryOf(1).vector)
      expect(await index.sweep(NOW + 1000)).toBe(200)
      expect(await index.count()).toBe(100)
      const found = await ask(index, entryOf(2).vector, { count: 200 })
      expect(found).toHaveLength(100)
    })

    it('by id', async () => {
      const index = await filled(entryOf(1), entryOf(2))
      await ask(index, entryOf(1).vector)
      expect(await index.remove([entryOf(1).id])).toBe(1)
      expect((await ask(index, entryOf(1).vector)).map(({ id }) => id)).toEqual([entryOf(2).id])
      expect(await index.answerOf(entryOf(1).id, NOW)).toBeUndefined()
    })

    it('by what is replaced: the newest of an id is all there is of it', async () => {
      const index = await filled(entryOf(1), entryOf(2))
      await ask(index, entryOf(1).vector)
      const newer = entryOf(1, { vector: entryOf(9).vector, answer: 'newer', partition: 'bb22' })
      index.add(newer)
      await index.flushed()
      expect(await index.answerOf(newer.id, NOW)).toBe('newer')
      expect(await index.count()).toBe(2)
      expect((await ask(index, entryOf(1).vector)).map(({ id }) => id)).toEqual([entryOf(2).id])
      const [found] = await ask(index, newer.vector, { partition: 'bb22' })
      expect(found).toMatchObject({ id: newer.id, similarity: expect.closeTo(1, 3) })
    })

    it('by filter: all that fits all that is given, and nothing else', async () => {
      const labels = fc.record({
        tenant: fc.constantFrom('acme', 'other'),
        workflow: fc.constantFrom('support', 'search'),
        keyName: fc.constantFrom('web', 'app', undefined),
        tags: fc.constantFrom<Record<string, string>>({}, { market: 'eu' }, { market: 'us', 'a.b': 'x"y' }),
      })
      const filter = fc.record(
        {
          tenant: fc.constantFrom('acme', 'nobody'),
          workflow: fc.constantFrom('support', 'search'),
          keyName: fc.constant('web'),
          tags: fc.constantFrom<Record<string, string>>({ market: 'eu' }, { 'a.b': 'x"y', market: 'us' }),
        },
        { requiredKeys: [] },
      )
      await fc.assert(
        fc.asyncProperty(fc.array(labels, { maxLength: 25 }), filter, async (made, asked) => {
          const entries = made.map((labelled, id) => entryOf(id, labelled))
          const index = await filled(...entries)
          const fitting = entries.filter((entry) => fits(entry, asked))
          expect(await index.count(asked)).toBe(fitting.length)
          expect(await index.removeWhere(asked)).toBe(fitting.length)
          expect(await index.count()).toBe(entries.length - fitting.length)
          for (const tenant of ['acme', 'other']) {
            const left = entries.filter((entry) => entry.tenant === tenant && !fits(entry, asked))
            const found = await ask(index, entryOf(0).vector, { tenant, count: 50 })
            expect(found.map(({ id }) => id).sort()).toEqual(left.map(({ id }) => id).sort())
          }
          await index.close()
        }),
        { numRuns: 20 },
      )
    })
  })

  it('lists every entry once, as it was added', async () => {
    const entries = Array.from({ length: 450 }, (_, id) =>
      entryOf(id, { ...(id % 2 === 0 ? { keyName: 'web', tags: { market: 'eu' } } : OTHER) }),
    )
    const index = await filled(...entries)
    const listed: StoredEntry[] = []
    for await (const entry of index.entries()) listed.push(entry)
    const byId = (one: StoredEntry, other: StoredEntry): number => (one.id < other.id ? -1 : 1)
    const wanted = entries.map(({ vector: _, ...stored }) => stored)
    expect(listed.sort(byId)).toEqual(wanted.sort(byId))
  })

  it("tells the questions of one partition, replaced ones once, and no other tenant's", async () => {
    const index = await filled(
      ...Array.from({ length: 230 }, (_, id) => entryOf(id)),
      entryOf(300, { ...OTHER, question: 'What is theirs?' }),
      entryOf(301, { partition: 'bb22', question: 'What is elsewhere?' }),
      entryOf(7),
    )
    const told: string[] = []
    for await (const question of index.questions(ACME)) told.push(question)
    expect(told.toSorted()).toEqual(Array.from({ length: 230 }, (_, id) => entryOf(id).question).toSorted())
    for await (const question of index.questions({ tenant: 'nobody', partition: 'aa11' })) told.push(question)
    expect(told).toHaveLength(230)
  })

  it.runIf(reopen !== undefined)('what was stored outlives a process that was killed', async () => {
    const entries = Array.from({ length: 700 }, (_, id) => entryOf(id))
    await filled(...entries)
    const again = await reopen?.()
    if (again === undefined) throw new Error('There is nothing to open again.')
    expect(await again.count()).toBe(700)
    for (const entry of entries.slice(0, 5)) {
      const [found] = await ask(again, entry.vector)
      expect(found).toMatchObject({ id: entry.id, question: entry.question })
      expect(await again.answerOf(entry.id, NOW)).toBe(entry.answer)
    }
  })

  it('a vector of another length is neither stored nor found', async () => {
    const index = await filled(entryOf(1), entryOf(2, { vector: new Float32Array(DIMENSIONS + 1).fill(0.1) }))
    expect(await index.count()).toBe(1)
    expect(await ask(index, new Float32Array(3).fill(0.5))).toEqual([])
  })
}

function fits(entry: VectorEntry, { tenant, workflow, keyName, tags = {} }: VectorFilter): boolean {
  return (
    [entry.tenant, undefined].includes(tenant) &&
    [entry.workflow, undefined].includes(workflow) &&
    [entry.keyName, undefined].includes(keyName) &&
    Object.entries(tags).every(([name, value]) => entry.tags[name] === value)
  )
}
