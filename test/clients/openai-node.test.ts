import OpenAI, { BadRequestError } from 'openai'
import { zodResponseFormat } from 'openai/helpers/zod'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { embed } from '../support/mock-provider/embeddings-answer.ts'
import { CHAT_MODEL, EMBEDDING_MODEL, type Pair, startPair } from './start-pair.ts'

let pair: Pair
let client: OpenAI
/** Bodies as the SDK handed them to its transport. */
const sent: string[] = []

beforeAll(async () => {
  pair = await startPair()
  client = new OpenAI({
    baseURL: pair.baseUrl,
    apiKey: 'provider-key',
    maxRetries: 0,
    fetch(url, init) {
      if (typeof init?.body === 'string') sent.push(init.body)
      return fetch(url, init)
    },
  })
})

afterAll(() => pair?.stop())

const tools = [
  {
    type: 'function' as const,
    function: {
      name: 'get_weather',
      parameters: {
        type: 'object',
        properties: { city: { type: 'string' }, days: { type: 'integer' } },
        required: ['city', 'days'],
      },
    },
  },
  {
    type: 'function' as const,
    function: { name: 'get_time', parameters: { type: 'object', properties: {} } },
  },
]

function ask(content: string): OpenAI.ChatCompletionMessageParam[] {
  return [{ role: 'user', content }]
}

function seenText(): string {
  return Buffer.from(pair.lastSeen().bytes).toString()
}

