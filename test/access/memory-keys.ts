/** Keys in memory: what tests of access need of the port. */
import { createHash } from 'node:crypto'
import type { KeyRecord, KeyStore } from '../../src/access/key-store.ts'

export function memoryKeys(records: KeyRecord[] = []): KeyStore & { records: KeyRecord[] } {
  return {
    records,
    find: async (id) => records.find((record) => record.id === id),
    list: async () => records,
    create: async (record) => {
      records.push(record)
    },
    revoke: async (id, at) => {
      const index = records.findIndex((record) => record.id === id)
      const record = records[index]
      if (record === undefined) return false
      records[index] = { ...record, revokedAt: at }
      return true
    },
  }
}

export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
