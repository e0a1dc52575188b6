/** What `explain` tells of memory, limits and budgets, held against what the running server then does. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Foretold } from '../../src/gateway/explained/foretell.ts'
import { ratiosOf } from '../../src/platform/node/ledger-lessons.ts'
import { ask, type Heard } from '../support/ask.ts'
import { type MockProvider, startMockProvider } from '../support/mock-provider/mock-provider.ts'
import { startTrimtab, type Trimtab } from '../support/start-trimtab.ts'

let mock: MockProvider
let trimtab: Trimtab
let key: string
let tenant: string

const POLICIES = {
  'support.yaml': `
tiers: { large: { use: mock/large }, small: { use: mock/m } }
route: { mode: on, rules: [{ name: all, to: [large, small], output: { max_tokens: 50 } }] }
budgets: [{ per: month, limit: 1 usd, at: { 0%: { degrade: small }, 100%: block } }]
`,
  'watched.yaml': 'cache: { exact: { mode: shadow } }',
  'off.yaml': 'cache: { exact: { mode: off } }',
  'spent.yaml': 'budgets: [{ per: day, each: user, limit: 0.000001 usd }]',
}

beforeAll(async () => {
  mock = await startMockProvider()
  trimtab = await startTrimtab({
    config: `
access: { mode: keys, teams: { web: { tpm: 90000 } } }
default_provider: mock
providers: { mock: { base_url: "${mock.url}", api_key: k } }
prices: { overrides: { mock/m: { input: 1, output: 2 }, mock/large: { input: 10, output: 20 } } }
budgets: [{ per: 24h, limit: 50 usd, at: { 0%: notify } }]
`,
    policies: POLICIES,
  })
  const made = (await trimtab.json(
    'keys',
    'create',
    '--name',
    'desk',
    '--team',
    'web',
    '--rpm',
    '600',
    '--json',
  )) as {
    key: string
    tenant: string
  }
  key = made.key
  tenant = made.tenant
})

afterAll(async () => {
  await trimtab.stop()
  await mock.close()
})

const body = (content: string, more: object = {}) => ({
  model: 'm',
  messages: [{ role: 'user', content }],
  temperature: 0,
  ...more,
})

async function foretold(asked: object, ...flags: string[]): Promise<Foretold> {
  const { stdout } = await told(asked, '--json', ...flags)
  return JSON.parse(stdout) as Foretold
}

function told(asked: object, ...flags: string[]) {
  const file = join(trimtab.folder, 'request.json')
  writeFileSync(file, JSON.stringify(asked))
  return trimtab.command(
    'explain',
    '--file',
    file,
    '--key',
    'desk',
    '--policies',
    trimtab.policiesFolder,
    ...flags,
  )
}

/** As the ledger has taught: the request's bytes by those that a token has had. */
function inputTokens(asked: object): number {
  const bytes = new TextEncoder().encode(JSON.stringify(asked)).byteLength
  return Math.ceil(bytes / ratiosOf(trimtab.dataFolder).bytesPerToken('default'))
}

/** The cost that a refusal names, and the sentence without it. */
function costIn(message = ''): [usd: number, sentence: string] {
  const usd = /cost ([\d.]+) usd/.exec(message)?.[1]
  return [Number(usd), message.replace(usd ?? '', '…')]
}

const asks = (asked: object, workflow?: string): Promise<Heard> =>
  ask(trimtab.origin, asked, {
    headers: {
      authorization: `Bearer ${key}`,
      ...(workflow === undefined ? {} : { 'x-trimtab-workflow': workflow }),
    },
  })

describe('explain, of memory', () => {
  test('finds the answer under the key that the server used, and only once it is there', async () => {
    const asked = body('How deep is the harbour?')
    const before = await foretold(asked)
    expect(before.cache).toMatchObject({
      mode: 'deterministic',
      ttl_ms: 3_600_000,
      outcome: 'miss',
      entry: null,
      tenant,
    })
    expect((await asks(asked)).headers['cache-status']).toBe('trimtab; fwd=miss')
    const after = await foretold(asked)
    expect(after.cache).toMatchObject({
      outcome: 'hit',
      key: before.cache.key,
      entry: { provider: 'mock', model: 'm', tier: null },
    })
    expect((await asks(asked)).headers['cache-status']).toContain('hit')
    expect((await told(asked)).stdout).toContain(
      'It would be answered from memory, by the answer of mock/m of 20',
    )
  })

  test('tells another workflow’s memory apart', async () => {
    const asked = body('How wide is the harbour?')
    await asks(asked)
    expect((await foretold(asked)).cache.outcome).toBe('hit')
    expect((await foretold(asked, '--workflow', 'other')).cache.outcome).toBe('miss')
  })

  test('shadow only counts', async () => {
    const asked = body('How old is the harbour?')
    await asks(asked, 'watched')
    expect((await foretold(asked, '--workflow', 'watched')).cache.outcome).toBe('shadow hit')
    expect((await told(asked, '--workflow', 'watched')).stdout).toContain(
      'only counts what it would have saved',
    )
  })

  test.each([
    ['off', body('hi'), ['--workflow', 'off'], /because its policy switches it off/],
    ['not-deterministic', body('hi', { temperature: 1 }), [], /because its temperature is not 0/],
    ['stored', body('hi', { store: true }), [], /because its provider is asked to keep it/],
    ['number-beyond-double', body('hi', { seed: 2 ** 60 }), [], /holds a number that parsers/],
  ])('%s: says why memory is not asked, in the server’s word', async (reason, asked, flags, words) => {
    const { cache } = await foretold(asked, ...flags)
    expect(cache).toMatchObject({ outcome: 'bypass', reason, key: null, entry: null })
    expect((await asks(asked, flags[1])).headers['cache-status']).toBe(
      `trimtab; fwd=bypass; detail=${reason}`,
    )
    expect((await told(asked, ...flags)).stdout).toMatch(words)
  })
})

