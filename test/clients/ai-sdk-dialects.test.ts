import { createAnthropic } from '@ai-sdk/anthropic'
import { createOpenAI } from '@ai-sdk/openai'
import { generateObject, generateText, type LanguageModel, stepCountIs, streamText, tool } from 'ai'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { ask } from '../support/ask.ts'
import { inputOf, outputOf } from '../support/mock-provider/counted.ts'
import { CHAT_MODEL, CLAUDE, type Pair, RESPONSES_MODEL, startPair } from './start-pair.ts'

let pair: Pair

beforeAll(async () => {
  pair = await startPair()
})

afterAll(() => pair?.stop())

const openai = (name: string) =>
  createOpenAI({ baseURL: pair.baseUrl, apiKey: 'provider-key' }).responses(name)
const anthropic = (name: string) => createAnthropic({ baseURL: pair.baseUrl, apiKey: 'provider-key' })(name)

const weather = tool({
  description: 'Weather of a city',
  inputSchema: z.object({ city: z.string(), days: z.number().int() }),
  execute: async ({ city, days }) => `${days} days in ${city}`,
})

function usageSeen() {
  const { counted } = pair.lastSeen()
  return counted && { inputTokens: inputOf(counted), outputTokens: outputOf(counted) }
}

const MODELS: [string, () => LanguageModel][] = [
  ['openai responses, natively', () => openai(RESPONSES_MODEL)],
  ['openai responses, said in chat', () => openai(CHAT_MODEL)],
  ['openai responses, said in messages', () => openai(CLAUDE)],
  ['anthropic, natively', () => anthropic(CLAUDE)],
  ['anthropic, said in chat', () => anthropic(CHAT_MODEL)],
]

describe.each(MODELS)('AI SDK, %s', (_, model) => {
  test('generateText gives the provider’s text and usage', async () => {
    const { text, usage, finishReason } = await generateText({ model: model(), prompt: 'hello, world' })
    expect(text).toBe('You said: hello, world')
    expect(finishReason).toBe('stop')
    expect(usage).toMatchObject(usageSeen() ?? {})
  })

  test('streamText gives the provider’s pieces and usage', async () => {
    const result = streamText({ model: model(), prompt: 'one two three' })
    const pieces: string[] = []
    for await (const piece of result.textStream) pieces.push(piece)
    expect(pieces).toEqual(pair.lastSeen().said?.choices[0]?.pieces)
    expect(await result.usage).toMatchObject(usageSeen() ?? {})
  })

  test.each([
    ['generateText', () => generateText(steps(model()))],
    ['streamText', () => streamText(steps(model()))],
  ])('%s runs a tool and goes on with its result', async (_name, ask) => {
    const result = await ask()
    expect(await result.text).toBe('The tool said: 7 days in a "city", naïve')
    expect(await result.steps).toHaveLength(2)
  })

  test('generateObject reads what the schema asks for', async () => {
    const schema = z.object({ city: z.string(), days: z.number().int() })
    const { object } = await generateObject({ model: model(), prompt: 'forecast', schema })
    expect(object).toEqual({ city: 'a "city", naïve', days: 7 })
  })
})

describe.each([
  ['chat', CHAT_MODEL],
  ['messages', CLAUDE],
])('AI SDK, openai responses, said in %s, by references to what it was told', (_, name) => {
  test.each([
    ['generateText', () => generateText(referring(openai(name)))],
    ['streamText', () => streamText(referring(openai(name)))],
  ])('%s runs a tool and goes on with its result', async (_name, ask) => {
    const result = await ask()
    expect(await result.text).toBe('The tool said: 7 days in a "city", naïve')
    expect(await result.steps).toHaveLength(2)
    const sent = JSON.stringify(pair.lastSeen().body)
    expect(sent).toMatch(/"name":"weather"/)
    expect(sent).not.toContain('item_reference')
  })

  test('what was told with `store: false` is not kept, and the refusal says what helps', async () => {
    const first = await generateText({ ...steps(openai(name)), stopWhen: stepCountIs(1) })
    const [call] = first.toolCalls
    const id = (call?.providerMetadata?.openai as { itemId?: string } | undefined)?.itemId
    expect(id).toMatch(/^fc_/)
    const input = [{ type: 'item_reference', id }]
    const { count } = pair.mock
    const heard = await ask(pair.origin, { model: name, input }, { path: '/v1/responses' })
    expect(heard.status).toBe(400)
    const { error } = JSON.parse(heard.text) as { error: { message: string; param: string } }
    expect(error.param).toBe('input[0]')
    expect(error.message).toMatch(/send the item itself, as with `store: false`/)
    expect(pair.mock.count).toBe(count)
  })
})

/** By itself this SDK refers to items that it was told. */
function referring(model: LanguageModel) {
  return { model, prompt: 'weather?', tools: { weather }, stopWhen: stepCountIs(3) }
}

function steps(model: LanguageModel) {
  return { ...referring(model), providerOptions: { openai: { store: false } } }
}
