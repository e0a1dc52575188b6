/** Providers' prompt caches are told what to keep, where that pays: a provider that really keeps it shows what came of it. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { ask } from '../support/ask.ts'
import { type MockProvider, startMockProvider } from '../support/mock-provider/mock-provider.ts'
import { type Inside, startInside } from '../support/start-inside.ts'
import { recorded } from './escalation-setup.ts'

let mock: MockProvider
let trimtab: Inside
let nowMs = 0
let tenants = 0
let workflow: string

const WORKFLOWS = 40

beforeAll(async () => {
  mock = await startMockProvider({ promptCacheClock: () => nowMs })
  const own = Object.fromEntries(
    Array.from({ length: WORKFLOWS }, (_, index) => [`w${index}.yaml`, 'limits: { retries: 0 }']),
  )
  trimtab = await startInside({
    config: [
      'providers:',
      `  anthropic: { base_url: "${mock.url}", api_key: sk-ant }`,
      `  openai: { base_url: "${mock.url}", api_key: sk-oa }`,
      `  vllm: { base_url: "${mock.url}" }`,
      `  many: { vendor: anthropic, base_url: "${mock.url}", accounts: [${['a', 'b', 'c'].map((name) => `{ name: ${name}, api_key: sk-${name} }`).join(', ')}] }`,
    ].join('\n'),
    policies: {
      ...own,
      'off.yaml': 'prefix: off',
      'explicit.yaml': 'prefix: explicit',
      'kept.yaml': 'prefix: { mode: auto, retention: 24h }',
    },
  })
})

afterAll(async () => {
  await trimtab.stop()
  await mock.close()
})

beforeEach(() => {
  workflow = `w${tenants++ % WORKFLOWS}`
  nowMs += 7_200_000
})

type Fields = Record<string, unknown>

const words = (seed: string, count: number): string =>
  Array.from({ length: count }, (_, index) => `${seed}${(index * 7919) % 997}`).join(' ')

const RULES = words('rule', 1500)
const TOOLS = [
  { name: 'look', description: words('look', 800), input_schema: { type: 'object', properties: {} } },
]

async function post(path: string, body: Fields, name = workflow) {
  const heard = await ask(trimtab.origin, body, {
    path,
    headers: { 'x-trimtab-workflow': name, 'anthropic-version': '2023-06-01' },
  })
  expect(heard.status, heard.text.slice(0, 300)).toBe(200)
  const seen = mock.requests.at(-1)
  if (seen?.counted === undefined) throw new Error('the provider was not asked')
  return { id: heard.headers['x-trimtab-request-id'], seen, counted: seen.counted, body: seen.body as Fields }
}

/** A conversation of so many turns, as its caller would send the last of them. */
function turns(count: number, seed = 'turn'): Fields[] {
  return Array.from({ length: count * 2 - 1 }, (_, index) => ({
    role: index % 2 === 0 ? 'user' : 'assistant',
    content: words(`${seed}${index}-`, 120),
  }))
}

const messages = (count: number, more: Fields = {}, seed?: string): Fields => ({
  model: 'anthropic/claude-sonnet-5-5',
  max_tokens: 20,
  tools: TOOLS,
  tool_choice: { type: 'none' },
  system: RULES,
  messages: turns(count, seed),
  ...more,
})