describe('explain, of limits', () => {
  test('names those of the key and its team, and what the request takes', async () => {
    const asked = body('How cold is the harbour?', { max_tokens: 40 })
    const { rate_limits } = await foretold(asked)
    const tokens = inputTokens(asked) + 40
    expect(rate_limits).toEqual([
      {
        whose: 'The API key "desk"',
        requests_per_minute: 600,
        tokens_per_minute: null,
        takes_tokens: tokens,
      },
      { whose: 'The team "web"', requests_per_minute: null, tokens_per_minute: 90_000, takes_tokens: tokens },
    ])
    const limited = await asks(asked)
    expect(limited.headers['x-ratelimit-limit-requests']).toBe('600')
    expect(limited.headers['x-ratelimit-limit-tokens']).toBe('90000')
  })

  test('an answer from memory takes no tokens', async () => {
    const asked = body('How calm is the harbour?')
    await asks(asked)
    expect((await foretold(asked)).rate_limits.map(({ takes_tokens }) => takes_tokens)).toEqual([0, 0])
  })

  test('a key that nobody made is told apart from one without limits', async () => {
    const { notes, rate_limits } = await foretold(body('hi'), '--key', 'nobody')
    expect(rate_limits).toEqual([])
    expect(notes).toEqual(['No key named nobody is in force: its limits and its memory are not told.'])
  })
})

describe('explain, of budgets', () => {
  test('tells what is spent, what would be set aside, and that it only notifies', async () => {
    const asked = body('How busy is the harbour?', { max_tokens: 100 })
    const before = await foretold(asked)
    const reserves = (inputTokens(asked) + 200) / 1e6
    expect(before.budgets).toEqual([
      {
        budget: 'The budget of 50 usd in any 24 hours of this installation',
        per: '24h',
        each: null,
        account: null,
        earlier_usd: 0,
        limit_usd: 50,
        spent_usd: expect.any(Number),
        reserves_usd: expect.closeTo(reserves, 9),
        resets_at: null,
        reached: ['0%: notify'],
        outcome: 'notify',
      },
    ])
    const answer = await asks(asked)
    const cost = Number(answer.headers['x-trimtab-cost-usd'])
    expect(cost).toBeGreaterThan(0)
    await expect
      .poll(async () => (await foretold(asked)).budgets[0]?.spent_usd)
      .toBeCloseTo((before.budgets[0]?.spent_usd ?? 0) + cost, 9)
  })

  test('one that degrades leads to the tier that the server then asks', async () => {
    const asked = body('How long is the pier?')
    const { budgets, targets, reasons } = await foretold(asked, '--workflow', 'support')
    expect(budgets.map(({ outcome }) => outcome)).toEqual(['notify', 'degrade'])
    expect(budgets[1]).toMatchObject({ per: 'month', reached: ['0%: degrade to small'] })
    expect(targets.map(({ target }) => target)).toEqual(['mock/m'])
    expect(reasons).toContain('budget: small onwards')
    expect((await asks(asked, 'support')).headers['x-trimtab-model']).toBe('mock/m')
  })

  test('one that blocks is told with the server’s own refusal, by account: exit 1', async () => {
    const asked = body('How tall is the light?', { user: 'ann' })
    const { budgets, failure } = await foretold(asked, '--workflow', 'spent')
    expect(budgets[1]).toMatchObject({ each: 'user', account: 'ann', spent_usd: 0, outcome: 'block' })
    const refused = await asks(asked, 'spent')
    expect(failure).toMatchObject({ status: 429, code: 'insufficient_quota' })
    // The server goes on learning how many bytes a token has, which a cent's fraction may hang on.
    const [foretoldCost, sentence] = costIn(failure?.message)
    const [cost, refusal] = costIn(JSON.parse(refused.text).error.message)
    expect(sentence).toBe(refusal)
    expect(foretoldCost).toBeCloseTo(cost, 5)
    expect(cost).toBeCloseTo((inputTokens(asked) + 4096 * 2) / 1e6, 5)
    const { code, stdout } = await told(asked, '--workflow', 'spent')
    expect(code).toBe(1)
    expect(stdout).toMatch(
      /for each user of workflow spent \(ann\): \$0 of \$0\.00000100 .* It blocks this request\./,
    )
  })

  test('a model without a price is refused under a budget, by the server too', async () => {
    const asked = body('How?', { model: 'mock/dear' })
    const { failure, budgets } = await foretold(asked)
    expect(budgets[0]).toMatchObject({ reserves_usd: null, outcome: 'block' })
    expect(failure?.message).toBe(JSON.parse((await asks(asked)).text).error.message)
  })
})
