/** What a route in shadow would have done, in the report: from rows, from their sums, and priced again. */
import Database from 'better-sqlite3'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type ReportOptions, reportCommand } from '../../src/commands/report.ts'
import type { ReportQuery } from '../../src/metering/reports.ts'
import { openLedgerReader } from '../../src/platform/node/node-ledger.ts'
import { reprice } from '../../src/storage/reprice.ts'
import { HOUR_MS, hourOf, rollUp } from '../../src/storage/rollups.ts'
import { ask, chat } from '../support/ask.ts'
import { settledLedger } from '../support/ledger-file.ts'
import { type MockProvider, startMockProvider } from '../support/mock-provider/mock-provider.ts'
import { type Inside, startInside } from '../support/start-inside.ts'

const TIERS = `
tiers:
  papers: { collection: faq }
  small: { use: [mock/small] }
  large: { use: [mock/large] }
  odd: { use: [mock/unpriced] }
`

let mock: MockProvider
let trimtab: Inside

beforeEach(async () => {
  mock = await startMockProvider()
  trimtab = await startInside({
    config: `
default_provider: mock
providers: { mock: { base_url: "${mock.url}", models: [small, large, unpriced] } }
prices: { overrides: { mock/small: { input: 1, output: 2 }, mock/large: { input: 10, output: 20 } } }
`,
    policies: {
      'tried.yaml': `${TIERS}
route:
  mode: shadow
  rules:
    - { name: odd, when: { tags: { kind: odd } }, to: odd }
    - { name: short, when: { tokens: { below: 100 } }, to: [papers, small, large] }`,
      'acts.yaml': `${TIERS}route: [{ name: all, to: large }]`,
    },
  })
})

afterEach(async () => {
  await trimtab.stop()
  await mock.close()
})

it('tells how many would have gone elsewhere, to which tier, and what that would have cost less', async () => {
  await asked('mock/large', 'tried')
  await asked('mock/small', 'tried')
  await asked('mock/large', 'tried', { 'x-trimtab-tags': 'kind=odd' })
  await asked('mock/large', 'tried', {}, 'x '.repeat(400))
  await asked('tried', undefined)
  await asked('mock/large', 'acts')
  await settledLedger(trimtab.ledgerFile)

  const { rows, totals } = await report(['workflow'])
  expect(rows.find(({ workflow }) => workflow === 'acts')?.shadow_route).toBeUndefined()
  const told = rows.find(({ workflow }) => workflow === 'tried')?.shadow_route
  expect(told).toMatchObject({ requests: 3, elsewhere: 2, unpriced: 1 })
  expect(totals.shadow_route).toEqual(told)
  const byTier = (await report(['workflow', 'shadow_tier'])).rows.filter(
    ({ workflow }) => workflow === 'tried',
  )
  const small = byTier.find(({ shadow_tier }) => shadow_tier === 'small')
  expect(small?.shadow_route).toMatchObject({ requests: 2, elsewhere: 1, unpriced: 0 })
  expect(byTier.find(({ shadow_tier }) => shadow_tier === 'odd')?.shadow_route).toEqual({
    requests: 1,
    elsewhere: 1,
    unpriced: 1,
    saved_usd: null,
  })
  expect(byTier.find(({ shadow_tier }) => shadow_tier === null)?.requests).toBe(2)
  // The large one is ten times as dear: of the request that it answered, nine tenths.
  const short = (await report(['shadow_tier', 'model'])).rows.find(
    ({ shadow_tier, model }) => shadow_tier === 'small' && model === 'large',
  )
  expect(told?.saved_usd).toBeCloseTo(0.9 * (short?.cost_usd ?? 0), 12)
  expect(told?.saved_usd).toBeGreaterThan(0)

  const text = await printed({ by: 'workflow' })
  expect(text).toMatch(/shadow route +to +would save/)
  expect(text).toMatch(/tried .* 2 +(odd 1, small 1|small 1, odd 1) +≥ \$0\.0/)
  expect(text).toMatch(/acts .* – +– +–/)
  expect(await printed({ csv: true, by: 'workflow' })).toContain('shadow_route_saved_usd')
})

it('stays when requests are gone, and follows prices', async () => {
  await asked('mock/large', 'tried')
  await settledLedger(trimtab.ledgerFile)
  const before = (await report(['workflow', 'shadow_tier', 'user'])).rows[0]
  expect(before).toMatchObject({ shadow_tier: 'small', shadow_route: { requests: 1, elsewhere: 1 } })
  const writing = new Database(trimtab.ledgerFile)
  const at = writing.prepare<[], number>('SELECT at FROM requests').pluck().get() ?? 0
  const span = { since: hourOf(at), until: hourOf(at) + HOUR_MS }
  reprice(
    writing,
    span,
    ({ model, tokens }) => {
      const nanoUsd = tokens.input * (model === 'large' ? 70 : 20)
      return { costNanoUsd: nanoUsd, priceVersion: 'later', baselineNanoUsd: nanoUsd }
    },
    at + 1,
  )
  const { tokens, shadow_route } = (await report(['workflow'])).totals
  expect(shadow_route?.saved_usd).toBeCloseTo((tokens.input * 50) / 1e9, 12)
  expect(await rollUp({ reading: writing, writing }, hourOf(at), 'wait')).toBe('written')
  writing.exec('UPDATE rollups SET raw = 0; DELETE FROM attempts; DELETE FROM requests')
  writing.close()
  const { rows } = await report(['workflow', 'shadow_tier'], span)
  expect(rows).toMatchObject([{ workflow: 'tried', shadow_tier: 'small', shadow_route }])
})

async function asked(
  model: string,
  workflow: string | undefined,
  more: Record<string, string> = {},
  content = 'Which way?',
): Promise<void> {
  const headers = { ...(workflow !== undefined && { 'x-trimtab-workflow': workflow }), ...more }
  const { status } = await ask(
    trimtab.origin,
    { ...chat(model), messages: [{ role: 'user', content }] },
    { headers },
  )
  expect(status).toBe(200)
}

async function report(by: ReportQuery['by'], span?: Pick<ReportQuery, 'since' | 'until'>) {
  const { reader, close } = openLedgerReader(trimtab.ledgerFile)
  try {
    return await reader.report({ since: 0, until: Date.now() + HOUR_MS, timeZone: 'UTC', ...span, by })
  } finally {
    close()
  }
}

async function printed(options: ReportOptions): Promise<string> {
  const { reader, close } = openLedgerReader(trimtab.ledgerFile)
  const lines: string[] = []
  const output = {
    out: (line: string) => void lines.push(line),
    error: (line: string) => void lines.push(line),
  }
  await reportCommand(options, { reader, now: Date.now() + 1000 }, output)
  close()
  return lines.join('\n')
}
