/** Keys in memory, for runtimes without a disk. */
import type { KeyRecord, KeyStore } from '../access/key-store.ts'

export class MemoryKeyStore implements KeyStore {
  readonly #records = new Map<string, KeyRecord>()

  async find(id: string): Promise<KeyRecord | undefined> {
    return this.#records.get(id)
  }

  async list(): Promise<readonly KeyRecord[]> {
    return [...this.#records.values()].sort((a, b) => a.createdAt - b.createdAt)
  }

  async create(record: KeyRecord): Promise<void> {
    if (this.#records.has(record.id)) throw new Error(`There is a key ${record.id} already.`)
    this.#records.set(record.id, { ...record })
  }

  async revoke(id: string, at: number): Promise<boolean> {
    const record = this.#records.get(id)
    if (record === undefined) return false
    // The first revocation is the one that counts.
    if (record.revokedAt === undefined) this.#records.set(id, { ...record, revokedAt: at })
    return true
  }
}
