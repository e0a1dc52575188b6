/** Anthropic's prompt cache is told what to keep, where that pays: a provider that really keeps it shows what came of it. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { ask } from '../../support/ask.ts'
import { recorded } from '../escalation-setup.ts'
import { type Caching, type Fields, RULES, startCaching, turns, words } from './prompt-caches-setup.ts'

let caching: Caching

beforeAll(async () => {
  caching = await startCaching()
})

afterAll(async () => {
  await caching.stop()
})

beforeEach(() => {
  caching.anew()
})

const TOOLS = [
  { name: 'look', description: words('look', 800), input_schema: { type: 'object', properties: {} } },
]

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
    const first = await caching.post('/v1/messages', messages(1))
    expect(first.counted).toMatchObject({ cache_read: 0 })
    expect(first.counted.cache_write_5m).toBeGreaterThan(3000)
    let before = first.counted
    for (const count of [2, 3, 4]) {
      const { counted } = await caching.post('/v1/messages', messages(count))
      // All that the turn before had sent, and nothing of it is written again.
      expect(counted.cache_read).toBe(before.cache_read + before.cache_write_5m)
      expect(counted.cache_write_5m).toBeLessThan(700)
      before = counted
    }
  })

  it('is told of it in the record, and sees the bytes change nowhere else', async () => {
    const sent = messages(2)
    const { id, seen, body } = await caching.post('/v1/messages', sent)
    const { decision } = await recorded(caching.trimtab, id)
    expect(decision.edits).toContain('cache_control: tools, system, earlier turn, newest turn')
    expect(JSON.stringify(body).match(/"cache_control":\{"type":"ephemeral"\}/g)).toHaveLength(4)
    expect(withoutMarks(Buffer.from(seen.bytes).toString())).toBe(
      JSON.stringify({ ...sent, model: 'claude-sonnet-5-5' }),
    )
  })

  it('reads what conversations begin with from another conversation', async () => {
    await caching.post('/v1/messages', messages(1))
    const { counted } = await caching.post('/v1/messages', messages(1, {}, 'other'))
    expect(counted.cache_read).toBeGreaterThan(2500)
  })

  it('pays for no marks in the end, where nothing is ever sent again', async () => {
    let marked = 0
    for (let index = 0; index < 40; index++) {
      const { counted } = await caching.post(
        '/v1/messages',
        messages(1, { system: `At ${index}: ${RULES}`, tools: [] }, `${index}`),
      )
      if (counted.cache_write_5m > 0) marked++
    }
    expect(marked).toBeGreaterThan(0)
    expect(marked).toBeLessThan(15)
  })

  it('keeps marks on what is shared, where conversations have one turn', async () => {
    for (let index = 0; index < 30; index++) await caching.post('/v1/messages', messages(1, {}, `${index}`))
    const { counted, body } = await caching.post('/v1/messages', messages(1, {}, 'last'))
    expect(counted.cache_read).toBeGreaterThan(2500)
    expect(counted.cache_write_5m).toBe(0)
    expect(JSON.stringify(body.messages)).not.toContain('cache_control')
  })

  it.each([
    ['are the caller’s own', undefined, { cache_control: { type: 'ephemeral' } }],
    [
      'are the caller’s own, in a message',
      undefined,
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
      undefined,
      { system: 'Be brief.', tools: [], messages: turns(1) },
    ],
  ])('has the request as it is where marks %s', async (_, name, more) => {
    const sent = messages(2, more)
    const { seen } = await caching.post('/v1/messages', sent, name)
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
    let before = (await caching.post(path, request(1))).counted
    for (const count of [2, 3]) {
      const { counted } = await caching.post(path, request(count))
      expect(counted.cache_read).toBe(before.cache_read + before.cache_write_5m)
      before = counted
    }
    expect(before.cache_read).toBeGreaterThan(2000)
  })
})

describe('where a provider has several accounts', () => {
  it('what begins alike goes to one, and another where that one pauses', async () => {
    const asked = async (seed: string): Promise<unknown> =>
      (
        await caching.post(
          '/v1/messages',
          messages(1, { model: 'many/claude-sonnet-5-5', system: `${seed} ${RULES}` }, 'x'),
        )
      ).seen.headers['x-api-key']
    const first = await asked('s')
    for (let times = 0; times < 5; times++) expect(await asked('s')).toBe(first)
    const others = new Set<unknown>()
    for (let index = 0; index < 12; index++) others.add(await asked(`t${index}`))
    expect(others.size).toBeGreaterThan(1)
    caching.mock.script([{ kind: 'rate_limited', seconds: 30 }])
    await ask(
      caching.trimtab.origin,
      messages(1, { model: 'many/claude-sonnet-5-5', system: `s ${RULES}` }, 'x'),
      {
        path: '/v1/messages',
        headers: { 'x-trimtab-workflow': caching.workflow },
      },
    )
    caching.mock.script([])
    expect(await asked('s')).not.toBe(first)
  })
})

/** As the caller wrote it: a text in a list of its own was a text. */
function withoutMarks(text: string): string {
  return text
    .replace(/\[\{"type":"text","text":("(?:[^"\\]|\\.)*"),"cache_control":\{"type":"ephemeral"\}\}\]/g, '$1')
    .replaceAll(',"cache_control":{"type":"ephemeral"}', '')
}
