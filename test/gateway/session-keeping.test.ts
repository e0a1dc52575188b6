/** A session stays with whom it began, until there is a reason to move. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { ask } from '../support/ask.ts'
import { type MockProvider, startMockProvider } from '../support/mock-provider/mock-provider.ts'
import { type Inside, startInside } from '../support/start-inside.ts'
import { recorded } from './escalation-setup.ts'

let first: MockProvider
let second: MockProvider
let trimtab: Inside
let users = 0
let session: string

// Short goes small, long goes large: a session that grows would change its model midway.
const ROUTE =
  'route: [{ name: images, when: { has: image }, to: large }, { name: short, when: { tokens: { below: 120 } }, to: [small, large] }, { name: rest, when: {}, to: large }]'
const TIERS = 'tiers: { small: { use: cheap/small }, large: { use: [dear/large, dear/spare] } }'

beforeAll(async () => {
  first = await startMockProvider()
  second = await startMockProvider()
  const policy = (more: string, tiers = TIERS) => [tiers, ROUTE, 'limits: { retries: 0 }', more].join('\n')
  trimtab = await startInside({
    config: [
      'providers:',
      `  cheap: { vendor: generic, base_url: "${first.url}", models: { small: { context: 500 }, says-refusal: {} } }`,
      `  dear: { vendor: generic, replicas: ["${first.url}", "${second.url}"] }`,
      `  rests: { vendor: generic, base_url: "${first.url}" }`,
      `  many: { vendor: generic, base_url: "${first.url}", accounts: [${['a', 'b', 'c'].map((name) => `{ name: ${name}, api_key: sk-${name} }`).join(', ')}] }`,
      'prices:',
      '  overrides:',
      '    cheap/small: { input: 1, output: 1 }',
      '    cheap/says-refusal: { input: 1, output: 1 }',
      '    dear/large: { input: 10, cache_read: 0, output: 1 }',
      '    many/m: { input: 1, output: 1 }',
    ].join('\n'),
    policies: {
      'stays.yaml': policy('session: { stick: [model] }'),
      'plain.yaml': policy(''),
      'free.yaml': policy('session: { switch_penalty: off }'),
      'taxed.yaml': policy('session: { switch_penalty: 5 usd }'),
      'pauses.yaml': policy(
        'session: {}',
        'tiers: { small: { use: rests/small }, large: { use: dear/large } }',
      ),
      'brief.yaml': policy('session: { idle: 1ms }'),
      'escalated.yaml': policy(
        'session: { switch_penalty: off }\nescalate: on',
        'tiers: { small: { use: cheap/says-refusal }, large: { use: dear/large } }',
      ),
      'window.yaml': `${TIERS}\nroute: [{ when: {}, to: [small, large] }]`,
      'narrow.yaml': `${TIERS}\nroute: [{ when: {}, to: small }]`,
      'replicas.yaml':
        'tiers: { only: { use: dear/large } }\nroute: [{ when: {}, to: only }]\nsession: { stick: [replica] }',
      'accounts.yaml':
        'tiers: { only: { use: many/m } }\nroute: [{ when: {}, to: only }]\nsession: { stick: [account] }',
    },
  })
})

afterAll(async () => {
  await trimtab.stop()
  await first.close()
  await second.close()
})

beforeEach(() => {
  session = `session-${++users}`
  first.script([])
  second.script([])
})

const SHORT = 'Which way does the rudder turn?'
const LONG = `${SHORT} ${'It is a long story. '.repeat(40)}`
const ENDLESS = `${SHORT} ${'It is a long story. '.repeat(200)}`

async function turn(
  model: string,
  text: string,
  more: Readonly<Record<string, unknown>> = {},
  name = session,
) {
  const messages = [{ role: 'user', content: text }]
  const heard = await ask(
    trimtab.origin,
    { model, messages, ...more },
    { headers: { 'x-trimtab-session': name } },
  )
  expect(heard.status).toBe(200)
  const { decision } = await recorded(trimtab, heard.headers['x-trimtab-request-id'])
  return {
    tier: heard.headers['x-trimtab-tier'],
    model: heard.headers['x-trimtab-model'],
    reasons: decision.reasons,
  }
}

describe('a session', () => {
  it('that grows long stays where it began', async () => {
    expect(await turn('stays', SHORT)).toMatchObject({ tier: 'small' })
    const grown = await turn('stays', LONG)
    expect(grown.tier).toBe('small')
    expect(grown.reasons).toContain('kept: session began on small (cheap/small).')
  })

  it('is planned anew each time where the policy keeps nothing', async () => {
    expect(await turn('plain', SHORT)).toMatchObject({ tier: 'small' })
    expect(await turn('plain', LONG)).toMatchObject({ tier: 'large' })
  })

  it('of another name, or of another workflow, knows nothing of it', async () => {
    await turn('stays', SHORT)
    expect(await turn('stays', LONG, {}, `${session}-other`)).toMatchObject({ tier: 'large' })
    expect(await turn('taxed', LONG)).toMatchObject({ tier: 'large' })
  })

  it('is over once it has been idle', async () => {
    await turn('brief', SHORT)
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(await turn('brief', LONG)).toMatchObject({ tier: 'large' })
  })

  it('leaves a model whose window has become too small', async () => {
    await turn('stays', SHORT)
    const moved = await turn('stays', ENDLESS)
    expect(moved.tier).toBe('large')
    expect(moved.reasons.join(' ')).toContain(
      'moved: session was on small (cheap/small), but its window of 500 tokens',
    )
  })

  it('leaves a model that may not be able to do what is asked', async () => {
    await turn('stays', SHORT)
    const content = [
      { type: 'text', text: 'What is this?' },
      { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } },
    ]
    const moved = await turn('stays', SHORT, { messages: [{ role: 'user', content }] })
    expect(moved.tier).toBe('large')
    expect(moved.reasons.join(' ')).toContain('rule images asks for what it may not be able to do')
  })

  it('leaves a provider that asks for a pause', async () => {
    await turn('pauses', SHORT)
    first.script([{ kind: 'rate_limited', seconds: 30 }])
    expect(await turn('pauses', SHORT)).toMatchObject({ tier: 'large' })
    expect(await turn('pauses', SHORT)).toMatchObject({ tier: 'large' })
  })
})

describe('where a cheaper model is planned', () => {
  it('a session stays if what the new one has to read costs more than the old one has in its prompt cache', async () => {
    expect(await turn('stays', LONG)).toMatchObject({ tier: 'large' })
    const kept = await turn('stays', SHORT)
    expect(kept.tier).toBe('large')
    expect(kept.reasons).toContain('kept: session began on large (dear/large).')
  })

  it('it moves if nothing is asked of a move but that it saves, and may come back', async () => {
    expect(await turn('free', LONG)).toMatchObject({ tier: 'large' })
    const moved = await turn('free', SHORT)
    expect(moved.tier).toBe('small')
    expect(moved.reasons.join(' ')).toContain('small saves more than the move costs')
    expect(await turn('free', LONG)).toMatchObject({ tier: 'large' })
  })

  it('it stays where a move saves less than is stated', async () => {
    expect(await turn('taxed', LONG)).toMatchObject({ tier: 'large' })
    const kept = await turn('taxed', SHORT)
    expect(kept.tier).toBe('large')
    expect(kept.reasons).toContain('kept: session began on large (dear/large).')
  })

  it('one that escalated stays where it escalated to', async () => {
    expect(await turn('escalated', SHORT)).toMatchObject({ tier: 'large' })
    const before = first.requests.filter(({ body }) => body?.model === 'says-refusal').length
    expect(await turn('escalated', SHORT)).toMatchObject({ tier: 'large' })
    expect(first.requests.filter(({ body }) => body?.model === 'says-refusal')).toHaveLength(before)
  })
})

describe.each([
  ['chat', '/v1/chat/completions'],
  ['responses', '/v1/responses'],
  ['messages', '/v1/messages'],
] as const)('a loop of tool calls by %s', (endpoint, path) => {
  it('stays where it began, without a session’s name', async () => {
    const asking = `${SHORT} ${users} ${endpoint}`
    const began = await ask(trimtab.origin, loop(endpoint, asking, false), { path })
    expect(began.headers['x-trimtab-tier']).toBe('small')
    const goesOn = await ask(trimtab.origin, loop(endpoint, asking, true), { path })
    expect(goesOn.headers['x-trimtab-tier']).toBe('small')
    const { decision } = await recorded(trimtab, goesOn.headers['x-trimtab-request-id'])
    expect(decision.reasons).toContain('kept: tool loop began on small (cheap/small).')
    const another = await ask(trimtab.origin, loop(endpoint, `${asking} else`, true), { path })
    expect(another.headers['x-trimtab-tier']).toBe('large')
  })
})

/** The tools are small enough for the small tier, what they gave back is not. */
function loop(endpoint: 'chat' | 'responses' | 'messages', text: string, called: boolean) {
  const found = 'Left, as it always has. '.repeat(40)
  const user = { role: 'user', content: text }
  const model = 'stays'
  if (endpoint === 'chat') {
    const call = { id: 'call_1', type: 'function', function: { name: 'turn', arguments: '{}' } }
    const history = [
      { role: 'assistant', content: null, tool_calls: [call] },
      { role: 'tool', tool_call_id: 'call_1', content: found },
    ]
    const tools = [{ type: 'function', function: { name: 'turn' } }]
    return { model, tools, messages: called ? [user, ...history] : [user] }
  }
  if (endpoint === 'responses') {
    const history = [
      { type: 'function_call', call_id: 'call_1', name: 'turn', arguments: '{}' },
      { type: 'function_call_output', call_id: 'call_1', output: found },
    ]
    const tools = [{ type: 'function', name: 'turn' }]
    return { model, tools, store: false, input: called ? [user, ...history] : [user] }
  }
  const history = [
    { role: 'assistant', content: [{ type: 'tool_use', id: 'call_1', name: 'turn', input: {} }] },
    { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'call_1', content: found }] },
  ]
  const tools = [{ name: 'turn', input_schema: { type: 'object' } }]
  return { model, tools, max_tokens: 9, messages: called ? [user, ...history] : [user] }
}

