/** Budgets: nothing is begun that they do not hold, by one process or by two. */
import Database from 'better-sqlite3'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { ask, chat, errorOf } from '../../support/ask.ts'
import { settledLedger } from '../../support/ledger-file.ts'
import { type MockProvider, startMockProvider } from '../../support/mock-provider/mock-provider.ts'
import { type Inside, startInside } from '../../support/start-inside.ts'
import { startTrimtab, type Trimtab } from '../../support/start-trimtab.ts'

let mock: MockProvider
const running: { stop(): Promise<unknown> }[] = []

beforeAll(async () => {
  mock = await startMockProvider()
})

afterEach(async () => {
  mock.script([])
  mock.release()
  for (const one of running.splice(0)) await one.stop()
})

afterAll(() => mock.close())

/** A token of output costs a micro-dollar, one of input nothing. */
const config = (more = '', facts = ''): string => `
default_provider: mock
providers: { mock: { base_url: "${mock.url}", ${facts} } }
prices: { overrides: { mock/m: { input: 0, output: 1 }, mock/cheap: { input: 0, output: 0.001 } } }
${more}
`
const BUDGET = 'budgets: [{ per: month, limit: 0.05 usd }]'
/** Sets aside 0.001 usd. */
const body = (number: number, more: Record<string, unknown> = {}): Record<string, unknown> => ({
  ...chat('m'),
  messages: [{ role: 'user', content: `Question ${number}` }],
  max_tokens: 1000,
  ...more,
})

describe('200 requests at once against a budget that holds 50', () => {
  it('never go above it, and 50 pass, in one process', async () => {
    const trimtab = await inside(BUDGET)
    await race([trimtab.origin])
    await settledLedger(trimtab.ledgerFile)
    const { limit, spent, reserved } = spendOf(trimtab.ledgerFile)
    expect({ reserved, isWithin: spent <= limit }).toEqual({ reserved: 0, isWithin: true })
  })

  it('never go above it, and 50 pass, in two processes on one database', async () => {
    const one: Trimtab = await startTrimtab({ config: config(BUDGET) })
    const other: Trimtab = await startTrimtab({ config: config(BUDGET), folder: one.folder })
    running.push({ stop: () => other.stop({ keep: true }) }, one)
    await race([one.origin, other.origin])
  })

  async function race(origins: readonly string[]): Promise<void> {
    const before = mock.count
    mock.script(() => ({ kind: 'hold' }))
    let refused = 0
    const asked = Array.from({ length: 200 }, async (_, number) => {
      const heard = await ask(origins[number % origins.length] ?? '', body(number))
      if (heard.status === 429) refused++
      return heard
    })
    await vi.waitFor(() => expect([refused, mock.count - before]).toEqual([150, 50]), { timeout: 20_000 })
    mock.release()
    const heard = await Promise.all(asked)
    expect(heard.filter(({ status }) => status === 200)).toHaveLength(50)
    expect(mock.count).toBe(before + 50)
  }
})

it('is refused in words that say which budget, how much, and until when; what was not spent is free again', async () => {
  const trimtab = await inside('budgets: [{ per: day, limit: 0.001 usd, each: user }]')
  const before = mock.count
  expect((await ask(trimtab.origin, body(1, { user: 'ann' }))).status).toBe(200)
  const refused = await ask(trimtab.origin, body(2, { user: 'ann' }))
  expect(refused.status).toBe(429)
  expect(refused.headers['x-should-retry']).toBe('false')
  expect(errorOf(refused)).toMatchObject({ code: 'insufficient_quota', type: 'insufficient_quota' })
  expect(errorOf(refused).message).toMatch(
    /^The budget of 0\.001 usd a day for each user of this installation \(ann\) is used up: 0\.0000\d+ of 0\.001 usd are spent or set aside, this request may cost 0\.001 usd, and it starts anew at 20\d\d-\d\d-\d\dT00:00:00\.000Z\.$/,
  )
  expect(mock.count).toBe(before + 1)
  expect((await ask(trimtab.origin, body(3, { user: 'bob' }))).status).toBe(200)
  expect((await ask(trimtab.origin, body(4, { user: 'ann', max_tokens: 900 }))).status).toBe(200)
  const rows = await settledLedger(trimtab.ledgerFile, ({ length }) => length === 4)
  expect(rows.map(({ status, error }) => [status, error])).toContainEqual([429, 'insufficient_quota'])
})

