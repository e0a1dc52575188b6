/** The prices of the bill's tests, and what they make of what the mock counted: sums of whole nano-dollars, by hand. */
import { COUNTED, type Counted, type CountedBucket } from '../support/mock-provider/counted.ts'
import { SHAPE_NAMES, statedNanoUsd } from '../support/mock-provider/usage-shapes.ts'

/** Provider → the model that it is asked for; `gone` cannot be reached, `strange` has no price. */
export const MODELS: Readonly<Record<string, string>> = {
  ...Object.fromEntries(SHAPE_NAMES.map((name) => [name, `as-${name}`])),
  strange: 'as-vllm',
  gone: 'as-openai',
  embedder: 'text-embedding-3-small',
}
const PRICED = Object.keys(MODELS).filter((name) => name !== 'strange' && name !== 'openrouter')
const CACHE: readonly CountedBucket[] = ['cache_read', 'cache_write_5m', 'cache_write_30m', 'cache_write_1h']

/** Which of the two lists of prices holds. */
export type Edition = 1 | 2

/** USD per million tokens: a whole number, so that a token is a whole number of nano-dollars. */
function usdPerMillion(provider: string, bucket: CountedBucket, edition: Edition): number {
  return 1 + ((PRICED.indexOf(provider) * 7 + COUNTED.indexOf(bucket) * 3 + edition * 5) % 11)
}

/** `prices.overrides` of `trimtab.yaml`, as JSON. */
export function overrides(edition: Edition): string {
  const rows = PRICED.map((provider) => [
    `${provider}/${MODELS[provider]}`,
    Object.fromEntries(COUNTED.map((bucket) => [bucket, usdPerMillion(provider, bucket, edition)])),
  ])
  return JSON.stringify(Object.fromEntries(rows))
}

/** Nano-dollars; null where nobody knows. OpenRouter says itself what it charges. */
export function costOf(provider: string, it: Counted, edition: Edition): number | null {
  if (provider === 'openrouter') return statedNanoUsd(it)
  if (!PRICED.includes(provider)) return null
  return COUNTED.reduce(
    (sum, bucket) => sum + it[bucket] * 1000 * usdPerMillion(provider, bucket, edition),
    0,
  )
}

/** The same without the provider's prompt cache; as charged, where only the sum is known. */
export function uncachedCostOf(provider: string, it: Counted, edition: Edition): number | null {
  if (provider === 'openrouter') return statedNanoUsd(it)
  const cached = CACHE.reduce((sum, bucket) => sum + it[bucket], 0)
  const none = Object.fromEntries(CACHE.map((bucket) => [bucket, 0]))
  return costOf(provider, { ...it, ...none, input: it.input + cached }, edition)
}
