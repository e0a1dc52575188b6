import { createOpenAI } from '@ai-sdk/openai'
import { generateText, streamText, tool } from 'ai'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { CHAT_MODEL, type Pair, startPair } from './start-pair.ts'

let pair: Pair

beforeAll(async () => {
  pair = await startPair()
})

afterAll(() => pair?.stop())

function model() {
  return createOpenAI({ baseURL: pair.baseUrl, apiKey: 'provider-key' }).chat(CHAT_MODEL)
}

describe('AI SDK', () => {
  test('generateText gives the provider’s text and usage', async () => {
    const { text, usage, finishReason } = await generateText({ model: model(), prompt: 'hello, world' })
    const said = pair.lastSeen().said?.usage
    expect(text).toBe('You said: hello, world')
    expect(finishReason).toBe('stop')
    expect(usage).toMatchObject({ inputTokens: said?.prompt_tokens, outputTokens: said?.completion_tokens })
  })

  test('streamText gives the provider’s pieces and usage', async () => {
    const result = streamText({ model: model(), prompt: 'one two three' })
    const pieces: string[] = []
    for await (const piece of result.textStream) pieces.push(piece)
    const { said } = pair.lastSeen()
    expect(pieces).toEqual(said?.choices[0]?.pieces)
    const usage = await result.usage
    expect(usage).toMatchObject({
      inputTokens: said?.usage.prompt_tokens,
      outputTokens: said?.usage.completion_tokens,
    })
  })

  test('streamText runs a tool with the provider’s arguments and brings its result back', async () => {
    const weather = tool({
      description: 'Weather of a city',
      inputSchema: z.object({ city: z.string(), days: z.number().int() }),
      execute: async ({ city, days }) => `${days} days in ${city}`,
    })
    const result = streamText({ model: model(), prompt: 'weather?', tools: { weather } })
    const calls = await result.toolCalls
    const [call] = pair.lastSeen().said?.choices[0]?.toolCalls ?? []
    expect(calls).toMatchObject([
      { toolCallId: call?.id, toolName: 'weather', input: JSON.parse(call?.arguments ?? '') },
    ])
    expect(await result.toolResults).toMatchObject([{ output: '7 days in a "city", naïve' }])
  })
})
