/** What an answer of a provider that costs by the hour is charged while the hour runs. */
import { expect, it } from 'vitest'
import { createPricer } from '../../src/metering/price.ts'
import { HOURLY, StandingRates, servedTokens } from '../../src/metering/standing-cost.ts'
import { noTokens } from '../../src/metering/tokens.ts'

const HOUR_MS = 3_600_000
const NOON = Date.parse('2026-11-25T12:00:00Z')
const COSTS = new Map([['gpu', { replicas: 2, nanoUsdPerHour: 1_800_000_000 }]])
const tokens = (output: number) => ({ ...noTokens(), output })

it('is what was spent so far, over what was served so far and the answer itself', () => {
  const rates = new StandingRates(COSTS, NOON)
  // 2 × 1.80 usd an hour are 0.001 usd a second.
  expect(rates.nanoUsdFor('gpu', tokens(100), NOON + 10_000)).toBe(10_000_000)
  rates.served('gpu', tokens(100), NOON + 10_000)
  expect(rates.nanoUsdFor('gpu', tokens(300), NOON + 20_000)).toBe(15_000_000)
  expect(rates.nanoUsdFor('gpu', noTokens(), NOON + 20_000)).toBe(0)
  expect(rates.nanoUsdFor('openai', tokens(1), NOON + 20_000)).toBeUndefined()
})

it('goes by the hour before as well, and forgets older ones', () => {
  const rates = new StandingRates(COSTS, NOON)
  rates.served('gpu', tokens(900), NOON + 1000)
  expect(rates.nanoUsdFor('gpu', tokens(100), NOON + HOUR_MS)).toBe(360_000_000)
  expect(rates.nanoUsdFor('gpu', tokens(100), NOON + 3 * HOUR_MS + 1000)).toBe(1_000_000)
})

it('does not count what a prompt cache kept', () => {
  expect(servedTokens({ ...noTokens(), input: 3, cache_read: 100, output: 4 })).toBe(7)
})

it('gives way to a price of the operator’s own, and is no price where nobody counts', () => {
  const question = { provider: 'gpu', priceProvider: undefined, at: NOON + 1000, tokens: tokens(1000) }
  const overrides = { 'gpu/priced': { output: 2 } }
  const counting = createPricer({ hourly: COSTS, now: NOON, overrides })
  expect(counting.price({ ...question, model: 'm' })).toEqual({ costNanoUsd: 1_000_000, version: HOURLY })
  expect(counting.price({ ...question, model: 'priced' })).toEqual({
    costNanoUsd: 2_000_000,
    version: 'override',
  })
  const still = createPricer({ hourly: COSTS, overrides })
  expect(still.price({ ...question, model: 'm' })).toBeUndefined()
  expect(still.list({ ...question, model: 'm' })?.hourly).toEqual({
    replicas: 2,
    nanoUsdPerHour: 1_800_000_000,
  })
})
