import OpenAI, { BadRequestError } from 'openai'
import { zodTextFormat } from 'openai/helpers/zod'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { inputOf, outputOf } from '../support/mock-provider/counted.ts'
import { CHAT_MODEL, CLAUDE, type Pair, RESPONSES_MODEL, startPair } from './start-pair.ts'

let pair: Pair
let client: OpenAI

beforeAll(async () => {
  pair = await startPair()
  client = new OpenAI({ baseURL: pair.baseUrl, apiKey: 'provider-key', maxRetries: 0 })
})

afterAll(() => pair?.stop())

const parameters = {
  type: 'object',
  properties: { city: { type: 'string' }, days: { type: 'integer' } },
}
const tools = [{ type: 'function' as const, name: 'get_weather', parameters, strict: false }]

function usageSeen() {
  const { counted } = pair.lastSeen()
  return counted && { input_tokens: inputOf(counted), output_tokens: outputOf(counted) }
}

describe.each([
  ['natively', RESPONSES_MODEL],
  ['said in chat', CHAT_MODEL],
  ['said in messages', CLAUDE],
])('openai-node responses, %s', (_, model) => {
  test('create: text and usage are the provider’s', async () => {
    const response = await client.responses.create({ model, input: 'naïve ☂', instructions: 'Be brief.' })
    expect(response.output_text).toBe('You said: naïve ☂')
    expect(response).toMatchObject({ object: 'response', status: 'completed', usage: usageSeen() })
  })

  test('stream: pieces arrive one for one, and build the response', async () => {
    const pieces: string[] = []
    const stream = client.responses
      .stream({ model, input: 'one two three' })
      .on('response.output_text.delta', ({ delta }) => pieces.push(delta))
    const response = await stream.finalResponse()
    expect(pieces).toEqual(pair.lastSeen().said?.choices[0]?.pieces)
    expect(response.output_text).toBe('You said: one two three')
    expect(response.usage).toMatchObject(usageSeen() ?? {})
  })

  test('tools: called whole and streamed, and the result brought back with what came before', async () => {
    const input: OpenAI.Responses.ResponseInput = [{ role: 'user', content: 'weather?' }]
    const whole = await client.responses.create({ model, input, tools })
    const streamed = await client.responses.stream({ model, input, tools }).finalResponse()
    for (const { output } of [whole, streamed] as OpenAI.Responses.Response[]) {
      const call = output.find(isCall)
      expect(call).toMatchObject({ name: 'get_weather' })
      expect(JSON.parse(call?.arguments ?? '')).toEqual({ city: 'a "city", naïve', days: 7 })
      const result = { type: 'function_call_output' as const, call_id: call?.call_id ?? '', output: 'rain' }
      const items = output as OpenAI.Responses.ResponseInput
      const next = await client.responses.create({ model, input: [...input, ...items, result], tools })
      expect(next.output_text).toBe('The tool said: rain')
    }
  })

  test('parse: the schema is kept to, and read', async () => {
    const forecast = z.object({ city: z.string(), days: z.number().int(), tags: z.array(z.string()) })
    const text = { format: zodTextFormat(forecast, 'forecast') }
    const response = await client.responses.parse({ model, input: 'forecast', text })
    expect(response.output_parsed).toEqual({
      city: 'a "city", naïve',
      days: 7,
      tags: ['a "tags", naïve'],
    })
  })

  test('errors: a refusal is the SDK’s own class', async () => {
    const refused = client.responses.create({ model, input: 7 as never })
    await expect(refused).rejects.toBeInstanceOf(BadRequestError)
    await expect(refused).rejects.toMatchObject({ status: 400, param: 'input' })
  })

  test('errors: a stream that breaks off fails the response', async () => {
    pair.mock.script([{ kind: 'error_event_mid' }])
    const input = 'one two three four five six seven eight nine ten'
    const types: string[] = []
    for await (const { type } of await client.responses.create({ model, input, stream: true }))
      types.push(type)
    expect(types.at(-1)).toBe('response.failed')
    expect(types).not.toContain('response.completed')
  })
})

test('a response is gone on with where it is kept', async () => {
  const first = await client.responses.create({ model: RESPONSES_MODEL, input: 'one' })
  const next = { input: 'two', previous_response_id: first.id }
  const second = await client.responses.create({ ...next, model: RESPONSES_MODEL })
  expect(second.previous_response_id).toBe(first.id)
})

describe.each([
  ['chat', CHAT_MODEL],
  ['messages', CLAUDE],
])('openai-node responses, custom tools said in %s', (_, model) => {
  const format = { type: 'grammar' as const, syntax: 'lark' as const, definition: 'start: "a"' }
  const custom = [{ type: 'custom' as const, name: 'apply_patch', description: 'Edits files.', format }]

  test('called whole and streamed with free text, and the result brought back with what came before', async () => {
    const input: OpenAI.Responses.ResponseInput = [{ role: 'user', content: 'patch!' }]
    const tool_choice = { type: 'custom' as const, name: 'apply_patch' }
    const whole = await client.responses.create({ model, input, tools: custom, tool_choice })
    const deltas: string[] = []
    const streamed = await client.responses
      .stream({ model, input, tools: custom, tool_choice })
      .on('response.custom_tool_call_input.delta', ({ delta }) => deltas.push(delta))
      .finalResponse()
    expect(deltas.join('')).toBe('a "input", naïve')
    expect(JSON.stringify(pair.lastSeen().body?.tools)).toContain('start: \\"a\\"')
    for (const { output } of [whole, streamed] as OpenAI.Responses.Response[]) {
      const call = output.find((item) => item.type === 'custom_tool_call')
      expect(call).toMatchObject({ name: 'apply_patch', input: 'a "input", naïve' })
      const result = {
        type: 'custom_tool_call_output' as const,
        call_id: call?.call_id ?? '',
        output: 'patched',
      }
      const items = output as OpenAI.Responses.ResponseInput
      const next = await client.responses.create({
        model,
        input: [...input, ...items, result],
        tools: custom,
      })
      expect(next.output_text).toBe('The tool said: patched')
    }
  })
})

function isCall(
  item: OpenAI.Responses.ResponseOutputItem,
): item is OpenAI.Responses.ResponseFunctionToolCallItem {
  return item.type === 'function_call'
}
