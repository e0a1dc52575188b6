import { expect, it } from 'vitest'
import { hourlyLines, hourlyPrice } from '../../src/commands/hourly-text.ts'

const used = {
  provider: 'gpu',
  usd: 7,
  unserved_usd: 0,
  replica_hours: 2,
  idle_share: 0.904,
  tokens: 3e6,
  output_tokens: 2e6,
  usd_per_million_tokens: 7 / 3,
  usd_per_million_output_tokens: 3.5,
}

it('says what standing ready cost, how idle it was, and what was in nobody’s bill', () => {
  const idle = { ...used, provider: 'spare', output_tokens: 0, unserved_usd: 7, idle_share: 1 }
  const lines = hourlyLines([used, { ...idle, usd_per_million_output_tokens: null }])
  expect(lines).toEqual([
    'gpu stood ready for 2 replica-hours at $7.00, idle 90 % of the time: $3.50 for a million tokens of output.',
    "spare stood ready for 2 replica-hours at $7.00, idle 100 % of the time: nothing was answered; $7.00 of it in hours that served nothing, in no row's cost.",
  ])
})

it('says no price of what it does not know for how long it stood ready', () => {
  const fresh = { ...used, usd: 0, replica_hours: 0, usd_per_million_output_tokens: null }
  expect(hourlyLines([fresh])).toEqual(['gpu has only just begun to stand ready.'])
})

it('says an hour’s price, of each replica where there are several', () => {
  expect(hourlyPrice(3.5, 1)).toBe('$3.50 an hour, over what is served')
  expect(hourlyPrice(0.875, 4)).toBe('$0.875 an hour for each of 4 replicas, over what is served')
})
