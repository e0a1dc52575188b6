import { expect, it } from 'vitest'
import { priceUsage } from '../../src/metering/meter.ts'
import { createPricer } from '../../src/metering/price.ts'
import { usageFromWire } from '../../src/metering/usage.ts'

const WIRE = {
  prompt_tokens: 2194,
  completion_tokens: 27,
  total_tokens: 2221,
  prompt_tokens_details: { cached_tokens: 1500, cache_write_tokens: 600 },
}
/** 94 in at 3, 1,500 read at 0.30, 600 written at 3.75, 27 out at 15 USD per million. */
const LISTED = 3_387_000

it.each([
  ['as the list has it: the list tells what its cache saved', LISTED, 2194 * 3000 + 27 * 15_000],
  ['other than the list has it: nothing is claimed', 3_710_000, 3_710_000],
])('a cost stated %s', (_name, statedNanoUsd, baselineNanoUsd) => {
  const usage = usageFromWire({ ...WIRE, cost: statedNanoUsd / 1e9 })
  if (usage === undefined) throw new Error('nothing was counted')
  const subject = {
    provider: 'openrouter',
    priceProvider: 'openrouter',
    model: 'anthropic/claude-sonnet-4.5',
    at: Date.parse('2026-11-25T12:00:00Z'),
  }
  expect(priceUsage(createPricer(), subject, usage)).toEqual({
    costNanoUsd: statedNanoUsd,
    priceVersion: 'stated',
    baselineNanoUsd,
  })
})

it.each([-1, Number.NaN, 1e7, '0.5', null, { total_cost: 1 }])('%j is no cost', (cost) => {
  expect(usageFromWire({ ...WIRE, cost })?.terms?.statedNanoUsd).toBeUndefined()
})
