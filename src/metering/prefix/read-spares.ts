/** What each token that was not read from a provider's cache would have cost less, had it been. */

import type { Pricer } from '../price.ts'
import { rateFor } from '../price-row.ts'
import { INPUT_BUCKETS, TOKEN_BUCKETS, type TokenBucket, type Usage } from '../tokens.ts'
import type { AnsweredPrompt } from './prompt-watch.ts'

interface Asked {
  provider: { name: string; priceProvider: string | undefined }
  model: string
  /** Unix milliseconds. */
  at: number
  usage: Usage
}

/** In the order in which they follow what was read: what is written begins there. */
const UNREAD: readonly TokenBucket[] = ['cache_write_1h', 'cache_write_30m', 'cache_write_5m', 'input']
const PLACES = UNREAD.map((bucket) => TOKEN_BUCKETS.indexOf(bucket))
const READ = TOKEN_BUCKETS.indexOf('cache_read')

/** By the list: of what a provider states for its answer as a whole, nobody knows the parts. */
export function readSpares(
  pricer: Pricer,
  { provider, model, at, usage }: Asked,
): Pick<AnsweredPrompt, 'unread' | 'isPriced'> {
  const { tokens, terms } = usage
  const list = pricer.list({ provider: provider.name, priceProvider: provider.priceProvider, model, at })
  const read = list?.row.inOrder[READ]
  const factor = terms?.serviceTier === undefined ? 1 : list?.tiers[terms.serviceTier]
  let whole = 0
  for (const bucket of INPUT_BUCKETS) whole += tokens[bucket]
  const unread: number[] = []
  for (let place = 0; place < UNREAD.length; place++) {
    const count = tokens[UNREAD[place] as TokenBucket]
    if (count === 0) continue
    const rate = list?.row.inOrder[PLACES[place] as number]
    const spared =
      read && rate && factor !== undefined ? (rateFor(rate, whole) - rateFor(read, whole)) * factor : 0
    unread.push(count, Math.max(0, spared))
  }
  return { unread, isPriced: read !== undefined && factor !== undefined }
}
