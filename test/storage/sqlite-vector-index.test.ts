import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { migrationsFolder } from '../../src/platform/node/package-files.ts'
import { neverWait, openForWriting } from '../../src/platform/node/sqlite.ts'
import { migrate, readMigrations } from '../../src/storage/migrate.ts'
import { SqliteVectorIndex, type SqliteVectorIndexOptions } from '../../src/storage/sqlite-vector-index.ts'
import { removeVectors } from '../../src/storage/vector-removals.ts'
import { IndexUnavailable, type VectorIndex } from '../../src/vectors/vector-index.ts'
import { vectorIndexContract } from '../vectors/index-contract.ts'
import { DIMENSIONS, entryOf } from '../vectors/made-vectors.ts'
import { bundle } from './bundle.ts'
import { holdLock } from './hold-lock.ts'

const NOW = 1_000_000
const MOVE = `UPDATE vectors SET scope = (SELECT scope FROM vector_scopes WHERE tenant = ?)
  WHERE scope = (SELECT scope FROM vector_scopes WHERE tenant = ?)`

let folder: string
let file: string
let warnings: string[]
let opened: SqliteVectorIndex[]

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'trimtab-vectors-'))
  warnings = []
  opened = []
})

afterEach(async () => {
  for (const index of opened) await index.close()
  rmSync(folder, { recursive: true, force: true })
})

const open = (more: Partial<SqliteVectorIndexOptions> = {}): SqliteVectorIndex => {
  const database = openForWriting(file)
  neverWait(database)
  const index = new SqliteVectorIndex({
    database,
    indexName: 'static-1',
    dimensions: DIMENSIONS,
    memoryBytes: 64 << 20,
    diskBytes: 64 << 20,
    mostEntries: 100_000,
    timeLimitMs: 20,
    warn: (message) => warnings.push(message),
    ...more,
  })
  opened.push(index)
  return index
}

let files = 0
const openNew = async (more: Partial<SqliteVectorIndexOptions> = {}): Promise<SqliteVectorIndex> => {
  file = join(folder, `cache-${files++}.db`)
  const database = openForWriting(file)
  await migrate(database, readMigrations(join(migrationsFolder(), 'cache')), Date.now)
  database.close()
  return open(more)
}
const fill = async (index: VectorIndex, count: number, partition = 'aa11'): Promise<void> => {
  for (let id = 0; id < count; id++) index.add(entryOf(id, { partition }))
  await index.flushed()
}
const ids = async (index: VectorIndex, id: number, count = 1, partition = 'aa11'): Promise<string[]> => {
  const found = await index.nearest({ ...entryOf(id), partition, count, nowMs: NOW })
  return found.map((neighbour) => neighbour.id)
}