describe('a caller of messages who marks nothing', () => {
  it('has the conversation so far read from the cache in each turn', async () => {
    const first = await post('/v1/messages', messages(1))
    expect(first.counted).toMatchObject({ cache_read: 0 })
    expect(first.counted.cache_write_5m).toBeGreaterThan(3000)
    let before = first.counted
    for (const count of [2, 3, 4]) {
      const { counted } = await post('/v1/messages', messages(count))
      // All that the turn before had sent, and nothing of it is written again.
      expect(counted.cache_read).toBe(before.cache_read + before.cache_write_5m)
      expect(counted.cache_write_5m).toBeLessThan(700)
      before = counted
    }
  })

  it('is told of it in the record, and sees the bytes change nowhere else', async () => {
    const sent = messages(2)
    const { id, seen, body } = await post('/v1/messages', sent)
    const { decision } = await recorded(trimtab, id)
    expect(decision.edits).toContain('cache_control: tools, system, earlier turn, newest turn')
    expect(JSON.stringify(body).match(/"cache_control":\{"type":"ephemeral"\}/g)).toHaveLength(4)
    expect(withoutMarks(Buffer.from(seen.bytes).toString())).toBe(
      JSON.stringify({ ...sent, model: 'claude-sonnet-5-5' }),
    )
  })

  it('reads what conversations begin with from another conversation', async () => {
    await post('/v1/messages', messages(1))
    const { counted } = await post('/v1/messages', messages(1, {}, 'other'))
    expect(counted.cache_read).toBeGreaterThan(2500)
  })

  it('pays for no marks in the end, where nothing is ever sent again', async () => {
    let marked = 0
    for (let index = 0; index < 40; index++) {
      const { counted } = await post(
        '/v1/messages',
        messages(1, { system: `At ${index}: ${RULES}`, tools: [] }, `${index}`),
      )
      if (counted.cache_write_5m > 0) marked++
    }
    expect(marked).toBeGreaterThan(0)
    expect(marked).toBeLessThan(15)
  })

  it('keeps marks on what is shared, where conversations have one turn', async () => {
    for (let index = 0; index < 30; index++) await post('/v1/messages', messages(1, {}, `${index}`))
    const { counted, body } = await post('/v1/messages', messages(1, {}, 'last'))
    expect(counted.cache_read).toBeGreaterThan(2500)
    expect(counted.cache_write_5m).toBe(0)
    expect(JSON.stringify(body.messages)).not.toContain('cache_control')
  })

  it.each([
    ['are the caller’s own', workflow, { cache_control: { type: 'ephemeral' } }],
    [
      'are the caller’s own, in a message',
      workflow,
      {
        messages: [
          { role: 'user', content: [{ type: 'text', text: RULES, cache_control: { type: 'ephemeral' } }] },
        ],
      },
    ],
    ['are left to the caller', 'explicit', {}],
    ['are off', 'off', {}],
    [
      'would not be taken of so short a prompt',
      workflow,
      { system: 'Be brief.', tools: [], messages: turns(1) },
    ],
  ])('has the request as it is where marks %s', async (_, name, more) => {
    const sent = messages(2, more)
    const { seen } = await post('/v1/messages', sent, name ?? workflow)
    expect(Buffer.from(seen.bytes).toString()).toBe(JSON.stringify({ ...sent, model: 'claude-sonnet-5-5' }))
  })
})

describe('a caller of another API, for a model of Anthropic’s', () => {
  const chat = (count: number): Fields => ({
    model: 'anthropic/claude-sonnet-5-5',
    messages: [{ role: 'system', content: RULES }, ...turns(count)],
  })
  const responses = (count: number): Fields => ({
    model: 'anthropic/claude-sonnet-5-5',
    instructions: RULES,
    store: false,
    input: turns(count),
  })

  it.each([
    ['chat', '/v1/chat/completions', chat],
    ['responses', '/v1/responses', responses],
  ] as const)('has what %s says read from the cache', async (_, path, request) => {
    let before = (await post(path, request(1))).counted
    for (const count of [2, 3]) {
      const { counted } = await post(path, request(count))
      expect(counted.cache_read).toBe(before.cache_read + before.cache_write_5m)
      before = counted
    }
    expect(before.cache_read).toBeGreaterThan(2000)
  })
})

