import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { qdrantCalls } from '../../src/platform/node/qdrant-calls.ts'
import { qdrantAddress } from '../../src/storage/qdrant-address.ts'
import { collectionName } from '../../src/storage/qdrant-collection.ts'
import { QdrantIndex, type QdrantIndexOptions } from '../../src/storage/qdrant-index.ts'
import { IndexUnavailable } from '../../src/vectors/vector-index.ts'
import { type Mode, type QdrantDouble, startQdrantDouble } from '../support/qdrant-double/server.ts'
import { vectorIndexContract } from '../vectors/index-contract.ts'
import { DIMENSIONS, entryOf } from '../vectors/made-vectors.ts'

const NOW = 1_000_000
const real = process.env.QDRANT_URL

let qdrant: QdrantDouble
let warnings: string[]
let opened: QdrantIndex[]
let names = 0
const unhandled: unknown[] = []
const note = (reason: unknown) => unhandled.push(reason)

beforeAll(async () => {
  process.on('unhandledRejection', note)
  qdrant = await startQdrantDouble()
})

afterAll(async () => {
  await qdrant.close()
  process.off('unhandledRejection', note)
  expect(unhandled).toEqual([])
})

beforeEach(() => {
  warnings = []
  opened = []
})

afterEach(async () => {
  qdrant.mode = 'well'
  for (const index of opened) {
    if (real !== undefined) await fetch(`${real}/collections/${index.collection}`, { method: 'DELETE' })
    await index.close()
  }
  expect(qdrant.faults).toEqual([])
})

const open = (more: Partial<QdrantIndexOptions> = {}): QdrantIndex => {
  const url = more.url ?? qdrant.url
  const index = new QdrantIndex({
    url,
    apiKey: undefined,
    indexName: `test-${process.pid}-${names}`,
    dimensions: DIMENSIONS,
    timeLimitMs: 5000,
    calls: qdrantCalls(url, more.apiKey),
    now: () => NOW,
    warn: (message) => warnings.push(message),
    ...more,
  })
  opened.push(index)
  return index
}
const filled = async (more: Partial<QdrantIndexOptions> = {}): Promise<QdrantIndex> => {
  names++
  const index = open(more)
  index.add(entryOf(1))
  await index.flushed()
  return index
}
const ask = (index: QdrantIndex, signal?: AbortSignal) =>
  index.nearest({ ...entryOf(1), count: 5, nowMs: NOW }, signal)

