/** What answered in a provider's place. */
import type { CacheOutcome } from '../metering/ledger.ts'

export type Mechanism = 'exact' | 'semantic' | 'coalesced' | 'knowledge' | 'none'

export function mechanismOf(cache: CacheOutcome | null): Mechanism {
  if (cache === 'exact' || cache === 'semantic' || cache === 'coalesced' || cache === 'knowledge')
    return cache
  return 'none'
}
