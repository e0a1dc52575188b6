import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import type { KeyRecord, KeyStore } from '../../src/access/key-store.ts'
import { neverWait } from '../../src/platform/node/sqlite.ts'
import { MemoryKeyStore } from '../../src/storage/memory-key-store.ts'
import { sqliteKeyStore } from '../../src/storage/sqlite-key-store.ts'
import { holdLock } from './hold-lock.ts'
import { migratedDatabase, NOON, temporaryFolder } from './ledger-rows.ts'

const full: KeyRecord = {
  id: 'k1',
  name: 'ci',
  digest: 'ab'.repeat(32),
  tenant: 'acme',
  team: 'red',
  models: ['gpt-*'],
  workflows: [],
  requestsPerMinute: 60,
  tokensPerMinute: 1000,
  createdAt: NOON,
  expiresAt: NOON + 1,
  revokedAt: undefined,
}
const bare: KeyRecord = {
  ...full,
  id: 'k2',
  team: undefined,
  models: undefined,
  workflows: undefined,
  requestsPerMinute: undefined,
  tokensPerMinute: undefined,
  createdAt: NOON - 1,
  expiresAt: undefined,
}

keyStoreContract('MemoryKeyStore', async () => ({ keys: new MemoryKeyStore(), dispose: () => {} }))
keyStoreContract('sqliteKeyStore', async () => {
  const folder = temporaryFolder()
  const database = await migratedDatabase(join(folder.path, 'ledger.db'))
  return {
    keys: sqliteKeyStore(database),
    dispose: () => {
      database.close()
      folder.remove()
    },
  }
})

test('sqliteKeyStore: a revocation by another connection holds for the next look-up', async () => {
  const folder = temporaryFolder()
  const path = join(folder.path, 'ledger.db')
  const [serving, command] = [await migratedDatabase(path), await migratedDatabase(path)]
  const keys = sqliteKeyStore(serving)
  await keys.create(full)
  expect((await keys.find('k1'))?.revokedAt).toBeUndefined()
  await sqliteKeyStore(command).revoke('k1', NOON + 5)
  expect((await keys.find('k1'))?.revokedAt).toBe(NOON + 5)
  serving.close()
  command.close()
  folder.remove()
})

test('sqliteKeyStore: writes wait for another process without holding up the event loop', async () => {
  const folder = temporaryFolder()
  const path = join(folder.path, 'ledger.db')
  const database = await migratedDatabase(path)
  neverWait(database)
  const keys = sqliteKeyStore(database)
  const holder = await holdLock(path)
  const created = keys.create(full)
  for (let turns = 0; turns < 5; turns++) await pause(5)
  expect(await keys.find('k1')).toBeUndefined()
  holder.release()
  await created
  expect(await keys.find('k1')).toEqual(full)
  database.close()
  folder.remove()
})

function keyStoreContract(name: string, open: () => Promise<{ keys: KeyStore; dispose: () => void }>): void {
  describe(name, () => {
    test('find: a key comes back as it was created, and an unknown one is undefined', async () => {
      const { keys, dispose } = await open()
      await keys.create(full)
      await keys.create(bare)
      expect(await keys.find('k1')).toEqual(full)
      expect(await keys.find('k2')).toEqual(bare)
      expect(await keys.find('k3')).toBeUndefined()
      dispose()
    })

    test('list: the oldest first', async () => {
      const { keys, dispose } = await open()
      await keys.create(full)
      await keys.create(bare)
      expect((await keys.list()).map(({ id }) => id)).toEqual(['k2', 'k1'])
      dispose()
    })

    test('create: a second key of the same id is refused', async () => {
      const { keys, dispose } = await open()
      await keys.create(full)
      await expect(keys.create({ ...bare, id: 'k1' })).rejects.toThrow()
      expect(await keys.find('k1')).toEqual(full)
      dispose()
    })

    test('revoke: the first time counts; an unknown id is false', async () => {
      const { keys, dispose } = await open()
      await keys.create(full)
      expect(await keys.revoke('k1', NOON + 5)).toBe(true)
      expect(await keys.revoke('k1', NOON + 9)).toBe(true)
      expect(await keys.find('k1')).toEqual({ ...full, revokedAt: NOON + 5 })
      expect(await keys.revoke('k3', NOON)).toBe(false)
      dispose()
    })
  })
}
