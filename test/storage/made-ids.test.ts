/** Both adapters of the port, and what only the one on disk promises. */
import { join } from 'node:path'
import type Database from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { neverWait, openForWriting } from '../../src/platform/node/sqlite.ts'
import type { MadeId, MadeIds } from '../../src/routing/made-ids.ts'
import { MemoryMadeIds } from '../../src/storage/memory-made-ids.ts'
import { deleteOldIds } from '../../src/storage/retention.ts'
import { SqliteMadeIds } from '../../src/storage/sqlite-made-ids.ts'
import { migratedDatabase, NOON, temporaryFolder } from './ledger-rows.ts'

const DAY_MS = 86_400_000
const FILE: MadeId = {
  id: 'file-1',
  tenant: 'acme',
  provider: 'openai',
  account: 'one',
  replica: 'openai/api.openai.com:443/one',
  madeAt: NOON,
  maker: undefined,
  batch: undefined,
}
const BATCH: MadeId = {
  ...FILE,
  id: 'batch_1',
  maker: {
    team: 'red',
    key: { id: 'k1', name: 'ci' },
    user: undefined,
    workflow: 'nightly',
    step: 'tag',
    session: undefined,
    tags: { market: 'eu' },
  },
}
const OUTPUT: MadeId = { ...FILE, id: 'file-2', batch: 'batch_1' }

describe.each([
  ['MemoryMadeIds', async () => ({ madeIds: new MemoryMadeIds() as MadeIds, dispose: () => {} })],
  [
    'SqliteMadeIds',
    async () => {
      const disk = await onDisk()
      return { madeIds: disk.open() as MadeIds, dispose: disk.remove }
    },
  ],
])('%s', (_, open) => {
  let madeIds: MadeIds
  let dispose: () => void

  beforeEach(async () => {
    ;({ madeIds, dispose } = await open())
  })
  afterEach(() => dispose())

  test('finds what was remembered, at once and after it is kept', async () => {
    const kept = madeIds.remember([FILE, BATCH, OUTPUT])
    for (const one of [FILE, BATCH, OUTPUT]) expect(await madeIds.find(one.id)).toEqual(one)
    await kept
    for (const one of [FILE, BATCH, OUTPUT]) expect(await madeIds.find(one.id)).toEqual(one)
    expect(await madeIds.find('file-3')).toBeUndefined()
  })

  test('the first to make an id stays its maker', async () => {
    await madeIds.remember([FILE])
    await madeIds.remember([{ ...FILE, tenant: 'thief', account: 'two' }])
    expect(await madeIds.find(FILE.id)).toEqual(FILE)
  })

  test('a batch is billed by one reader, and by another where the first could not', async () => {
    await madeIds.remember([OUTPUT])
    const first = { requestId: 'req_1', at: NOON }
    expect(await madeIds.claimBatch(OUTPUT.id, first)).toEqual(first)
    expect(await madeIds.claimBatch(OUTPUT.id, { requestId: 'req_2', at: NOON + 1 })).toBeUndefined()
    madeIds.abandonBatch(OUTPUT.id)
    expect(await madeIds.claimBatch(OUTPUT.id, first)).toEqual(first)
  })
})

describe('SqliteMadeIds', () => {
  let disk: Awaited<ReturnType<typeof onDisk>>

  beforeEach(async () => {
    disk = await onDisk()
  })
  afterEach(() => disk.remove())

  test('a reader that was cut off left its claim: the next process bills under the same request, until that is settled', async () => {
    const before = disk.open()
    await before.remember([OUTPUT])
    const first = { requestId: 'req_1', at: NOON }
    expect(await before.claimBatch(OUTPUT.id, first)).toEqual(first)
    const later = { requestId: 'req_2', at: NOON + DAY_MS }
    expect(await disk.open().claimBatch(OUTPUT.id, later)).toEqual(first)
    disk.database.exec(
      `INSERT INTO requests (id, at, instance, tenant, workflow, endpoint, stream, status)
       VALUES ('req_1', ${NOON}, 1, 'acme', 'nightly', 'batches', 0, 500)`,
    )
    expect(await disk.open().claimBatch(OUTPUT.id, later)).toEqual(first)
    disk.database.exec("UPDATE requests SET status = 200 WHERE id = 'req_1'")
    expect(await disk.open().claimBatch(OUTPUT.id, later)).toBeUndefined()
  })

  test('while another process holds the lock nothing is lost, and a claim waits', async () => {
    const other = openForWriting(disk.path)
    const madeIds = disk.open()
    other.exec('BEGIN IMMEDIATE')
    const kept = madeIds.remember([OUTPUT])
    const claim = madeIds.claimBatch(OUTPUT.id, { requestId: 'req_1', at: NOON })
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(count()).toBe(0)
    expect(await madeIds.find(OUTPUT.id)).toEqual(OUTPUT)
    other.exec('COMMIT')
    other.close()
    await kept
    expect(count()).toBe(1)
    expect(await claim).toEqual({ requestId: 'req_1', at: NOON })
  })

  test('what nobody asks for is forgotten with the requests, what is in use stays, and what is billed goes with its bill', async () => {
    let now = NOON
    const madeIds = disk.open(() => now)
    await madeIds.remember([FILE, BATCH, OUTPUT])
    await madeIds.claimBatch(OUTPUT.id, { requestId: 'req_1', at: NOON })
    now = NOON + 60 * DAY_MS
    for (const { id } of [FILE, OUTPUT]) await madeIds.find(id)
    await madeIds.remember([{ ...FILE, id: 'file-9', madeAt: now }])
    const retention = { requestsMs: 90 * DAY_MS, rollupsMs: Number.POSITIVE_INFINITY }
    expect(deleteOldIds(disk.database, NOON + 89 * DAY_MS, retention)).toBe(0)
    expect(deleteOldIds(disk.database, NOON + 91 * DAY_MS, retention)).toBe(2)
    expect(disk.database.prepare('SELECT id FROM made_ids ORDER BY id').pluck().all()).toEqual([
      'file-1',
      'file-9',
    ])
    expect(
      deleteOldIds(disk.database, NOON + 1000 * DAY_MS, {
        ...retention,
        requestsMs: Number.POSITIVE_INFINITY,
      }),
    ).toBe(0)
  })

  function count(): unknown {
    return disk.database.prepare('SELECT count(*) FROM made_ids').pluck().get()
  }
})

async function onDisk() {
  const folder = temporaryFolder()
  const path = join(folder.path, 'ledger.db')
  const database: Database.Database = await migratedDatabase(path)
  neverWait(database)
  return {
    path,
    database,
    open: (now: () => number = () => NOON) => new SqliteMadeIds({ database, now, warn: () => {} }),
    remove() {
      database.close()
      folder.remove()
    },
  }
}