describe('openai-node', () => {
  test('chat: content and usage are the provider’s, and its bytes are the SDK’s', async () => {
    const answer = await client.chat.completions.create({ model: CHAT_MODEL, messages: ask('naïve ☂ 1.0') })
    const said = pair.lastSeen().said
    expect(answer.choices[0]?.message.content).toBe('You said: naïve ☂ 1.0')
    expect(answer.choices[0]?.finish_reason).toBe('stop')
    expect(answer.usage).toEqual(said?.usage)
    expect(answer._request_id).toBe(`req_mock${pair.lastSeen().number}`)
    expect(seenText()).toBe(sent.at(-1))
  })

  test('chat: image and audio parts arrive as they were sent', async () => {
    const content: OpenAI.ChatCompletionContentPart[] = [
      { type: 'text', text: 'what is this?' },
      { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw0KGgo=' } },
      { type: 'input_audio', input_audio: { data: 'UklGRg==', format: 'wav' } },
    ]
    const messages: OpenAI.ChatCompletionMessageParam[] = [{ role: 'user', content }]
    const answer = await client.chat.completions.create({ model: CHAT_MODEL, messages })
    expect(pair.lastSeen().body?.messages).toEqual(messages)
    expect(answer.choices[0]?.message.content).toBe('You said: what is this?[image_url][input_audio]')
    expect(answer.usage?.prompt_tokens_details?.audio_tokens).toBe(10)
  })

  test('stream: pieces arrive one for one, and no usage where none was asked for', async () => {
    const stream = await client.chat.completions.create({
      model: CHAT_MODEL,
      messages: ask('one two three'),
      stream: true,
    })
    const chunks: OpenAI.ChatCompletionChunk[] = []
    for await (const chunk of stream) chunks.push(chunk)
    const pieces = chunks.map((chunk) => chunk.choices[0]?.delta.content).filter(Boolean)
    expect(pieces).toEqual(pair.lastSeen().said?.choices[0]?.pieces)
    expect(chunks.at(-1)?.choices[0]?.finish_reason).toBe('stop')
    expect(chunks.every((chunk) => chunk.choices.length === 1)).toBe(true)
    expect(chunks.every((chunk) => !chunk.usage)).toBe(true)
  })

  test('stream: usage comes where it was asked for', async () => {
    const stream = await client.chat.completions.create({
      model: CHAT_MODEL,
      messages: ask('one two three'),
      stream: true,
      stream_options: { include_usage: true },
    })
    const chunks: OpenAI.ChatCompletionChunk[] = []
    for await (const chunk of stream) chunks.push(chunk)
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: pair.lastSeen().said?.usage })
    expect(seenText()).toBe(sent.at(-1))
  })

  test('tools: calls come whole, and their results go back', async () => {
    const first = await client.chat.completions.create({
      model: CHAT_MODEL,
      messages: ask('use every tool'),
      tools,
    })
    const calls = pair.lastSeen().said?.choices[0]?.toolCalls ?? []
    const message = first.choices[0]?.message
    expect(calls).toHaveLength(2)
    expect(message?.tool_calls).toEqual(
      calls.map(({ id, ...called }) => ({ id, type: 'function', function: called })),
    )
    if (!message) throw new Error('no message')
    const result = { role: 'tool' as const, tool_call_id: calls[0]?.id ?? '', content: '21 °C' }
    const messages = [...ask('weather?'), message, result]
    const second = await client.chat.completions.create({ model: CHAT_MODEL, messages, tools })
    expect(second.choices[0]?.message.content).toBe('The tool said: 21 °C')
    expect(pair.lastSeen().body?.tools).toEqual(tools)
  })

  test('tools: streamed arguments add up to the provider’s', async () => {
    const runner = client.chat.completions.stream({
      model: CHAT_MODEL,
      messages: ask('use every tool'),
      tools,
    })
    const final = await runner.finalChatCompletion()
    const calls = pair.lastSeen().said?.choices[0]?.toolCalls
    const got = final.choices[0]?.message.tool_calls?.map((call) =>
      call.type === 'function'
        ? { id: call.id, name: call.function.name, arguments: call.function.arguments }
        : call,
    )
    expect(got).toEqual(calls)
    expect(final.choices[0]?.finish_reason).toBe('tool_calls')
  })

  test('structured parse: the schema arrives and the answer parses by it', async () => {
    const schema = z.object({ city: z.string(), days: z.number().int(), tags: z.array(z.string()) })
    const format = zodResponseFormat(schema, 'forecast')
    const body = { model: CHAT_MODEL, messages: ask('forecast'), response_format: format }
    const answer = await client.chat.completions.parse(body)
    const text = pair.lastSeen().said?.choices[0]?.pieces.join('') ?? ''
    expect(answer.choices[0]?.message.parsed).toEqual(schema.parse(JSON.parse(text)))
    expect(pair.lastSeen().body?.response_format).toEqual(JSON.parse(JSON.stringify(format)))
  })

  test('embeddings: base64, the SDK’s own choice, and floats give the provider’s vectors', async () => {
    const ask = { model: EMBEDDING_MODEL, input: ['one', 'two'] }
    const decoded = await client.embeddings.create(ask)
    expect(pair.lastSeen().body?.encoding_format).toBe('base64')
    const floats = await client.embeddings.create({ ...ask, encoding_format: 'float' })
    const wanted = ask.input.map((text) => [...embed(text, 8)])
    expect(decoded.data.map(({ embedding }) => embedding)).toEqual(wanted)
    expect(floats.data.map(({ embedding }) => embedding)).toEqual(wanted)
    expect(floats.usage).toEqual({ prompt_tokens: 2, total_tokens: 2 })
  })

  test('embeddings: a batch of which some are remembered is whole, in its order, in either format', async () => {
    for (const format of [{}, { encoding_format: 'float' as const }]) {
      await client.embeddings.create({ model: EMBEDDING_MODEL, input: ['red', 'green'], ...format })
      const input = ['blue', 'green', 'white', 'red']
      const batch = await client.embeddings.create({ model: EMBEDDING_MODEL, input, ...format })
      expect(batch.data.map(({ embedding }) => embedding)).toEqual(input.map((text) => [...embed(text, 8)]))
      expect(batch.data.map(({ index }) => index)).toEqual([0, 1, 2, 3])
      if (process.env.CLIENTS_DIRECT !== '1') expect(pair.lastSeen().body?.input).toEqual(['blue', 'white'])
    }
  })

  test('models.list: names what can be asked for', async () => {
    const names: string[] = []
    for await (const model of client.models.list()) names.push(model.id.replace(/^mock\//, ''))
    expect(names).toEqual(expect.arrayContaining([CHAT_MODEL, EMBEDDING_MODEL]))
  })

  test('errors: the provider’s refusal is the SDK’s own class with the provider’s words', async () => {
    const messages = [{ role: 'user', content: [{ type: 'hologram' }] }] as never
    const asked = client.chat.completions.create({ model: CHAT_MODEL, messages })
    const error = await asked.then(
      () => undefined,
      (reason: unknown) => reason,
    )
    expect(error).toBeInstanceOf(BadRequestError)
    expect(error).toMatchObject({ param: 'messages[0].content[0].type', code: 'invalid_value' })
    expect(String(error)).toContain("Invalid value: 'hologram'")
  })
})
