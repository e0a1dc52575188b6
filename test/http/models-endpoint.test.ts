/** `/v1/models`: by every name that leads to a model, and in the shape of the API that the caller speaks. */
import Anthropic, { NotFoundError as AnthropicNotFound } from '@anthropic-ai/sdk'
import OpenAI, { NotFoundError } from 'openai'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ask } from '../support/ask.ts'
import { type MockProvider, startMockProvider } from '../support/mock-provider/mock-provider.ts'
import { startTrimtab, type Trimtab } from '../support/start-trimtab.ts'

let mock: MockProvider
let trimtab: Trimtab
let openai: OpenAI
let anthropic: Anthropic

beforeAll(async () => {
  mock = await startMockProvider({ models: ['gpt-5.5', 'gpt-4o-mini'] })
  trimtab = await startTrimtab({
    config: `
default_provider: openai
providers:
  openai: { vendor: openai, base_url: "${mock.url}", api_key: k }
  claude: { dialect: anthropic, base_url: "${mock.url}", api_key: k, models: [claude-haiku-4-5] }
  gpu: { base_url: "${mock.url}", models: ["org/qwen3-4b", gpt-5.5] }
aliases: { fast: openai/gpt-4o-mini }
access: { mode: keys }
`,
    policies: { 'support.yaml': 'tiers: { one: { use: openai/gpt-5.5 } }' },
  })
  openai = new OpenAI({ baseURL: trimtab.baseUrl, apiKey: await key('all'), maxRetries: 0 })
  anthropic = new Anthropic({ baseURL: trimtab.origin, apiKey: openai.apiKey, maxRetries: 0 })
})
afterAll(async () => {
  await trimtab?.stop()
  await mock?.close()
})

describe('for OpenAI’s SDK', () => {
  test.each([
    ['gpt-4o-mini', 'openai'],
    ['openai/gpt-4o-mini', 'openai'],
    ['claude-haiku-4-5', 'claude'],
    ['claude/claude-haiku-4-5', 'claude'],
    ['gpu/org/qwen3-4b', 'gpu'],
    ['org/qwen3-4b', 'gpu'],
    ['gpu/gpt-5.5', 'gpu'],
    ['openai/gpt-5.5', 'openai'],
    ['fast', 'openai'],
    ['support', 'trimtab'],
  ])('%s is found, and is %s’s', async (id, owner) => {
    expect(await openai.models.retrieve(id)).toMatchObject({ id, object: 'model', owned_by: owner })
    const plain = await ask(trimtab.origin, Buffer.alloc(0), {
      path: `/v1/models/${id}`,
      method: 'GET',
      headers: { authorization: `Bearer ${openai.apiKey}` },
    })
    expect([plain.status, JSON.parse(plain.text).id]).toEqual([200, id])
  })

  test.each(['openai/nothing', 'openai/support', 'nobody/gpt-4o-mini', 'openai/', '%'])(
    '%s is not',
    async (id) => {
      await expect(openai.models.retrieve(id)).rejects.toThrow(NotFoundError)
    },
  )

  test('what a key may not ask for it does not find', async () => {
    const limited = new OpenAI({ baseURL: trimtab.baseUrl, apiKey: await key('few', '--models', 'gpt-4o-*') })
    expect((await limited.models.retrieve('openai/gpt-4o-mini')).id).toBe('openai/gpt-4o-mini')
    await expect(limited.models.retrieve('claude/claude-haiku-4-5')).rejects.toThrow(NotFoundError)
    await expect(limited.models.retrieve('openai/gpt-5.5')).rejects.toThrow(NotFoundError)
  })
})

describe('for Anthropic’s SDK', () => {
  test('all are listed, page by page, as Anthropic lists models', async () => {
    const ids = (await openai.models.list()).data.map(({ id }) => id)
    const heard: string[] = []
    for await (const model of anthropic.models.list({ limit: 2 })) {
      expect(model).toMatchObject({
        type: 'model',
        display_name: model.id,
        created_at: '1970-01-01T00:00:00Z',
      })
      heard.push(model.id)
    }
    expect(heard).toEqual(ids)
    expect(ids.length).toBeGreaterThan(4)
    const [first = '', second = '', third = ''] = ids
    const before = await anthropic.models.list({ limit: 1, before_id: third })
    expect([before.data.map(({ id }) => id), before.has_more]).toEqual([[second], true])
    const begin = await anthropic.models.list({ limit: 5, before_id: second })
    expect([begin.data.map(({ id }) => id), begin.has_more]).toEqual([[first], false])
  })

  test('one is found by any of its names, and what is not is told in Anthropic’s words', async () => {
    expect(await anthropic.models.retrieve('claude/claude-haiku-4-5')).toEqual({
      type: 'model',
      id: 'claude/claude-haiku-4-5',
      display_name: 'claude/claude-haiku-4-5',
      created_at: '1970-01-01T00:00:00Z',
    })
    const missing = anthropic.models.retrieve('nothing')
    await expect(missing).rejects.toThrow(AnthropicNotFound)
    await expect(missing).rejects.toMatchObject({ error: { error: { type: 'not_found_error' } } })
    await expect(anthropic.models.list({ limit: 5000 })).rejects.toMatchObject({ status: 400 })
  })

  test('without a key it is refused in Anthropic’s words too', async () => {
    const stranger = new Anthropic({ baseURL: trimtab.origin, apiKey: 'tt_wrong', maxRetries: 0 })
    await expect(stranger.models.list()).rejects.toMatchObject({
      status: 401,
      error: { type: 'error', error: { type: 'authentication_error' } },
    })
  })
})

async function key(name: string, ...options: string[]): Promise<string> {
  return ((await trimtab.json('keys', 'create', '--name', name, ...options, '--json')) as { key: string }).key
}
