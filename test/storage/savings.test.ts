/** The savings ledger's identities, over whatever requests there are. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ReportFigures } from '../../src/metering/reports.ts'
import { ReportBuilder, type ReportedRequest } from '../../src/storage/report-builder.ts'

const nano = fc.integer({ min: 0, max: 1_000_000 })
const attempt = fc.record({
  provider: fc.constantFrom('openai', 'gpu'),
  model: fc.constantFrom('small', 'large'),
  outcome: fc.constantFrom('answered' as const, 'failed' as const, 'insufficient' as const),
  usage: fc.constantFrom('reported' as const, 'estimated' as const),
  costNanoUsd: fc.option(nano, { nil: null, freq: 8 }),
  totalMs: fc.option(fc.nat(1000), { nil: null }),
  tokens: fc.constant([1, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0]),
})
const asked = fc.record({
  attempts: fc.array(attempt, { minLength: 1, maxLength: 3 }),
  baselineNanoUsd: fc.option(nano, { nil: null }),
  cache: fc.constantFrom(
    'miss' as const,
    'bypass' as const,
    'partial' as const,
    'knowledge' as const,
    'audit' as const,
  ),
  savings: fc.option(
    fc.record(
      { model: fc.constant('openai/large'), prefix: nano, trimming: nano, trimmedTokens: fc.nat(100) },
      { requiredKeys: [] },
    ),
    { nil: undefined },
  ),
})
const hit = fc.record({
  attempts: fc.constant([]),
  baselineNanoUsd: fc.option(nano, { nil: null }),
  cache: fc.constantFrom('exact' as const, 'coalesced' as const, 'knowledge' as const),
})
const requests = fc.array(fc.oneof(asked, hit), { minLength: 1, maxLength: 30 })

function report(
  given: readonly Pick<ReportedRequest, 'attempts' | 'baselineNanoUsd' | 'cache' | 'savings'>[],
  by: 'workflow' | 'model',
) {
  const builder = new ReportBuilder({ since: 0, until: 10, timeZone: 'UTC', by: [by] })
  for (const one of given) {
    builder.add({
      ...one,
      at: 1,
      failed: false,
      totalMs: 1,
      firstChunkMs: 1,
      labels: ['a'],
      shadow: null,
      shadowNanoUsd: null,
      semanticWrong: null,
    })
  }
  return builder.finish()
}

function expectIdentities(figures: ReportFigures): void {
  const { baseline_usd, cost_usd, saved_usd, savings, overhead_usd } = figures
  if (baseline_usd === null || cost_usd === null || saved_usd === null) return
  const mechanisms = Object.values(savings).reduce((sum, usd) => sum + usd, 0)
  expect(saved_usd).toBeCloseTo(baseline_usd - cost_usd, 12)
  expect(saved_usd).toBeCloseTo(mechanisms - (overhead_usd ?? 0), 12)
}

describe('savings', () => {
  it.each(['workflow', 'model'] as const)(
    'by %s: baseline − cost = saved = Σ mechanisms − overhead, in rows and totals',
    (by) => {
      fc.assert(
        fc.property(requests, (given) => {
          const { rows, totals } = report(given, by)
          for (const figures of [...rows, totals]) expectIdentities(figures)
          for (const figure of ['baseline_usd', 'saved_usd', 'overhead_usd'] as const) {
            const sum = rows.reduce((total, row) => total + (row[figure] ?? 0), 0)
            if (rows.every((row) => row[figure] !== null)) expect(sum).toBeCloseTo(totals[figure] ?? 0, 12)
          }
        }),
        { numRuns: 1000 },
      )
    },
  )

  it('counts hits, what they saved, and the discount of a prompt cache', () => {
    const priced = {
      provider: 'openai',
      model: 'm',
      outcome: 'answered',
      usage: 'reported',
      totalMs: 40,
      tokens: [],
    } as const
    const { totals } = report(
      [
        { cache: 'exact', attempts: [], baselineNanoUsd: 5e9 },
        { cache: 'coalesced', attempts: [], baselineNanoUsd: 2e9 },
        { cache: 'miss', attempts: [{ ...priced, costNanoUsd: 3e9 }], baselineNanoUsd: 4e9 },
        {
          cache: 'bypass',
          attempts: [
            { ...priced, costNanoUsd: 1e9 },
            { ...priced, costNanoUsd: 2e9 },
          ],
          baselineNanoUsd: 2e9,
        },
      ],
      'workflow',
    )
    expect(totals).toMatchObject({
      hits: { exact: 1, coalesced: 1 },
      baseline_usd: 13,
      cost_usd: 6,
      saved_usd: 7,
      savings: { exact: 5, coalesced: 2, prefix_discount: 1 },
      overhead_usd: 1,
    })
  })

  it('tells whose saving it is where several have a part', () => {
    const tried = {
      provider: 'gpu',
      model: 'small',
      outcome: 'answered',
      usage: 'reported',
      totalMs: 40,
      tokens: [],
    } as const
    const failed = { ...tried, outcome: 'failed', costNanoUsd: 1e9 } as const
    const answered = { ...tried, costNanoUsd: 2e9 }
    const { totals } = report(
      [
        {
          cache: 'miss',
          attempts: [failed, answered],
          baselineNanoUsd: 12e9,
          savings: { model: 'openai/large', prefix: 1e9, trimming: 3e9, trimmedTokens: 7 },
        },
        { cache: 'knowledge', attempts: [], baselineNanoUsd: 4e9 },
        {
          cache: 'knowledge',
          attempts: [answered],
          baselineNanoUsd: 5e9,
          savings: { model: 'openai/large' },
        },
      ],
      'workflow',
    )
    expect(totals).toMatchObject({
      hits: { knowledge: 2 },
      baseline_usd: 21,
      cost_usd: 5,
      saved_usd: 16,
      savings: { knowledge: 7, small_model: 6, prefix_discount: 1, trimming: 3 },
      overhead_usd: 1,
    })
    expect(totals.escalation).toBeUndefined()
    expect(totals.learning).toBeUndefined()
  })

  it('tells what first answers that did not suffice cost and took, and what learning saved', () => {
    const tried = { provider: 'gpu', model: 'small', usage: 'reported', totalMs: 40, tokens: [] } as const
    const answered = { ...tried, outcome: 'answered', costNanoUsd: 2e9 } as const
    const abandoned = { ...tried, outcome: 'insufficient', costNanoUsd: 1e9, totalMs: 300 } as const
    const large = { ...answered, model: 'large', costNanoUsd: 9e9 }
    const bySmall = { model: 'openai/large' }
    const given = [
      { cache: 'miss', attempts: [abandoned, large], baselineNanoUsd: 9e9 },
      { cache: 'miss', attempts: [answered], baselineNanoUsd: 9e9, savings: { ...bySmall, learned: true } },
      { cache: 'miss', attempts: [answered], baselineNanoUsd: 9e9, savings: bySmall },
      { cache: 'audit', attempts: [large], baselineNanoUsd: null },
      { cache: 'miss', attempts: [answered], baselineNanoUsd: null },
    ] as const
    const { rows, totals } = report(given, 'workflow')
    for (const figures of [rows[0], totals]) {
      expect(figures).toMatchObject({
        requests: 4,
        escalation: { requests: 1, rate: 0.25, abandoned_usd: 1, added_ms: 300 },
        savings: { small_model: 14 },
        learning: { requests: 1, saved_usd: 7 },
      })
    }
    const byModel = report(given, 'model').rows
    expect(byModel.map(({ model, escalation }) => [model, escalation?.abandoned_usd])).toEqual([
      ['large', 0],
      ['small', 1],
    ])
  })
})