describe('a caller of OpenAI', () => {
  const chat = (model: string, count: number, seed?: string): Fields => ({
    model: `openai/${model}`,
    messages: [{ role: 'system', content: RULES }, ...turns(count, seed)],
  })
  const responses = (model: string, count: number, seed?: string): Fields => ({
    model: `openai/${model}`,
    input: [{ role: 'developer', content: RULES }, ...turns(count, seed)],
  })

  it('has a key of its workflow’s, the same in each turn and for each conversation', async () => {
    const one = await post('/v1/chat/completions', chat('gpt-5.5', 1))
    const key = one.body.prompt_cache_key
    expect(key).toMatch(/^trimtab-[0-9a-f]{16}$/)
    const two = await post('/v1/responses', { ...responses('gpt-5.5', 2), store: false })
    expect(two.body.prompt_cache_key).toMatch(/^trimtab-/)
    expect((await post('/v1/chat/completions', chat('gpt-5.5', 2))).body.prompt_cache_key).toBe(key)
    expect((await post('/v1/chat/completions', chat('gpt-5.5', 1, 'other'))).body.prompt_cache_key).toBe(key)
    expect((await post('/v1/chat/completions', chat('gpt-5.5', 1), 'kept')).body.prompt_cache_key).not.toBe(
      key,
    )
  })

  it('finds machines that know busy prompts', async () => {
    const shares = []
    for (const mode of ['off', workflow]) {
      let read = 0
      let all = 0
      for (let turn = 1; turn <= 2; turn++) {
        for (let index = 0; index < 40; index++) {
          const { counted } = await post(
            '/v1/chat/completions',
            chat('gpt-5.5', turn, `${mode}${index}-`),
            mode,
          )
          read += counted.cache_read
          all += counted.input + counted.cache_read
          nowMs += 300
        }
      }
      shares.push(read / all)
    }
    expect(shares[1]).toBeGreaterThan((shares[0] ?? 0) + 0.05)
  })

  it.each([
    ['chat', '/v1/chat/completions', chat],
    ['responses', '/v1/responses', responses],
  ] as const)(
    'since GPT-5.6 has %s read up to its breakpoints, where without them nothing is',
    async (_, path, request) => {
      const shares = []
      for (const name of ['off', workflow]) {
        let read = 0
        let all = 0
        for (const seed of ['a', 'b', 'c']) {
          for (const count of [1, 2, 3]) {
            const { counted } = await post(path, request('gpt-5.6-sol', count, `${name}${seed}`), name)
            read += counted.cache_read
            all += counted.input + counted.cache_read + counted.cache_write_30m
          }
        }
        shares.push(read / all)
      }
      expect(shares[0]).toBe(0)
      expect(shares[1]).toBeGreaterThan(0.6)
    },
  )

  it('since GPT-5.6 pays for no writing in the end, where nothing is ever sent again', async () => {
    let written = 0
    for (let index = 0; index < 40; index++) {
      const { counted } = await post('/v1/chat/completions', {
        model: 'openai/gpt-5.6-sol',
        messages: [{ role: 'system', content: `At ${index}: ${RULES}` }, ...turns(1, `${index}`)],
      })
      if (counted.cache_write_30m > 0) written++
    }
    expect(written).toBeLessThan(15)
  })

  it('is asked to keep prompts for a day only where a policy says so, of models that can', async () => {
    expect((await post('/v1/chat/completions', chat('gpt-5.5', 1))).body).not.toHaveProperty(
      'prompt_cache_retention',
    )
    const kept = await post('/v1/chat/completions', chat('gpt-5.5', 1), 'kept')
    expect(kept.body.prompt_cache_retention).toBe('24h')
    expect((await post('/v1/chat/completions', chat('gpt-4o', 1), 'kept')).body).not.toHaveProperty(
      'prompt_cache_retention',
    )
  })

  it('keeps words of its own', async () => {
    const own = { prompt_cache_key: 'mine', prompt_cache_options: { mode: 'implicit' } }
    const { seen } = await post('/v1/chat/completions', { ...chat('gpt-5.6-sol', 2), ...own })
    expect(Buffer.from(seen.bytes).toString()).toBe(
      JSON.stringify({ ...chat('gpt-5.6-sol', 2), ...own }).replace('openai/', ''),
    )
  })

  it('sends other servers of its API nothing', async () => {
    const { body } = await post('/v1/chat/completions', {
      ...chat('gpt-5.6-sol', 2),
      model: 'vllm/gpt-5.6-sol',
    })
    expect(Object.keys(body)).toEqual(['model', 'messages'])
    expect(JSON.stringify(body)).not.toContain('cache')
  })
})

describe('where a provider has several accounts', () => {
  it('what begins alike goes to one, and another where that one pauses', async () => {
    const asked = async (seed: string): Promise<unknown> =>
      (
        await post(
          '/v1/messages',
          messages(1, { model: 'many/claude-sonnet-5-5', system: `${seed} ${RULES}` }, 'x'),
        )
      ).seen.headers['x-api-key']
    const first = await asked('s')
    for (let times = 0; times < 5; times++) expect(await asked('s')).toBe(first)
    const others = new Set<unknown>()
    for (let index = 0; index < 12; index++) others.add(await asked(`t${index}`))
    expect(others.size).toBeGreaterThan(1)
    mock.script([{ kind: 'rate_limited', seconds: 30 }])
    await ask(trimtab.origin, messages(1, { model: 'many/claude-sonnet-5-5', system: `s ${RULES}` }, 'x'), {
      path: '/v1/messages',
      headers: { 'x-trimtab-workflow': workflow },
    })
    mock.script([])
    expect(await asked('s')).not.toBe(first)
  })
})

/** As the caller wrote it: a text in a list of its own was a text. */
function withoutMarks(text: string): string {
  return text
    .replace(/\[\{"type":"text","text":("(?:[^"\\]|\\.)*"),"cache_control":\{"type":"ephemeral"\}\}\]/g, '$1')
    .replaceAll(',"cache_control":{"type":"ephemeral"}', '')
}
