/** Keeps the keys in use at hand for a moment: a busy key would otherwise cost a look into the database a request. */
import type { KeyRecord, KeyStore } from './key-store.ts'

/** Half of the second within which a revocation must hold. */
const FRESH_MS = 500
const MOST_KEPT = 10_000

/** `elapsedMs` is a clock that never jumps. */
export function recentKeys(store: KeyStore, elapsedMs: () => number): KeyStore {
  const kept = new Map<string, { untilMs: number; record: KeyRecord }>()
  return {
    ...store,
    async find(id) {
      const nowMs = elapsedMs()
      const known = kept.get(id)
      if (known !== undefined && known.untilMs > nowMs) return known.record
      const record = await store.find(id)
      // Ids that are no keys are not kept: anybody could fill the memory with them.
      if (record === undefined) kept.delete(id)
      else {
        if (kept.size >= MOST_KEPT) kept.clear()
        kept.set(id, { untilMs: nowMs + FRESH_MS, record })
      }
      return record
    },
  }
}
