/** A budget that comes later counts what the ledger says was spent already: once, whoever asks, restarts or comes first. */
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { parseConfig } from '../../../src/config.ts'
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
const config = (more = ''): string => `
default_provider: mock
providers: { mock: { base_url: "${mock.url}" } }
prices: { overrides: { mock/m: { input: 0, output: 1 } } }
${more}
`

/** Sets aside 0.001 usd, and costs less. */
const body = (number: number, more: Record<string, unknown> = {}): Record<string, unknown> => ({
  ...chat('m'),
  messages: [{ role: 'user', content: `Question ${number}` }],
  max_tokens: 1000,
  ...more,
})

describe('a budget that is added while requests are answered', () => {
  it('holds 200 at once to what is left of it', async () => {
    const trimtab = await startInside({ config: config() })
    running.push(trimtab)
    for (let number = 0; number < 30; number++) await ask(trimtab.origin, body(number))
    await settledLedger(trimtab.ledgerFile)
    const spent = costOf(trimtab.ledgerFile)
    expect(spent).toBeGreaterThan(0)
    const before = mock.count
    mock.script(() => ({ kind: 'hold' }))
    // Room for twenty, and a bit.
    await adopt(trimtab, `budgets: [{ per: month, limit: ${(spent + 20_500_000) / 1e9} usd }]`)
    let refused = 0
    const asked = Array.from({ length: 200 }, async (_, number) => {
      const heard = await ask(trimtab.origin, body(100 + number))
      if (heard.status === 429) refused++
      return heard
    })
    await vi.waitFor(() => expect([refused, mock.count - before]).toEqual([180, 20]), { timeout: 20_000 })
    mock.release()
    const heard = await Promise.all(asked)
    expect(heard.filter(({ status }) => status === 200)).toHaveLength(20)
    await settledLedger(trimtab.ledgerFile)
    expect(spentIn(trimtab.ledgerFile)).toEqual(costOf(trimtab.ledgerFile))
  })

  it('counts those that were under way once they have ended, and their retries too', async () => {
    const trimtab = await startInside({
      config: config(),
      policies: { 'default.yaml': 'limits: { retries: 1 }' },
    })
    running.push(trimtab)
    const before = mock.count
    mock.script([{ kind: 'hold' }, { kind: 'hold' }, { kind: 'rate_limited', seconds: 1 }])
    const asked = [1, 2, 3].map((number) => ask(trimtab.origin, body(number)))
    await mock.until(() => mock.count === before + 3)
    await adopt(trimtab, 'budgets: [{ per: day, limit: 1 usd }]')
    await mock.until(() => mock.count === before + 4)
    mock.release()
    for (const heard of await Promise.all(asked)) expect(heard.status).toBe(200)
    await settledLedger(trimtab.ledgerFile)
    await vi.waitFor(() => expect(spentIn(trimtab.ledgerFile)).toBe(costOf(trimtab.ledgerFile)), {
      timeout: 10_000,
    })
    expect(costOf(trimtab.ledgerFile)).toBeGreaterThan(0)
  })
})