describe('SqliteVectorIndex', () => {
  vectorIndexContract({
    open: openNew,
    reopen: async () => open(),
    async confuse(from, to) {
      const database = openForWriting(file)
      database.prepare(MOVE).run(to.tenant, from.tenant)
      database.close()
    },
  })

  it('reads a large partition in turns, and is asked meanwhile', async () => {
    await fill(await openNew(), 6000)
    const again = open({ timeLimitMs: 10_000 })
    const found = await Promise.all([ids(again, 5999), ids(again, 3), ids(again, 5999)])
    expect(found.flat()).toEqual([5999, 3, 5999].map((id) => entryOf(id).id))
  })

  it('waits no longer than its limit, and answers from what is there', async () => {
    await fill(await openNew(), 6000)
    const again = open({ timeLimitMs: 0 })
    expect(await ids(again, 0)).toEqual([entryOf(0).id])
  })

  it('what is added while a partition is being read is in it once', async () => {
    const first = await openNew()
    await fill(first, 5000)
    const again = open({ timeLimitMs: 10_000 })
    const reading = ids(again, 1)
    again.add(entryOf(7000))
    first.add(entryOf(7001))
    await Promise.all([reading, again.flushed(), first.flushed()])
    again.followOthers()
    const found = await ids(again, 7000, 500)
    expect(new Set(found).size).toBe(500)
    expect(found[0]).toBe(entryOf(7000).id)
    expect(await ids(again, 7001)).toEqual([entryOf(7001).id])
  })

  it('sees what another process writes and purges', async () => {
    const [mine, theirs] = [await openNew(), open()]
    await fill(mine, 3)
    expect(await ids(theirs, 1, 9)).toHaveLength(3)
    mine.add(entryOf(4))
    await mine.flushed()
    theirs.followOthers()
    expect(await ids(theirs, 4)).toEqual([entryOf(4).id])
    const database = openForWriting(file)
    expect(await removeVectors(database, undefined, { workflow: 'support' })).toBe(4)
    database.close()
    expect(await ids(theirs, 4, 9)).toEqual([])
    theirs.followOthers()
    await fill(mine, 1)
    theirs.followOthers()
    expect(await ids(theirs, 0, 9)).toEqual([entryOf(0).id])
  })

  it('a partition that was emptied by another process is found again', async () => {
    const [mine, theirs] = [await openNew(), open()]
    await fill(mine, 2)
    await ids(theirs, 1)
    expect(await mine.sweep(5_000_000)).toBe(2)
    theirs.followOthers()
    await fill(mine, 2)
    theirs.followOthers()
    expect(await ids(theirs, 1, 5)).toHaveLength(2)
  })

  it('what is noted of a question stays with its entry, and goes with it', async () => {
    const index = await openNew()
    await fill(index, 3)
    const notes = async () => (await index.nearest({ ...entryOf(1), count: 1, nowMs: NOW }))[0]?.notes
    const noted = await notes()
    if (noted !== undefined) noted.reading = 'read'
    expect(await notes()).toEqual({ reading: 'read' })
    index.add(entryOf(1, { question: 'another' }))
    await index.flushed()
    expect(await notes()).toEqual({})
  })

  it('a row whose tags are damaged is not found, and is in nobody’s way', async () => {
    const index = await openNew()
    await fill(index, 3)
    const [before] = await index.nearest({ ...entryOf(1), partition: 'aa11', count: 1, nowMs: NOW })
    await index.close()
    const damaging = openForWriting(file)
    expect(
      damaging.prepare("UPDATE vector_entries SET tags = '{cut' WHERE id = ?").run(before?.id).changes,
    ).toBe(1)
    damaging.close()
    const again = open()
    const found = await ids(again, 1, 3)
    expect([found.length, found.includes(before?.id ?? '')]).toEqual([2, false])
    const listed: string[] = []
    for await (const { id } of again.entries()) listed.push(id)
    expect(listed.toSorted()).toEqual(found.toSorted())
    expect(await again.removeWhere({ tags: { nobody: 'has it' } })).toBe(0)
    expect(await again.removeWhere({})).toBe(3)
    expect(warnings).toEqual([])
  })

  it('embedders never meet', async () => {
    const mine = await openNew()
    const theirs = open({ indexName: 'minilm' })
    await fill(mine, 3)
    expect(await ids(theirs, 1, 9)).toEqual([])
    expect(await theirs.removeWhere({})).toBe(0)
    theirs.add(entryOf(1))
    await theirs.flushed()
    expect([await mine.count(), await theirs.count()]).toEqual([3, 1])
  })

  it('keeps the disk within its bound, what expires first going first, and says once what to do', async () => {
    const index = await openNew({ mostEntries: 500 })
    for (let id = 0; id < 1200; id++) index.add(entryOf(id, { expiresAtMs: 2_000_000 + id }))
    await index.flushed()
    expect(await index.count()).toBeLessThanOrEqual(500)
    expect(await ids(index, 1199)).toEqual([entryOf(1199).id])
    expect(await index.answerOf(entryOf(0).id, NOW)).toBeUndefined()
    expect(warnings).toEqual([expect.stringMatching(/outgrown their disk.*use Qdrant/)])
  })

  it('keeps memory within its bound: the partition unasked longest leaves, and is read again', async () => {
    const index = await openNew({ memoryBytes: 300_000 })
    for (const partition of ['a', 'b', 'c']) {
      for (let id = 0; id < 700; id++) index.add(entryOf(id, { id: crypto.randomUUID(), partition }))
    }
    await index.flushed()
    for (const partition of ['a', 'b', 'c', 'a']) {
      expect(await ids(index, 600, 1, partition)).toHaveLength(1)
    }
    expect(warnings).toEqual([])
  })

  it('a partition larger than memory is searched in part, and that is said once', async () => {
    const index = await openNew({ memoryBytes: 100_000 })
    await fill(index, 3000)
    expect(await ids(index, 0)).toEqual([entryOf(0).id])
    await ids(index, 2999)
    expect(warnings).toEqual([expect.stringMatching(/outgrown their memory.*use Qdrant/)])
  })

  it('waits for a locked file without holding up the turn', async () => {
    const index = await openNew()
    await fill(index, 2)
    const lock = await holdLock(file)
    index.add(entryOf(5))
    expect(await ids(index, 1)).toEqual([entryOf(1).id])
    setTimeout(lock.release, 100)
    await index.flushed()
    expect(await ids(index, 5)).toEqual([entryOf(5).id])
    expect(warnings).toEqual([])
  })

  it('a process that is killed while it writes loses nothing that it was told is stored', async () => {
    const index = await openNew()
    const program = await bundle('test/storage/vector-writer.ts')
    const child = spawn(process.execPath, [program.path, file], { stdio: ['ignore', 'pipe', 'inherit'] })
    let told = 0
    for await (const chunk of child.stdout) {
      told = Number(String(chunk).trim().split('\n').at(-1))
      if (told >= 500) break
    }
    child.kill('SIGKILL')
    program.remove()
    expect(await index.count()).toBeGreaterThanOrEqual(told)
    expect(await ids(index, told - 1)).toEqual([entryOf(told - 1).id])
    const database = openForWriting(file)
    expect(database.pragma('integrity_check', { simple: true })).toBe('ok')
    const halves = 'SELECT (SELECT count(*) FROM vectors) - (SELECT entries FROM vector_totals)'
    expect(database.prepare(halves).pluck().get()).toBe(0)
    database.close()
  })

  it('a file that is out of order is unavailable, with one warning', async () => {
    const index = await openNew()
    await fill(index, 800)
    await index.close()
    opened = []
    writeFileSync(file, new Uint8Array(200_000).fill(7), { flag: 'r+' })
    expect(() => open()).toThrow()
    const fresh = await openNew()
    await fill(fresh, 2)
    const database = openForWriting(file)
    database.exec('DROP TABLE vector_scopes; DROP TABLE vectors')
    database.close()
    for (const id of [1, 2])
      expect(() => fresh.nearest({ ...entryOf(id), count: 1, nowMs: NOW })).toThrow(IndexUnavailable)
    fresh.add(entryOf(3))
    await fresh.flushed()
    expect(warnings).toHaveLength(1)
  })
})
