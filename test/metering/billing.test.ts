import { describe, expect, it } from 'vitest'
import { createPricer } from '../../src/metering/price.ts'
import { shippedPriceTable } from '../../src/metering/price-table.ts'
import { usageFromWire } from '../../src/metering/usage.ts'
import { ANTHROPIC_AND_GOOGLE_ROWS, type BillingRow, OPENAI_ROWS, OTHER_ROWS } from './billing-rows.ts'

const ROWS = [...OPENAI_ROWS, ...ANTHROPIC_AND_GOOGLE_ROWS, ...OTHER_ROWS]

describe('the bill', () => {
  it.each(ROWS.map((row) => [`${row.model}: ${row.name}`, row] as const))(
    'is exact to the nano-dollar for %s',
    (_name, row) => {
      const usage = usageFromWire(row.wire)
      const counted = Object.entries(usage?.tokens ?? {}).filter(([, count]) => count > 0)
      expect(Object.fromEntries(counted)).toEqual(row.tokens)
      expect(costOf(row)).toBe(row.nanoUsd)
    },
  )

  it('is held to at least forty blocks, each of another shape or price', () => {
    const asked = new Set(ROWS.map(({ model, wire, at, tiers }) => JSON.stringify([model, wire, at, tiers])))
    expect(asked.size).toBe(ROWS.length)
    expect(ROWS.length).toBeGreaterThanOrEqual(40)
  })
})

function costOf({ model, wire, at, override, tiers }: BillingRow): number | undefined {
  const slash = model.indexOf('/')
  const provider = model.slice(0, slash)
  const usage = usageFromWire(wire)
  if (usage === undefined) throw new Error('nothing was counted')
  const pricer = createPricer({
    table: shippedPriceTable(),
    ...(override === undefined ? {} : { overrides: { [model]: override } }),
    ...(tiers === undefined ? {} : { serviceTiers: tiers }),
  })
  return pricer.price({
    provider,
    priceProvider: provider === 'gpu' ? undefined : provider,
    model: model.slice(slash + 1),
    at: Date.parse(at ?? '2026-11-25T12:00:00Z'),
    tokens: usage.tokens,
    terms: usage.terms,
  })?.costNanoUsd
}