describe('QdrantIndex', () => {
  vectorIndexContract({
    async open() {
      names++
      return open()
    },
    reopen: async () => open(),
    async confuse() {
      qdrant.mode = 'ignore-filters'
    },
  })

  describe.runIf(real !== undefined)('on the Qdrant of QDRANT_URL', () => {
    vectorIndexContract({
      async open() {
        names++
        return open({ url: real as string })
      },
      reopen: async () => open({ url: real as string }),
    })
  })

  it('makes the collection as it is needed: cosine, int8, the tenant as the main index', async () => {
    const index = await filled()
    const { settings, indexes } = qdrant.collections.get(index.collection) ?? {}
    expect(settings).toMatchObject({
      vectors: { size: DIMENSIONS, distance: 'Cosine' },
      quantization_config: { scalar: { type: 'int8' } },
    })
    expect(indexes?.get('tenant')).toEqual({ type: 'keyword', is_tenant: true })
    expect([...(indexes?.keys() ?? [])].sort()).toEqual([
      'expires',
      'key',
      'partition',
      'tags',
      'tenant',
      'workflow',
    ])
  })

  it('filters inside the query', async () => {
    const index = await filled()
    for (let id = 10; id < 40; id++) index.add(entryOf(id, { tenant: 'other', vector: entryOf(1).vector }))
    await index.flushed()
    const found = await index.nearest({ ...entryOf(1), count: 1, nowMs: NOW })
    expect(found.map(({ id }) => id)).toEqual([entryOf(1).id])
  })

  it('two that start at once make one collection', async () => {
    names++
    const both = [open(), open()]
    for (const [id, index] of both.entries()) index.add(entryOf(id))
    await Promise.all(both.map((index) => index.flushed()))
    expect(await both[0]?.count()).toBe(2)
    expect(warnings).toEqual([])
  })

  it('sends what comes together in one request', async () => {
    const index = await filled()
    qdrant.requests.length = 0
    for (let id = 2; id < 60; id++) index.add(entryOf(id))
    await index.flushed()
    expect(qdrant.requests).toHaveLength(1)
  })

  it('makes the collection anew where somebody deleted it', async () => {
    const index = await filled()
    qdrant.collections.delete(index.collection)
    expect(await ask(index)).toEqual([])
    expect(await index.answerOf(entryOf(1).id, NOW)).toBeUndefined()
    index.add(entryOf(1))
    await index.flushed()
    expect(await ask(index)).toHaveLength(1)
  })

  it('touches no collection that is not its own', async () => {
    const index = await filled()
    const collection = qdrant.collections.get(index.collection)
    if (collection === undefined) throw new Error('There is no collection.')
    collection.settings.vectors.distance = 'Dot'
    await expect(open().count()).rejects.toThrow(/is not one of trimtab's/)
  })

  it('gives its key, and says one sentence where it is the wrong one', async () => {
    const locked = await startQdrantDouble('secret-key')
    const right = await filled({ url: locked.url, apiKey: 'secret-key' })
    expect(await ask(right)).toHaveLength(1)
    const wrong = open({ url: locked.url, apiKey: 'other-key' })
    for (let asked = 0; asked < 6; asked++) await expect(ask(wrong)).rejects.toThrow(IndexUnavailable)
    expect(warnings).toEqual([
      expect.stringMatching(/^Qdrant at http:\S+ does not answer \(it answered with status 401\)/),
    ])
    expect(warnings.join()).not.toContain('other-key')
    expect(locked.faults).toEqual([])
    await right.close()
    await wrong.close()
    await locked.close()
  })

  it.each<Mode>(['stall', 'refuse', 'garbage', 'slow'])(
    'a Qdrant that would %s is a miss in time',
    async (mode) => {
      const index = await filled({ timeLimitMs: 50 })
      qdrant.slowMs = 60_000
      qdrant.mode = mode
      await expect(ask(index)).rejects.toThrow(IndexUnavailable)
      await expect(index.answerOf(entryOf(1).id, NOW)).rejects.toThrow(IndexUnavailable)
    },
  )

  it('an answer that only looks like one holds nothing', async () => {
    const index = await filled()
    qdrant.mode = 'nonsense'
    expect(await ask(index)).toEqual([])
    await expect(index.answerOf(entryOf(1).id, NOW)).rejects.toThrow(IndexUnavailable)
  })

  it('is not asked for a while after five failures, then by one, and says so at the begin and the end', async () => {
    let now = NOW
    const index = await filled({ timeLimitMs: 50, now: () => now })
    qdrant.mode = 'stall'
    for (let asked = 0; asked < 5; asked++) await expect(ask(index)).rejects.toThrow(IndexUnavailable)
    qdrant.requests.length = 0
    for (let asked = 0; asked < 9; asked++) await expect(ask(index)).rejects.toThrow(/a moment ago/)
    expect(qdrant.requests).toEqual([])
    now += 10_000
    const three = await Promise.allSettled([ask(index), ask(index), ask(index)])
    expect(three.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected'])
    expect(qdrant.requests).toHaveLength(1)
    qdrant.mode = 'well'
    now += 10_000
    expect(await ask(index)).toHaveLength(1)
    expect(await ask(index)).toHaveLength(1)
    expect(warnings).toEqual([
      expect.stringMatching(/does not answer \(nothing came within 50 ms\)/),
      expect.stringMatching(/answers again/),
    ])
  })

  it('a caller that leaves is no failure', async () => {
    const index = await filled()
    qdrant.mode = 'stall'
    for (let asked = 0; asked < 8; asked++) {
      const caller = new AbortController()
      const asking = ask(index, caller.signal)
      caller.abort()
      await expect(asking).rejects.toThrow(IndexUnavailable)
    }
    qdrant.mode = 'well'
    expect(await ask(index)).toHaveLength(1)
    expect(warnings).toEqual([])
  })

  it('a Qdrant that stalls does not hold up the end, however many entries wait', async () => {
    const index = await filled()
    qdrant.requests.length = 0
    qdrant.mode = 'stall'
    for (let id = 0; id < 1000; id++) index.add(entryOf(id))
    await index.close()
    expect(qdrant.requests).toHaveLength(1)
  })

  it('entries that cannot be sent are given up, with one sentence', async () => {
    const index = open({ url: 'http://127.0.0.1:9' })
    index.add(entryOf(1))
    await index.close()
    expect(warnings).toEqual([expect.stringMatching(/takes no entries/)])
  })
})

describe('collectionName', () => {
  it('keeps embedders and dimensions apart, whatever the id holds', () => {
    const names = ['static-1', 'a/b', 'a_b', 'a b'].flatMap((id) => [
      collectionName(id, 256),
      collectionName(id, 384),
    ])
    expect(new Set(names).size).toBe(8)
    expect(names[0]).toBe('trimtab-static-1-256')
    for (const name of names) expect(name).toMatch(/^[\w.-]{1,255}$/)
  })
})

describe('qdrantAddress', () => {
  it.each([
    ['http://localhost', 'http://localhost:6333', ''],
    ['https://q.example', 'https://q.example:6333', ''],
    ['https://q.example:443/', 'https://q.example:443', ''],
    ['http://[::1]:80/qdrant/', 'http://[::1]:80', '/qdrant'],
  ])('%s', (url, origin, prefix) => {
    expect(qdrantAddress(url)).toMatchObject({ origin, prefix })
  })
})
