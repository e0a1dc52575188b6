import Anthropic from '@anthropic-ai/sdk'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { outputOf } from './counted.ts'
import { type MockProvider, startMockProvider } from './mock-provider.ts'

const HELLO = [{ role: 'user' as const, content: 'naïve – words' }]
const WEATHER = {
  name: 'weather',
  input_schema: { type: 'object' as const, properties: { city: { type: 'string' } } },
}

let mock: MockProvider
let client: Anthropic

beforeAll(async () => {
  mock = await startMockProvider({ apiKey: 'provider-key' })
  client = new Anthropic({ baseURL: mock.url.replace('/v1', ''), apiKey: 'provider-key', maxRetries: 0 })
})

afterAll(() => mock.close())

describe('messages', () => {
  test.each([
    ['text', {}],
    ['thinking', { thinking: { type: 'enabled' as const, budget_tokens: 1024 } }],
    ['tools', { tools: [WEATHER] }],
  ])('of %s: a stream builds the very message of the JSON answer', async (_, more) => {
    const body = { model: 'as-anthropic', max_tokens: 2000, messages: HELLO, ...more }
    const whole = await client.messages.create(body)
    const streamed = await client.messages.stream(body).finalMessage()
    expect(streamed).toMatchObject({ content: whole.content, stop_reason: whole.stop_reason })
    for (const [index, { usage }] of [whole, streamed].entries()) {
      const counted = mock.requests.at(index - 2)?.counted
      expect(usage).toMatchObject({
        input_tokens: counted?.input,
        cache_read_input_tokens: counted?.cache_read,
        output_tokens: counted && outputOf(counted),
      })
    }
  })

  test('counts the tokens that an answer would bill', async () => {
    const body = { model: 'claude-haiku-4-5', messages: HELLO }
    const { input_tokens } = await client.messages.countTokens(body)
    const { usage } = await client.messages.create({ ...body, max_tokens: 9 })
    expect(input_tokens).toBe(usage.input_tokens)
  })

  const USE = { type: 'tool_use', id: 'toolu_1', name: 'weather', input: {} }
  test.each([
    ['max_tokens: Field required', { max_tokens: undefined }, {}, 400],
    ['anthropic-version: header is required', {}, { 'anthropic-version': undefined }, 400],
    ['x-api-key header is required', {}, { 'x-api-key': undefined }, 401],
    ['Invalid bearer token', {}, { 'x-api-key': undefined, authorization: 'Bearer another-key' }, 401],
    ['stream_options: Extra inputs are not permitted', { stream_options: {} }, {}, 400],
    ['temperature: range: 0..1', { temperature: 1.5 }, {}, 400],
    ['Unexpected role "tool"', { messages: [{ role: 'tool', content: '' }] }, {}, 400],
    ['tool_choice may only be specified', { tool_choice: { type: 'auto' } }, {}, 400],
    [
      'without `tool_result` blocks',
      { messages: [...HELLO, { role: 'assistant', content: [USE] }, ...HELLO] },
      {},
      400,
    ],
  ])('refuses: %s', async (message, more, headers, status) => {
    const all: Record<string, string | undefined> = {
      'x-api-key': 'provider-key',
      'anthropic-version': '2023-06-01',
      ...headers,
    }
    const sent = Object.entries(all).filter((pair): pair is [string, string] => pair[1] !== undefined)
    const body = JSON.stringify({ model: 'claude-haiku-4-5', max_tokens: 9, messages: HELLO, ...more })
    const answer = await fetch(`${mock.url}/messages`, { method: 'POST', body, headers: sent })
    expect(answer.status).toBe(status)
    const { error } = (await answer.json()) as { error: { type: string; message: string } }
    expect(error.type).toBe(status === 401 ? 'authentication_error' : 'invalid_request_error')
    expect(error.message).toContain(message)
  })

  test('takes the bearer of a subscription with its beta header alone', async () => {
    const oauth = new Anthropic({
      baseURL: mock.url.replace('/v1', ''),
      apiKey: null,
      authToken: 'sk-ant-oat01-mock',
      maxRetries: 0,
    })
    const body = { model: 'claude-haiku-4-5', max_tokens: 9, messages: HELLO }
    await expect(oauth.messages.create(body)).rejects.toThrow(/OAuth/)
    const told = { headers: { 'anthropic-beta': 'oauth-2025-04-20' } }
    expect((await oauth.messages.create(body, told)).content).toMatchObject([{ type: 'text' }])
  })

  test('faults speak Anthropic’s words', async () => {
    const body = { model: 'chaos-status-529', max_tokens: 9, messages: HELLO }
    await expect(client.messages.create(body)).rejects.toThrow(/overloaded_error/)
    await expect(
      client.messages.stream({ ...body, model: 'chaos-error-event-mid' }).finalMessage(),
    ).rejects.toThrow(/api_error/)
  })
})
