import { createAnthropic } from '@ai-sdk/anthropic'
import { createOpenAI } from '@ai-sdk/openai'
import { generateObject, generateText, type LanguageModel, stepCountIs, streamText, tool } from 'ai'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
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

test('AI SDK, openai responses: an item that the target did not keep is refused, and the message says what helps', async () => {
  const { providerOptions: _, ...kept } = steps(openai(CHAT_MODEL))
  await expect(generateText(kept)).rejects.toThrow(/send the item itself, as with `store: false`/)
})

function steps(model: LanguageModel) {
  // By itself this SDK refers to items that OpenAI keeps; a target that is asked in other words keeps none.
  const providerOptions = { openai: { store: false } }
  return { model, prompt: 'weather?', tools: { weather }, stopWhen: stepCountIs(3), providerOptions }
}
