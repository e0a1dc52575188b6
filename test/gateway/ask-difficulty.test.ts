/** Difficulty as a classifier on a tensor server tells it: asked where a rule wants it, once a text, and never waited for long. */
import { afterAll, beforeAll, beforeEach, expect, it, test } from 'vitest'
import { ask } from '../support/ask.ts'
import { settledLedger } from '../support/ledger-file.ts'
import type { Fault } from '../support/mock-provider/fault.ts'
import { type MockProvider, startMockProvider } from '../support/mock-provider/mock-provider.ts'
import { type Inside, startInside } from '../support/start-inside.ts'
import { runCommand } from '../support/start-trimtab.ts'
import type { Served } from '../support/tensor-servers/serve.ts'
import { startTensorflowServing } from '../support/tensor-servers/tensorflow-serving.ts'
import { startTriton, type Triton } from '../support/tensor-servers/triton.ts'
import { recorded } from './escalation-setup.ts'

let triton: Triton
let tensorflow: Served
let mock: MockProvider
let trimtab: Inside

/** The doubles find a text hard that has the word `violence`. */
function policy(workflow: string, scorer: string): string {
  return [
    `workflow: ${workflow}`,
    'tiers: { small: { use: mock/small }, large: { use: mock/large } }',
    'limits: { retries: 0 }',
    'route:',
    '  mode: on',
    `  difficulty: ${scorer}`,
    '  rules:',
    '    - { name: tools, when: { tools: on }, to: large }',
    '    - { name: easy, when: { difficulty: { below: 0.5 } }, to: small }',
    '    - { name: rest, to: large }',
  ].join('\n')
}

const scored: Fault = {
  kind: 'replay',
  bytes: Buffer.from(JSON.stringify({ results: [{ flagged: false, category_scores: { hard: 0.9 } }] })),
  at: [],
  contentType: 'application/json',
}

beforeAll(async () => {
  triton = await startTriton()
  tensorflow = await startTensorflowServing()
  mock = await startMockProvider()
  trimtab = await startInside({
    config: `
providers:
  triton:
    dialect: kserve
    base_url: "${triton.origin}"
    models: { guard: { serves: moderations, input: { TEXT: text }, output: { scores: SCORES }, labels: [easy, hard, other] } }
  tensorflow:
    dialect: tensorflow-serving
    base_url: "${tensorflow.origin}"
    models: { guard: { serves: moderations, method: classify, input: { text: text } } }
  mock: { vendor: generic, base_url: "${mock.url}" }
`,
    policies: {
      'default.yaml': 'cache: { exact: { mode: off } }',
      'kserve.yaml': policy('kserve', 'triton/guard'),
      'classify.yaml': policy('classify', '{ model: tensorflow/guard, label: violence }'),
      'hasty.yaml': policy('hasty', '{ model: triton/guard, timeout: 100ms }'),
      'guarded.yaml': policy('guarded', 'mock/guard'),
      'unlabelled.yaml': policy('unlabelled', '{ model: triton/guard, label: dear }'),
    },
  })
})

afterAll(async () => {
  await trimtab.stop()
  await Promise.all([triton.close(), tensorflow.close(), mock.close()])
})

beforeEach(() => {
  triton.batches.length = 0
  triton.takes = { callMs: 0, rowMs: 0 }
})

const command = (args: readonly string[]) =>
  runCommand([...args, '--config', trimtab.configFile, '--data', trimtab.dataFolder])

let askedOfKserve = 0

async function routed(workflow: string, content: unknown, more: object = {}) {
  if (workflow === 'kserve') askedOfKserve++
  const body = { model: workflow, messages: [{ role: 'user', content }], ...more }
  const { status, headers } = await ask(trimtab.origin, body)
  expect(status).toBe(200)
  return recorded(trimtab, headers['x-trimtab-request-id'])
}

test.each([
  ['kserve', 'triton/guard'],
  ['classify', 'tensorflow/guard'],
])('%s: a rule goes by what it says', async (workflow, by) => {
  const hard = await routed(workflow, 'Where does violence begin?')
  expect(hard.tier).toBe('large')
  expect(hard.decision.facts).toMatchObject({ difficulty: expect.closeTo(0.9), difficulty_by: by })
  expect(hard.decision.reasons).toContain(`difficulty: by ${by}`)
  const easy = await routed(workflow, 'Where does the river begin?')
  expect(easy.tier).toBe('small')
  expect(easy.decision.facts).toMatchObject({ difficulty: expect.closeTo(0.1) })
})

