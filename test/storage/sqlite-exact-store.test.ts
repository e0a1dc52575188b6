import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { migrationsFolder } from '../../src/platform/node/package-files.ts'
import { openForWriting } from '../../src/platform/node/sqlite.ts'
import { exactAnswer } from '../../src/storage/exact-answer-rows.ts'
import { exactAnswers } from '../../src/storage/exact-answers-copy.ts'
import { migrate, readMigrations } from '../../src/storage/migrate.ts'
import { purgeExactAnswers, SqliteExactStore } from '../../src/storage/sqlite-exact-store.ts'
import { exactStoreContract, remembered } from '../cache/exact-store.contract.ts'

let folder: string
let stores: SqliteExactStore[]
const warnings: string[] = []

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'trimtab-cache-'))
  stores = []
  const database = openForWriting(join(folder, 'cache.db'))
  await migrate(database, readMigrations(join(migrationsFolder(), 'cache')), Date.now)
  database.close()
})

afterEach(() => {
  for (const store of stores) store.close()
  rmSync(folder, { recursive: true, force: true })
})

const open = (more: { memoryBytes?: number; diskBytes?: number } = {}): SqliteExactStore => {
  const store = new SqliteExactStore({
    database: openForWriting(join(folder, 'cache.db')),
    memoryBytes: 1 << 20,
    diskBytes: 1 << 20,
    now: Date.now,
    warn: (message) => warnings.push(message),
    ...more,
  })
  stores.push(store)
  return store
}

describe('SqliteExactStore', () => {
  exactStoreContract(open)

  it('survives a restart, and is shared by processes', async () => {
    const first = open()
    first.remember(remembered('k'))
    const second = open()
    await vi.waitFor(() => expect(second.find('k', 1500)?.model).toBe('gpt-5.5'))
  })

  it('writes what waits before it closes, however much it is', () => {
    const store = open()
    for (let index = 0; index < 120; index++) store.remember(remembered(`${index}`))
    store.close()
    const next = open()
    expect(['0', '60', '119'].map((key) => next.find(key, 1500)?.model)).toEqual(Array(3).fill('gpt-5.5'))
  })

  it('forgets what another process purged, from memory too', async () => {
    const store = open()
    store.remember(remembered('k'))
    expect((await store.stats()).answers).toBe(1)
    const other = openForWriting(join(folder, 'cache.db'))
    expect(purgeExactAnswers(other, {})).toBe(1)
    other.close()
    expect(store.find('k', 1500)).toBeDefined()
    await store.followPurges()
    expect(store.find('k', 1500)).toBeUndefined()
  })

  it('does not bring back what another process purged before it was written', async () => {
    const store = open()
    store.remember(remembered('k'))
    const other = openForWriting(join(folder, 'cache.db'))
    purgeExactAnswers(other, {})
    // Writes what waits, as a moment later would.
    expect((await store.stats()).answers).toBe(0)
    await store.followPurges()
    expect(store.find('k', 1500)).toBeUndefined()
    store.remember(remembered('later'))
    purgeExactAnswers(other, {})
    await store.followPurges()
    store.remember(remembered('new'))
    expect((await store.stats()).answers).toBe(1)
    other.close()
  })

  it('forgets what another process purged, also where it purges something else itself', async () => {
    const store = open()
    store.remember(remembered('k'))
    await store.stats()
    const other = openForWriting(join(folder, 'cache.db'))
    purgeExactAnswers(other, {})
    other.close()
    await store.purge({ workflow: 'another' })
    await store.followPurges()
    expect(store.find('k', 1500)).toBeUndefined()
  })

  it('keeps the disk within its bound, the first to expire going first', async () => {
    const store = open({ memoryBytes: 0, diskBytes: 40_000 })
    for (let index = 0; index < 400; index++) {
      store.remember(remembered(`${index}`, { body: new Uint8Array(200), expiresAt: 2000 + index }))
      if (index % 20 === 0) await store.stats()
    }
    expect((await store.stats()).bytes).toBeLessThanOrEqual(40_000)
    expect(store.find('399', 1500)).toBeDefined()
    expect(store.find('0', 1500)).toBeUndefined()
  })

  it.each([
    ["usage = '{cut'"],
    ["tokens = 'null'"],
    ["tokens = '[1]'"],
    [`tokens = '{"input":"x"}'`],
    [`tokens = '{"of_another_version":5}'`],
    ["form = 'odd'"],
    ["content_type = 'text/plain' || char(10) || 'x: y'"],
    ["body = 'text'"],
    ["created_at = 'yesterday'"],
    ["expires_at = 'tomorrow'"],
  ])('a row that is damaged (%s) is a miss, and is replaced', async (damage) => {
    warnings.length = 0
    const store = open({ memoryBytes: 0 })
    store.remember(remembered('k'))
    store.remember(remembered('sound'))
    await store.stats()
    const other = openForWriting(join(folder, 'cache.db'))
    expect(other.prepare(`UPDATE exact_answers SET ${damage} WHERE key = 'k'`).run().changes).toBe(1)
    expect([store.find('k', 1500), exactAnswer(other, 'k', 1500)]).toEqual([undefined, undefined])
    expect([...exactAnswers(other, 1500)].map(({ key }) => key)).toEqual(['sound'])
    expect([store.find('sound', 1500)?.key, warnings]).toEqual(['sound', []])
    other.close()
    store.remember(remembered('k', { model: 'newer' }))
    await store.stats()
    expect(store.find('k', 1500)?.model).toBe('newer')
  })

  it('a database that is gone is a miss and one warning', () => {
    const store = open({ memoryBytes: 0 })
    stores.pop()
    store.close()
    warnings.length = 0
    expect([store.find('k', 1500), store.find('l', 1500)]).toEqual([undefined, undefined])
    store.remember(remembered('k'))
    expect(warnings).toHaveLength(1)
  })
})