it('sets aside for an attempt that failed no longer than it lasts', async () => {
  const trimtab = await inside('budgets: [{ per: 30d, limit: 0.0015 usd }]', {
    'default.yaml': 'limits: { retries: 0 }',
  })
  mock.script([{ kind: 'status', status: 503 }])
  expect((await ask(trimtab.origin, body(1))).status).toBe(502)
  expect((await ask(trimtab.origin, body(2))).status).toBe(200)
})

it('sets aside the model’s own maximum where neither caller nor policy bounds the answer, and never more', async () => {
  const trimtab = await inside(BUDGET)
  const known = await inside(BUDGET, {}, 'models: { m: { max_output: 700 } }')
  const asked = { max_tokens: undefined }
  expect(await setAside(trimtab, body(1, asked))).toBe(4_096_000)
  expect(await setAside(known, body(1, asked))).toBe(700_000)
  expect(await setAside(known, body(2, { max_tokens: 100_000 }))).toBe(700_000)
  expect(await setAside(known, body(3, { max_tokens: 50 }))).toBe(50_000)
  expect(await setAside(known, body(4, { ...asked, n: 2 }))).toBe(1_400_000)
})

/** In nano-dollars, while the request is under way. */
async function setAside(trimtab: Inside, request: unknown): Promise<number> {
  const before = mock.count
  mock.script([{ kind: 'hold' }])
  const heard = ask(trimtab.origin, request)
  await mock.until(() => mock.count > before)
  const { reserved } = spendOf(trimtab.ledgerFile)
  mock.release()
  expect((await heard).status).toBe(200)
  await settledLedger(trimtab.ledgerFile)
  return reserved
}

it('refuses a model whose price is unknown, before any call', async () => {
  const trimtab = await inside(BUDGET)
  const before = mock.count
  const refused = await ask(trimtab.origin, body(1, { model: 'strange' }))
  expect(refused.status).toBe(429)
  expect(errorOf(refused).message).toBe(
    'The budget of 0.05 usd a month of this installation cannot count mock/strange, whose price is unknown: state it under prices.overrides, or ask for another model.',
  )
  expect(mock.count).toBe(before)
})

it('degrades to a cheaper tier, and notifies once, as shares of a policy’s budget are reached', async () => {
  const trimtab = await inside('', {
    'default.yaml': `
tiers: { large: { use: mock/m }, small: { use: mock/cheap } }
route: [{ name: all, to: [large, small] }]
budgets: [{ per: week, limit: 1 usd, at: { 0%: { degrade: small }, 50%: notify, 100%: block } }]
`,
  })
  const degraded = await ask(trimtab.origin, body(1))
  expect(degraded.headers['x-trimtab-tier']).toBe('small')
})

it('notifies the operator once, and /readyz as long as the period lasts', async () => {
  const trimtab = await inside('budgets: [{ per: month, limit: 1 usd, at: { 0%: notify } }]')
  for (const number of [1, 2, 3]) expect((await ask(trimtab.origin, body(number))).status).toBe(200)
  const notice =
    'The budget of 1 usd a month of this installation has reached 0%: 0 usd are spent or set aside.'
  expect(trimtab.warnings.filter((line) => line === notice)).toHaveLength(1)
  const ready = await ask(trimtab.origin, '', { path: '/readyz', method: 'GET' })
  expect(ready.text).toContain(notice)
})

async function inside(
  more: string,
  policies: Readonly<Record<string, string>> = {},
  facts = '',
): Promise<Inside> {
  const trimtab = await startInside({ config: config(more, facts), policies })
  running.push(trimtab)
  return trimtab
}

function spendOf(file: string): { limit: number; spent: number; reserved: number } {
  const database = new Database(file, { readonly: true })
  const sum = database
    .prepare('SELECT sum(spent_nano_usd) AS spent, sum(reserved_nano_usd) AS reserved FROM budget_spend')
    .get() as { spent: number; reserved: number }
  database.close()
  return { limit: 50_000_000, ...sum }
}