it('is not asked where another rule decides', async () => {
  const tools = [{ type: 'function', function: { name: 'look', parameters: { type: 'object' } } }]
  const { decision } = await routed('kserve', 'Where does a tool begin?', { tools })
  expect(decision.rule).toBe('tools')
  expect(triton.batches).toEqual([])
})

it('is asked once a text', async () => {
  await routed('kserve', 'Where does a repeat begin?')
  const { decision, tier } = await routed('kserve', 'Where does a repeat begin?', { temperature: 0.3 })
  expect(tier).toBe('small')
  expect(decision.reasons).toContain('difficulty: by triton/guard, as it told before')
  expect(triton.batches).toEqual([1])
})

it('is asked once by all who ask the same at once, though whoever asked first leaves', async () => {
  triton.takes = { callMs: 60, rowMs: 0 }
  const body = {
    model: 'kserve',
    messages: [{ role: 'user', content: 'Where does a crowd begin?' }],
  }
  askedOfKserve += 6
  const leaving = new AbortController()
  const left = fetch(`${trimtab.origin}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal: leaving.signal,
  }).catch(() => {})
  while (triton.batches.length === 0) await new Promise(setImmediate)
  const others = Array.from({ length: 5 }, (_, index) =>
    ask(trimtab.origin, { ...body, temperature: index / 10 }),
  )
  leaving.abort()
  await left
  for (const { headers } of await Promise.all(others)) {
    const { decision } = await recorded(trimtab, headers['x-trimtab-request-id'])
    expect(decision.facts).toMatchObject({ difficulty_by: 'triton/guard' })
  }
  expect(triton.batches.length).toBeLessThanOrEqual(2)
})

it('is not asked of a request without text', async () => {
  const image = { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw0KGgo=' } }
  for (const content of [[image], ' \n']) {
    const { decision } = await routed('kserve', content)
    expect(decision.reasons).toContain('difficulty: by the prior, as the user says nothing')
  }
  expect(triton.batches).toEqual([])
})

it('is asked of the beginning of a long text, cut between characters', async () => {
  const { decision } = await routed('guarded', `${'x'.repeat(5999)}😀${' and more'.repeat(1000)}`)
  expect(decision.reasons).toContain('difficulty: by the prior, as mock/guard told no `hard` within 200 ms')
  const asked = mock.requests.find(({ url }) => url.endsWith('/moderations'))
  expect(asked?.body).toMatchObject({ input: 'x'.repeat(5999) })
})

it('is left to the prior where it takes too long, or tells no such score', async () => {
  triton.takes = { callMs: 1500, rowMs: 0 }
  const { decision } = await routed('hasty', 'Where does patience end?')
  expect(decision.reasons).toContain('difficulty: by the prior, as triton/guard told no `hard` within 100 ms')
  expect(decision.facts).not.toHaveProperty('difficulty_by')
  triton.takes = { callMs: 0, rowMs: 0 }
  const { decision: other } = await routed('unlabelled', 'Where does a name end?')
  expect(other.reasons).toContain('difficulty: by the prior, as triton/guard told no `dear` within 200 ms')
})

it('has its calls in the ledger as overhead, under the workflow that caused them', async () => {
  await routed('kserve', 'Where does a bill begin?')
  const [call] = (await settledLedger(trimtab.ledgerFile)).filter(({ attempts }) =>
    attempts.some(({ model }) => model === 'guard'),
  )
  expect(call).toMatchObject({ workflow: 'kserve', status: 200 })
  const { decision } = await recorded(trimtab, call?.id)
  expect(decision.semantic?.reasons?.[0]).toMatch(/^difficulty for req_/)
  const { stdout } = await command(['report', '--json', '--by', 'workflow'])
  const { rows } = JSON.parse(stdout)
  const row = rows.find((it: { workflow: string }) => it.workflow === 'kserve')
  // Those of trimtab's own are none of the workflow's requests.
  expect(row.requests).toBe(askedOfKserve)
})

it('is told of by explain, which asks nobody', async () => {
  const { stdout } = await command(['explain', '--json', '--workflow', 'kserve', 'Where does it begin?'])
  const { why } = JSON.parse(stdout)
  expect(why.difficulty[0]).toBe('a request asks triton/guard, 200 ms at most; here it is told by the prior')
  expect(triton.batches).toEqual([])
})

it("is asked with the caller's own key where that is meant for it, and says so where none is", async () => {
  const config = (others: string) => `
providers:
  mine: { vendor: generic, base_url: "${mock.url}", api_key: client }
  mock: { vendor: generic, base_url: "${mock.url}" }
${others}`
  mock.script(({ url }) => (url.endsWith('/moderations') ? scored : undefined))
  const told = async (more: string, headers: Record<string, string>) => {
    const one = await startInside({
      config: config(more),
      policies: { 'faq.yaml': policy('faq', 'mine/guard') },
    })
    try {
      const body = { model: 'faq', messages: [{ role: 'user', content: 'Whose key is it?' }] }
      const { status, headers: answered } = await ask(one.origin, body, { headers })
      expect(status).toBe(200)
      return (await recorded(one, answered['x-trimtab-request-id'])).decision.reasons
    } finally {
      await one.stop()
    }
  }
  const asked = () => mock.requests.filter(({ url }) => url.endsWith('/moderations'))
  try {
    expect(await told('', { authorization: 'Bearer sk-mine' })).toContain('difficulty: by mine/guard')
    expect(asked().at(-1)?.headers.authorization).toBe('Bearer sk-mine')
    const before = asked().length
    const without =
      "difficulty: by the prior, as mine/guard takes a key of the caller's, who sent none that is meant for it"
    expect(await told('', {})).toContain(without)
    const two = `  other: { vendor: generic, base_url: "${mock.url}", api_key: client }`
    expect(await told(two, { authorization: 'Bearer sk-mine' })).toContain(without)
    expect(asked().length).toBe(before)
  } finally {
    mock.script([])
  }
})

it('is not asked for whom a budget refuses', async () => {
  const spent = await startInside({
    config: `
providers: { mock: { vendor: generic, base_url: "${mock.url}" } }
prices: { overrides: { mock/small: { input: 1, output: 1 }, mock/large: { input: 1, output: 1 } } }
`,
    policies: { 'faq.yaml': `${policy('faq', 'mock/guard')}\nbudgets: [{ per: month, limit: 0.00003 usd }]` },
  })
  const asked = () => mock.requests.filter(({ url }) => url.endsWith('/moderations')).length
  mock.script(({ url }) => (url.endsWith('/moderations') ? scored : undefined))
  const statuses: number[] = []
  try {
    const before = asked()
    for (let turn = 0; turn < 6; turn++) {
      const body = { model: 'faq', max_tokens: 5, messages: [{ role: 'user', content: `Is it ${turn}?` }] }
      statuses.push((await ask(spent.origin, body)).status)
      await settledLedger(spent.ledgerFile)
    }
    const answered = statuses.filter((status) => status === 200).length
    expect(answered).toBeGreaterThan(0)
    expect(statuses.at(-1)).toBe(429)
    expect(asked() - before).toBe(answered)
  } finally {
    mock.script([])
    await spent.stop()
  }
})

it('is not asked for a key that is refused, nor told to another tenant', async () => {
  const guarded = await startInside({
    config: `
access: { mode: keys }
providers: { mock: { vendor: generic, base_url: "${mock.url}" } }
`,
    policies: { 'faq.yaml': policy('faq', 'mock/guard') },
  })
  const where = ['--config', guarded.configFile, '--data', guarded.dataFolder]
  const statusFor = async (...created: string[]) => {
    const { stdout } = await runCommand(['keys', 'create', '--json', ...created, ...where])
    const headers = { authorization: `Bearer ${JSON.parse(stdout).key}` }
    const body = { model: 'faq', messages: [{ role: 'user', content: 'Whose question is it?' }] }
    return (await ask(guarded.origin, body, { headers })).status
  }
  const asked = () => mock.requests.filter(({ url }) => url.endsWith('/moderations')).length
  const before = asked()
  mock.script(({ url }) => (url.endsWith('/moderations') ? scored : undefined))
  try {
    expect(await statusFor('--name', 'few', '--models', 'other/*')).toBe(403)
    expect(asked()).toBe(before)
    expect(await statusFor('--name', 'one', '--tenant', 'one')).toBe(200)
    expect(await statusFor('--name', 'also-one', '--tenant', 'one')).toBe(200)
    expect(asked()).toBe(before + 1)
    expect(await statusFor('--name', 'other', '--tenant', 'other')).toBe(200)
    expect(asked()).toBe(before + 2)
  } finally {
    mock.script([])
    await guarded.stop()
  }
})
