/** What a policy saves by a smaller model and a shorter input, in the report and its identities. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { ReportFigures } from '../../src/metering/reports.ts'
import { openLedgerReader } from '../../src/platform/node/node-ledger.ts'
import { ask, chat } from '../support/ask.ts'
import { settledLedger } from '../support/ledger-file.ts'
import { closedPortUrl } from '../support/mock-provider/closed-port.ts'
import { type MockProvider, startMockProvider } from '../support/mock-provider/mock-provider.ts'
import { type Inside, startInside } from '../support/start-inside.ts'

const PRETTY = JSON.stringify({ rows: Array.from({ length: 30 }, (_, id) => ({ id, name: 'x y' })) }, null, 2)
const CALLERS_OWN = 'tiers: { small: { use: [mock/small] } }\n'
const TIERS = `
tiers:
  small: { use: [mock/small] }
  large: { use: [mock/large] }
`

let mock: MockProvider
let trimtab: Inside

beforeAll(async () => {
  mock = await startMockProvider()
  trimtab = await startInside({
    config: `
default_provider: mock
providers:
  mock: { dialect: openai, base_url: "${mock.url}", models: [small, large, huge] }
  gone: { dialect: openai, base_url: "${await closedPortUrl()}", models: [m] }
  claude: { dialect: anthropic, base_url: "${mock.url}", api_key: k, models: [sonnet] }
prices:
  overrides:
    mock/small: { input: 1, output: 2, cache_read: 0.25 }
    gone/m: { input: 1, output: 1 }
    mock/large: { input: 10, output: 20 }
    mock/huge: { input: 100, output: 200 }
    claude/sonnet: { input: 3, output: 15 }
`,
    policies: {
      'tiered.yaml': `${TIERS}route: [{ name: all, to: [small, large] }]`,
      'pair.yaml': 'tiers: { only: { use: [gone/m, mock/large] } }',
      'named.yaml': `${TIERS}route: [{ name: all, to: small }]\nbaseline: mock/huge`,
      'asked.yaml': `${CALLERS_OWN}input: { minify_json: newest_turn }`,
      'short.yaml': `${TIERS}route: [{ name: all, to: small }]\ninput: { minify_json: newest_turn }`,
      'long.yaml': `${CALLERS_OWN}input: { drop_oldest: { above_tokens: 200 } }`,
      'stops.yaml': `${TIERS}output: { max_tokens: 50, stop: [END] }
route:
  - { name: long, when: { tags: { kind: long } }, to: small, output: { max_tokens: 90 } }
  - { name: own, when: { tags: { kind: own } }, to: small, output: { stop: ["\\n\\n", STOP] } }
  - { name: rest, to: small }`,
      'claude.yaml': `tiers: { only: { use: [claude/sonnet] } }
route: [{ name: all, to: only }]
output: { stop: END }`,
    },
  })
})

afterAll(async () => {
  await trimtab.stop()
  await mock.close()
})

beforeEach(() => mock.script([]))

describe('baseline', () => {
  it('is the last tier of a workflow that was asked by its name', async () => {
    const { tokens, ...figures } = await figuresOf('tiered', () => ask(trimtab.origin, chat('tiered')))
    const [cost, worth] = [1, 10].map((usd) => (tokens.input * usd + tokens.output * 2 * usd) / 1e6)
    expect(figures.cost_usd).toBeCloseTo(cost ?? 0, 12)
    expect(figures.baseline_usd).toBeCloseTo(worth ?? 0, 12)
    expect(Object.keys(figures.savings)).toEqual(['small_model'])
  })

  it('saves nothing where the last tier answers, whichever of its models', async () => {
    const figures = await figuresOf('pair', () => ask(trimtab.origin, chat('pair')))
    expect(figures).toMatchObject({ savings: {}, saved_usd: 0 })
    expect(figures.cost_usd).toBeGreaterThan(0)
  })

  it('is the model asked for, where a policy leads elsewhere', async () => {
    const headers = { 'x-trimtab-workflow': 'tiered' }
    const asking = () => ask(trimtab.origin, chat('mock/huge'), { headers })
    const { tokens, baseline_usd } = await figuresOf('tiered', asking)
    expect(baseline_usd).toBeCloseTo((tokens.input * 100 + tokens.output * 200) / 1e6, 12)
  })

  it('is the one that the policy names', async () => {
    const { tokens, baseline_usd } = await figuresOf('named', () => ask(trimtab.origin, chat('named')))
    expect(baseline_usd).toBeCloseTo((tokens.input * 100 + tokens.output * 200) / 1e6, 12)
  })

  it('tells what the model that answered saved by its own prompt cache apart', async () => {
    const body = { model: 'tiered', messages: [{ role: 'user', content: 'rudder '.repeat(2000) }] }
    const { savings, tokens } = await figuresOf('tiered', () => ask(trimtab.origin, body))
    expect(tokens.cache_read).toBeGreaterThan(1000)
    expect(savings.prefix_discount).toBeCloseTo((tokens.cache_read * 0.75) / 1e6, 12)
    const all = tokens.input + tokens.cache_read
    expect(savings.small_model).toBeCloseTo((all * 9 + tokens.output * 18) / 1e6, 12)
  })
})

describe('input', () => {
  it('sends JSON of the newest turn without white space, and tells what that saved', async () => {
    const body = { model: 'mock/large', messages: [{ role: 'user', content: PRETTY }] }
    const headers = { 'x-trimtab-workflow': 'asked' }
    const { savings, saved_usd } = await figuresOf('asked', () => ask(trimtab.origin, body, { headers }))
    const sent = mock.requests.at(-1)?.body as typeof body | undefined
    expect(sent?.messages[0]?.content).toBe(JSON.stringify(JSON.parse(PRETTY)))
    const lines = PRETTY.split('\n').length - 1
    expect(savings).toEqual({ trimming: expect.closeTo((lines * 10) / 1e6, 12) })
    expect(saved_usd).toBeCloseTo((lines * 10) / 1e6, 12)
    expect(await lastEdits()).toContain('messages: JSON of its turns minified')
  })

  it('prices what was left out by the baseline, beside the smaller model', async () => {
    const body = { model: 'short', messages: [{ role: 'user', content: PRETTY }] }
    const { savings } = await figuresOf('short', () => ask(trimtab.origin, body))
    expect(savings.trimming).toBeCloseTo(((PRETTY.split('\n').length - 1) * 10) / 1e6, 12)
    expect(savings.small_model).toBeGreaterThan(0)
  })

  it('leaves the oldest turns out above so many tokens, and only then', async () => {
    const words = 'rudder '.repeat(60)
    const turns = Array.from({ length: 6 }, () => [
      { role: 'user', content: words },
      { role: 'assistant', content: 'Yes.' },
    ]).flat()
    const system = { role: 'system', content: 'Be brief.' }
    const newest = { role: 'user', content: 'And now?' }
    const headers = { 'x-trimtab-workflow': 'long' }
    const asking = () =>
      ask(trimtab.origin, { model: 'mock/large', messages: [system, ...turns, newest] }, { headers })
    const { savings } = await figuresOf('long', asking)
    const sent = mock.requests.at(-1)?.body as { messages: unknown[] } | undefined
    expect(sent?.messages[0]).toEqual(system)
    expect(sent?.messages.at(-1)).toEqual(newest)
    expect(sent?.messages.length).toBeLessThan(turns.length)
    expect(savings.trimming).toBeGreaterThan(0)
    await ask(trimtab.origin, { model: 'mock/large', messages: [system, newest] }, { headers })
    expect(mock.requests.at(-1)?.body?.messages).toEqual([system, newest])
  })
})

describe('output.stop', () => {
  it.each([
    ['of the policy', {}, {}, { stop: ['END'], max_tokens: 50 }],
    ['of the rule', { 'x-trimtab-tags': 'kind=own' }, {}, { stop: ['\n\n', 'STOP'], max_tokens: 50 }],
    [
      'of the policy beside a bound of the rule',
      { 'x-trimtab-tags': 'kind=long' },
      {},
      { stop: ['END'], max_tokens: 90 },
    ],
    ['of the caller', {}, { stop: 'MINE' }, { stop: 'MINE' }],
    ['of the policy, where the caller states null', {}, { stop: null }, { stop: ['END'] }],
  ])('%s reaches the model', async (_, headers, more, expected) => {
    await ask(trimtab.origin, chat('stops', more), { headers })
    expect(mock.requests.at(-1)?.body).toMatchObject(expected)
  })

  it('is said in the words of another API', async () => {
    await ask(trimtab.origin, chat('claude'))
    expect(mock.requests.at(-1)?.body).toMatchObject({ stop_sequences: ['END'] })
  })
})

/** Of what `asking` adds to a workflow's figures; its identities hold. */
async function figuresOf(
  workflow: string,
  asking: () => Promise<{ status: number }>,
): Promise<ReportFigures> {
  const since = Date.now()
  expect((await asking()).status).toBe(200)
  await settledLedger(trimtab.ledgerFile)
  const { reader, close } = openLedgerReader(trimtab.ledgerFile)
  try {
    const { rows } = await reader.report({ since, until: Date.now() + 1, timeZone: 'UTC', by: ['workflow'] })
    const figures = rows.find((row) => row.workflow === workflow)
    if (figures === undefined) throw new Error(`no request of ${workflow}`)
    const { baseline_usd, cost_usd, saved_usd, savings, overhead_usd } = figures
    const sum = Object.values(savings).reduce((total, usd) => total + usd, 0)
    expect(saved_usd).toBeCloseTo((baseline_usd ?? 0) - (cost_usd ?? 0), 12)
    expect(saved_usd).toBeCloseTo(sum - (overhead_usd ?? 0), 12)
    return figures
  } finally {
    close()
  }
}

async function lastEdits(): Promise<readonly string[]> {
  const { reader, close } = openLedgerReader(trimtab.ledgerFile)
  try {
    const [latest] = await reader.requests({ since: 0, limit: 1 })
    return (await reader.request(latest?.id ?? ''))?.decision?.edits ?? []
  } finally {
    close()
  }
}
