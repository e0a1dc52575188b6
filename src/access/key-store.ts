/** The port to the keys that trimtab gave out. A secret is never stored, only its SHA-256 digest. */

export interface KeyRecord {
  /** Public part of the key; looked up by it, so that no secret is ever compared by an index. */
  id: string
  name: string
  /** SHA-256 of the whole key, hex. */
  digest: string
  tenant: string
  team: string | undefined
  /** Globs; undefined: all. */
  models: readonly string[] | undefined
  workflows: readonly string[] | undefined
  requestsPerMinute: number | undefined
  tokensPerMinute: number | undefined
  /** Unix milliseconds. */
  createdAt: number
  expiresAt: number | undefined
  revokedAt: number | undefined
}

export interface KeyStore {
  /** A key that was revoked a second ago, by another process too, comes back with `revokedAt`. */
  find(id: string): Promise<KeyRecord | undefined>
  list(): Promise<readonly KeyRecord[]>
  create(record: KeyRecord): Promise<void>
  /** False where no key has this id. */
  revoke(id: string, at: number): Promise<boolean>
}