describe('whatever a budget is for', () => {
  const KINDS = ['key', 'team', 'tenant', 'user', 'tag:market']
  const EACH = KINDS.map((each) => `{ per: month, each: "${each}", limit: 9 usd }`)
  const BUDGETS = `[${EACH.join(', ')}, { per: 30d, limit: 9 usd }, { per: week, limit: 9 usd, time_zone: Asia/Tokyo }]`

  it('its past is counted in the same accounts as what comes after', async () => {
    const access = 'access: { mode: keys }'
    const trimtab = await startTrimtab({ config: config(access), policies: { 'support.yaml': '' } })
    running.push(trimtab)
    const callers = [await key(trimtab, 'web', '--team', 'shop'), await key(trimtab, 'desk')]
    await traffic(trimtab, callers)
    save(trimtab.configFile, config(`${access}\nbudgets: ${BUDGETS}`))
    for (const name of ['support', 'default'])
      save(join(trimtab.policiesFolder, `${name}.yaml`), `budgets: ${BUDGETS}`)
    const once = await vi.waitFor(
      () => {
        const found = accountsOf(trimtab)
        expect(new Set(found.map(({ budget }) => budget)).size).toBe(21)
        return found
      },
      { timeout: 20_000 },
    )
    // Two callers of which one has a team, two users and none, two markets and none.
    const scopes = (each: string) =>
      once.filter(({ budget }) => budget.startsWith('/') && budget.includes(`/${each}/`))
    expect(KINDS.map((each) => scopes(each).length)).toEqual([2, 2, 2, 3, 3])
    const all = costOf(join(trimtab.dataFolder, 'ledger.db'))
    for (const each of KINDS)
      expect([each, scopes(each).reduce((sum, { spent }) => sum + spent, 0)]).toEqual([each, all])
    const own = once.filter(({ budget }) => /^(?:support|default)\/\d+/.test(budget))
    expect(own.reduce((sum, { spent }) => sum + spent, 0)).toBe(all)
    await traffic(trimtab, callers)
    await settledLedger(join(trimtab.dataFolder, 'ledger.db'))
    const twice = once.map((account) => ({ ...account, spent: 2 * account.spent }))
    await vi.waitFor(() => expect(accountsOf(trimtab)).toEqual(twice), { timeout: 10_000 })
  })

  async function traffic(trimtab: Trimtab, callers: readonly Record<string, string>[]): Promise<void> {
    for (const [index, caller] of callers.entries()) {
      for (const user of ['ann', 'ben', undefined]) {
        for (const [workflow, tags] of [
          ['support', 'market=eu'],
          ['support', 'market=us'],
          ['other', 'shop=1'],
        ]) {
          const headers = { ...caller, 'x-trimtab-workflow': workflow, 'x-trimtab-tags': tags }
          const heard = await ask(trimtab.origin, body(index, { user }), { headers })
          expect(heard.status).toBe(200)
        }
      }
    }
  }
})

describe('a past is counted once', () => {
  const BUDGET = 'budgets: [{ per: month, limit: 1 usd }]'

  it('over stops and kills, and where a budget is taken out and put back', async () => {
    let trimtab = await startTrimtab({ config: config() })
    const file = join(trimtab.dataFolder, 'ledger.db')
    const again = async (text: string, end: 'stop' | 'kill'): Promise<void> => {
      await settledLedger(file)
      if (end === 'stop') await trimtab.stop({ keep: true })
      else await trimtab.kill()
      trimtab = await startTrimtab({ config: text, folder: trimtab.folder })
    }
    running.push({ stop: () => trimtab.stop() })
    const some = async (): Promise<void> => {
      for (let number = 0; number < 5; number++) {
        const heard = await ask(trimtab.origin, body(number))
        expect(heard.status).toBe(200)
      }
    }
    await some()
    for (const [text, end] of [
      [config(BUDGET), 'kill'],
      [config(BUDGET), 'stop'],
      [config(), 'kill'],
      [config(BUDGET), 'stop'],
      [config(), 'stop'],
      [config(BUDGET), 'kill'],
    ] as const) {
      await again(text, end)
      await some()
    }
    await settledLedger(file)
    await vi.waitFor(() => expect(spentIn(file)).toBe(costOf(file)), { timeout: 10_000 })
  }, 120_000)

  it('where it is taken out and put back while it is still being counted, under traffic', async () => {
    const trimtab = await startInside({ config: config() })
    running.push(trimtab)
    let isOver = false
    let asked = 0
    const clients = [1, 2, 3].map(async () => {
      while (!isOver) expect((await ask(trimtab.origin, body(asked++))).status).toBe(200)
    })
    await vi.waitFor(() => expect(asked).toBeGreaterThan(20), { timeout: 20_000 })
    for (let turn = 0; turn < 6; turn++) {
      for (const more of [BUDGET, '', BUDGET, '']) await adopt(trimtab, more)
      const then = asked
      await vi.waitFor(() => expect(asked).toBeGreaterThan(then + 5), { timeout: 20_000 })
    }
    await adopt(trimtab, BUDGET)
    const then = asked
    await vi.waitFor(() => expect(asked).toBeGreaterThan(then + 20), { timeout: 20_000 })
    isOver = true
    await Promise.all(clients)
    await settledLedger(trimtab.ledgerFile)
    await vi.waitFor(() => expect(spentIn(trimtab.ledgerFile)).toBe(costOf(trimtab.ledgerFile)), {
      timeout: 10_000,
    })
  }, 90_000)

  it('by two processes that take it over at their own time, under traffic', async () => {
    const one = await startTrimtab({ config: config() })
    const other = await startTrimtab({ config: config(), folder: one.folder })
    running.push({ stop: () => other.stop({ keep: true }) }, one)
    const file = join(one.dataFolder, 'ledger.db')
    let isOver = false
    let asked = 0
    const clients = [one, other, one, other].map(async ({ origin }) => {
      while (!isOver) expect((await ask(origin, body(asked++))).status).toBe(200)
    })
    await vi.waitFor(() => expect(asked).toBeGreaterThan(40), { timeout: 20_000 })
    save(one.configFile, config(BUDGET))
    await vi.waitFor(() => expect(holders(file)).toBe(2), { timeout: 20_000 })
    const then = asked
    await vi.waitFor(() => expect(asked).toBeGreaterThan(then + 40), { timeout: 20_000 })
    isOver = true
    await Promise.all(clients)
    await settledLedger(file)
    await vi.waitFor(() => expect(spentIn(file)).toBe(costOf(file)), { timeout: 10_000 })
  }, 90_000)
})

