/** Who calls the newer endpoints and under which names: keys in whichever header an SDK sends them, labels, aliases. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ask } from '../support/ask.ts'
import { type MockProvider, startMockProvider } from '../support/mock-provider/mock-provider.ts'
import { startTrimtab, type Trimtab } from '../support/start-trimtab.ts'
import { type Dialects, HELLO, lastOf, messages, responses, startDialects, VERSION } from './dialects.ts'

describe('names', () => {
  let world: Dialects

  beforeAll(async () => {
    world = await startDialects({ 'support.yaml': 'tiers: { only: { use: anthropic/claude-haiku-4-5 } }' })
  })

  afterAll(() => world.stop())

  test.each([
    ['an alias', 'sonnet'],
    ['provider/model', 'anthropic/claude-haiku-4-5'],
    ['a workflow', 'support'],
  ])('%s leads messages and responses to their model', async (_, model) => {
    for (const heard of [
      await world.post('/v1/messages', messages(model), VERSION),
      await world.post('/v1/responses', responses(model)),
    ]) {
      expect(heard).toMatchObject({
        status: 200,
        headers: { 'x-trimtab-model': 'anthropic/claude-haiku-4-5' },
      })
      expect(lastOf(world.anthropic).body?.model).toBe('claude-haiku-4-5')
      const { request } = await world.ledgerOf(heard)
      expect(request).toMatchObject({ model_asked: model })
    }
  })

  test('labels come from headers and from metadata, where they are not sent on', async () => {
    const metadata = { user_id: 'ann', trimtab_workflow: 'support', trimtab_step: 'draft' }
    const heard = await world.post('/v1/messages', messages('sonnet', { metadata }), {
      ...VERSION,
      'x-trimtab-tags': 'team=web',
    })
    const { request } = await world.ledgerOf(heard)
    expect(request).toMatchObject({
      workflow: 'support',
      step: 'draft',
      user: 'ann',
      tags: JSON.stringify({ team: 'web' }),
    })
    expect(lastOf(world.anthropic).body?.metadata).toEqual({ user_id: 'ann' })
    expect(lastOf(world.anthropic).headers).not.toHaveProperty('x-trimtab-tags')
  })
})

test.each(['x-claude-code-session-id', 'session-id', 'session_id'])(
  'a coding agent’s %s is the session',
  async (name) => {
    const world = await startDialects()
    const heard = await world.post('/v1/responses', responses('gpt-4o-mini'), { [name]: 'of-a-day' })
    expect((await world.ledgerOf(heard)).request.session).toBe('of-a-day')
    await world.stop()
  },
)

describe('keys', () => {
  let mock: MockProvider
  let trimtab: Trimtab
  let key: string

  beforeAll(async () => {
    mock = await startMockProvider({ apiKey: 'provider-key' })
    trimtab = await startTrimtab({ config: `access: { mode: keys }\n${anthropicAt(mock, 'provider-key')}` })
    const made = (await trimtab.json('keys', 'create', '--name', 'ann', '--json')) as { key: string }
    key = made.key
  })

  afterAll(async () => {
    await trimtab.stop()
    await mock.close()
  })

  test.each([
    ['x-api-key', (it: string) => it],
    ['authorization', (it: string) => `Bearer ${it}`],
  ])('a key of trimtab in %s is taken, and the provider gets its own', async (name, written) => {
    const headers = { ...VERSION, [name]: written(key) }
    const heard = await ask(trimtab.origin, messages('claude-haiku-4-5'), { path: '/v1/messages', headers })
    expect(heard.status).toBe(200)
    const seen = lastOf(mock)
    expect(seen.headers['x-api-key']).toBe('provider-key')
    expect(JSON.stringify(seen.rawHeaders)).not.toContain(key)
  })

  test.each([
    ['none', {}],
    ['an unknown one', { 'x-api-key': 'tt_unknown' }],
  ])('%s is 401 in Anthropic’s words', async (_, more) => {
    const headers = { ...VERSION, ...more }
    const heard = await ask(trimtab.origin, messages('claude-haiku-4-5'), { path: '/v1/messages', headers })
    expect(heard.status).toBe(401)
    expect(JSON.parse(heard.text)).toMatchObject({ type: 'error', error: { type: 'authentication_error' } })
  })
})

describe('the caller’s own credential', () => {
  let mock: MockProvider
  let trimtab: Trimtab

  beforeAll(async () => {
    mock = await startMockProvider({ apiKey: 'sk-ant-of-the-caller' })
    trimtab = await startTrimtab({ config: anthropicAt(mock, 'client') })
  })

  afterAll(async () => {
    await trimtab.stop()
    await mock.close()
  })

  const post = (path: string, body: unknown, headers: object) =>
    ask(trimtab.origin, body, { path, headers: { ...VERSION, ...headers } })

  test('is passed on as x-api-key', async () => {
    const headers = { 'x-api-key': 'sk-ant-of-the-caller' }
    const heard = await post('/v1/messages', messages('claude-haiku-4-5'), headers)
    expect(heard.status).toBe(200)
    expect(lastOf(mock).headers['x-api-key']).toBe('sk-ant-of-the-caller')
  })

  test('is passed on as the bearer of a subscription, with its beta header', async () => {
    const authorization = 'Bearer sk-ant-oat01-of-the-caller'
    const headers = { authorization, 'anthropic-beta': 'oauth-2025-04-20,claude-code-20250219' }
    const heard = await post('/v1/messages', messages('claude-haiku-4-5'), headers)
    expect(heard.status).toBe(200)
    expect(lastOf(mock).headers).toMatchObject({ authorization })
    expect(lastOf(mock).headers['x-api-key']).toBeUndefined()
  })

  test('is taken from an OpenAI SDK, too', async () => {
    const headers = { authorization: 'Bearer sk-ant-of-the-caller' }
    const body = { model: 'claude-haiku-4-5', messages: HELLO }
    expect((await post('/v1/chat/completions', body, headers)).status).toBe(200)
  })

  test('is refused as the provider worded it', async () => {
    const headers = { 'x-api-key': 'sk-ant-of-nobody' }
    const heard = await post('/v1/messages', messages('claude-haiku-4-5'), headers)
    expect(heard.status).toBe(401)
    expect(JSON.parse(heard.text)).toMatchObject({
      type: 'error',
      error: { type: 'authentication_error', message: 'invalid x-api-key' },
    })
  })

  test('is missed in Anthropic’s words', async () => {
    const heard = await post('/v1/messages', messages('claude-haiku-4-5'), {})
    expect(heard.status).toBe(401)
    expect(JSON.parse(heard.text)).toMatchObject({ type: 'error', error: { type: 'authentication_error' } })
  })
})

function anthropicAt(mock: MockProvider, key: string): string {
  return `providers: { mine: { dialect: anthropic, base_url: "${mock.url}", api_key: ${key}, models: [claude-haiku-4-5] } }`
}
