import Anthropic, { BadRequestError, NotFoundError } from '@anthropic-ai/sdk'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { inputOf, outputOf } from '../support/mock-provider/counted.ts'
import { CHAT_MODEL, CLAUDE, type Pair, startPair } from './start-pair.ts'

let pair: Pair
let client: Anthropic

beforeAll(async () => {
  pair = await startPair()
  client = new Anthropic({ baseURL: pair.origin, apiKey: 'provider-key', maxRetries: 0 })
})

afterAll(() => pair?.stop())

const tools: Anthropic.Tool[] = [
  {
    name: 'get_weather',
    input_schema: {
      type: 'object',
      properties: { city: { type: 'string' }, days: { type: 'integer' } },
    },
  },
  { name: 'get_time', input_schema: { type: 'object', properties: {} } },
]

function ask(model: string, content: string): Anthropic.MessageCreateParamsNonStreaming {
  return { model, max_tokens: 2000, messages: [{ role: 'user', content }] }
}

function usageSeen() {
  const { counted } = pair.lastSeen()
  return counted && { input_tokens: inputOf(counted), output_tokens: outputOf(counted) }
}

describe.each([
  ['natively', CLAUDE],
  ['said in chat', CHAT_MODEL],
])('@anthropic-ai/sdk, %s', (_, model) => {
  test('messages: content and usage are the provider’s', async () => {
    const message = await client.messages.create(ask(model, 'naïve ☂'))
    expect(message).toMatchObject({
      type: 'message',
      role: 'assistant',
      content: [{ type: 'text', text: 'You said: naïve ☂' }],
      stop_reason: 'end_turn',
      usage: usageSeen(),
    })
  })

  test('stream: pieces arrive one for one, and build the message', async () => {
    const pieces: string[] = []
    const stream = client.messages.stream(ask(model, 'one two three')).on('text', (text) => pieces.push(text))
    const message = await stream.finalMessage()
    expect(pieces).toEqual(pair.lastSeen().said?.choices[0]?.pieces)
    expect(message).toMatchObject({ stop_reason: 'end_turn', usage: usageSeen() })
  })

  test('tools: called whole and streamed, several at once, and their results brought back', async () => {
    const asked = { ...ask(model, 'every tool, please'), tools }
    const whole = await client.messages.create(asked)
    const streamed = await client.messages.stream(asked).finalMessage()
    for (const { content, stop_reason } of [whole, streamed]) {
      expect(stop_reason).toBe('tool_use')
      expect(content).toMatchObject([
        { type: 'tool_use', name: 'get_weather', input: { city: 'a "city", naïve', days: 7 } },
        { type: 'tool_use', name: 'get_time', input: {} },
      ])
    }
    const results = whole.content.flatMap((block) =>
      block.type === 'tool_use'
        ? [{ type: 'tool_result' as const, tool_use_id: block.id, content: `${block.name}: rain` }]
        : [],
    )
    const next = await client.messages.create({
      ...asked,
      messages: [
        ...asked.messages,
        { role: 'assistant', content: whole.content },
        { role: 'user', content: results },
      ],
    })
    expect(next.content).toMatchObject([{ type: 'text', text: 'The tool said: get_time: rain' }])
  })

  test('countTokens tells what the input will be', async () => {
    const { messages } = ask(model, 'naïve ☂')
    const { input_tokens } = await client.messages.countTokens({ model, messages })
    const { usage } = await client.messages.create(ask(model, 'naïve ☂'))
    // Its provider counts, or else trimtab estimates.
    if (model === CLAUDE) expect(input_tokens).toBe(usage.input_tokens)
    else expect(input_tokens).toBeGreaterThan(0)
  })

  test('errors: a refusal is the SDK’s own class, in Anthropic’s envelope', async () => {
    const refused = client.messages.create({ ...ask(model, ''), messages: [] })
    await expect(refused).rejects.toBeInstanceOf(BadRequestError)
    await expect(refused).rejects.toMatchObject({
      status: 400,
      error: { type: 'error', error: { type: 'invalid_request_error' } },
    })
    await expect(client.messages.create(ask('nobody', 'hi'))).rejects.toBeInstanceOf(NotFoundError)
  })

  test('errors: a stream that breaks off throws', async () => {
    pair.mock.script([{ kind: 'error_event_mid' }])
    const stream = client.messages.stream(ask(model, 'one two three four five six seven eight nine ten'))
    await expect(stream.finalMessage()).rejects.toThrow(/error/)
  })
})

test('thinking: text and signature come back as the provider gave them, and go there again', async () => {
  const asked = {
    ...ask(CLAUDE, 'which way?'),
    thinking: { type: 'enabled' as const, budget_tokens: 1024 },
  }
  const whole = await client.messages.create(asked)
  const { content } = await client.messages.stream(asked).finalMessage()
  expect(content).toEqual(whole.content)
  expect(content[0]).toMatchObject({ type: 'thinking', thinking: 'The rudder follows the tab.' })
  const assistant = { role: 'assistant' as const, content }
  const messages = [...asked.messages, assistant, { role: 'user' as const, content: 'and now?' }]
  await client.messages.create({ ...asked, messages })
  expect(pair.lastSeen().body?.messages).toMatchObject([{}, assistant, {}])
})