it('is told by explain, with a server and before any has run with it', async () => {
  const trimtab = await startTrimtab({ config: config() })
  const file = join(trimtab.dataFolder, 'ledger.db')
  for (let number = 0; number < 5; number++) await ask(trimtab.origin, body(number, { user: 'ann' }))
  await settledLedger(file)
  const spent = costOf(file) / 1e9
  await trimtab.stop({ keep: true })
  const text = config(`budgets: [{ per: day, each: user, limit: ${(spent + 0.0005).toFixed(9)} usd }]`)
  writeFileSync(trimtab.configFile, text)
  const request = join(trimtab.folder, 'request.json')
  writeFileSync(request, JSON.stringify(body(9, { user: 'ann' })))
  const told = async (by: Trimtab) => {
    const { stdout, stderr } = await by.command('explain', '--file', request, '--json')
    expect(stderr).toBe('')
    return (JSON.parse(stdout) as { budgets: unknown[] }).budgets
  }
  const expected = [{ account: 'ann', spent_usd: spent, earlier_usd: spent, outcome: 'block' }]
  expect(await told(trimtab)).toMatchObject(expected)
  const served = await startTrimtab({ config: text, folder: trimtab.folder })
  running.push(served)
  const refused = await ask(served.origin, body(9, { user: 'ann' }))
  expect([refused.status, errorOf(refused).code]).toEqual([429, 'insufficient_quota'])
  expect(await told(served)).toMatchObject(expected)
  const words = await served.command('explain', '--file', request)
  expect(words.stdout).toContain('of it before this budget was there')
  expect(words.stdout).not.toMatch(/,[,.]/)
  expect(readFileSync(served.configFile, 'utf8')).toBe(text)
})

/** At once: half of it is never read. */
function save(path: string, text: string): void {
  writeFileSync(`${path}.new`, text)
  renameSync(`${path}.new`, path)
}

async function adopt(trimtab: Inside, more: string): Promise<void> {
  const parsed = parseConfig({
    file: { path: trimtab.configFile, text: config(more) },
    environment: {},
    flags: { port: '0' },
  })
  expect(await trimtab.reconfigure(parsed)).toBe(true)
}

async function key(trimtab: Trimtab, name: string, ...options: string[]): Promise<Record<string, string>> {
  const made = (await trimtab.json('keys', 'create', '--name', name, ...options, '--json')) as { key: string }
  return { authorization: `Bearer ${made.key}` }
}

interface Account {
  budget: string
  scope: string
  spent: number
}

function accountsOf({ dataFolder }: Trimtab): Account[] {
  return read<Account>(
    join(dataFolder, 'ledger.db'),
    'SELECT budget, scope, sum(spent_nano_usd) AS spent FROM budget_spend GROUP BY 1, 2 ORDER BY 1, 2',
  )
}

/** Nano-dollars that all attempts cost. */
function costOf(file: string): number {
  return read<{ sum: number }>(file, 'SELECT sum(cost_nano_usd) AS sum FROM attempts')[0]?.sum ?? 0
}

/** What budgets have counted, with what is still set aside. */
function spentIn(file: string): number {
  const [row] = read<{ sum: number }>(
    file,
    'SELECT sum(spent_nano_usd + reserved_nano_usd) AS sum FROM budget_spend',
  )
  return row?.sum ?? 0
}

function holders(file: string): number {
  return read<{ n: number }>(file, 'SELECT count(*) AS n FROM budget_holders')[0]?.n ?? 0
}

function read<Row>(file: string, select: string): Row[] {
  const database = new Database(file, { readonly: true })
  try {
    return database.prepare<[], Row>(select).all()
  } finally {
    database.close()
  }
}