describe('where there are several', () => {
  it('a session keeps its replica', async () => {
    const before = [first.count, second.count]
    for (let times = 0; times < 6; times++) await turn('replicas', SHORT)
    const asked = [first.count - (before[0] ?? 0), second.count - (before[1] ?? 0)]
    expect([...asked].sort()).toEqual([0, 6])
  })

  it('a session keeps its account', async () => {
    const from = first.count
    for (let times = 0; times < 6; times++) await turn('accounts', SHORT)
    const keys = first.requests.slice(from).map(({ headers }) => headers.authorization)
    expect(new Set(keys).size).toBe(1)
    const others = await Promise.all(
      ['x', 'y', 'z'].map((name) => turn('accounts', SHORT, {}, session + name)),
    )
    expect(others).toHaveLength(3)
    expect(
      new Set(first.requests.slice(from).map(({ headers }) => headers.authorization)).size,
    ).toBeGreaterThan(1)
  })
})

it('a plan leaves out a model whose window is too small, unless no other is there', async () => {
  const wide = await turn('window', ENDLESS, {}, 'wide')
  expect(wide.tier).toBe('large')
  expect(wide.reasons.join(' ')).toMatch(
    /cheap\/small is left out: its window of 500 tokens is too small for about \d+\./,
  )
  const narrow = await turn('narrow', ENDLESS, {}, 'narrow')
  expect(narrow.tier).toBe('small')
  expect(narrow.reasons.join(' ')).toMatch(/No window in the plan holds about \d+ tokens/)
})
