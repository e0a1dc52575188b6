import { ChatAnthropic } from '@langchain/anthropic'
import { ChatOpenAI } from '@langchain/openai'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CHAT_MODEL, CLAUDE, type Pair, startPair } from './start-pair.ts'

let pair: Pair

beforeAll(async () => {
  pair = await startPair()
})

afterAll(() => pair?.stop())

function model(): ChatOpenAI {
  return new ChatOpenAI({
    model: CHAT_MODEL,
    apiKey: 'provider-key',
    maxRetries: 0,
    configuration: { baseURL: pair.baseUrl },
  })
}

describe('LangChain.js ChatOpenAI', () => {
  test('invoke gives the provider’s text and usage', async () => {
    const answer = await model().invoke('hello, world')
    const said = pair.lastSeen().said?.usage
    expect(answer.content).toBe('You said: hello, world')
    expect(answer.usage_metadata).toMatchObject({
      input_tokens: said?.prompt_tokens,
      output_tokens: said?.completion_tokens,
    })
  })

  test('stream gives the provider’s pieces', async () => {
    const pieces: unknown[] = []
    for await (const chunk of await model().stream('one two three')) pieces.push(chunk.content)
    expect(pieces.filter((piece) => piece !== '')).toEqual(pair.lastSeen().said?.choices[0]?.pieces)
  })

  test('a bound tool is called with the provider’s arguments, streamed and not', async () => {
    const properties = { city: { type: 'string' }, days: { type: 'integer' } }
    const parameters = { type: 'object', properties }
    const weather = { type: 'function' as const, function: { name: 'weather', parameters } }
    const bound = model().bindTools([weather])
    const whole = await bound.invoke('weather?')
    const [call] = pair.lastSeen().said?.choices[0]?.toolCalls ?? []
    const wanted = { id: call?.id, name: 'weather', args: JSON.parse(call?.arguments ?? '') }
    expect(whole.tool_calls).toMatchObject([wanted])
    let joined: Awaited<ReturnType<typeof bound.invoke>> | undefined
    for await (const chunk of await bound.stream('weather?')) joined = joined?.concat(chunk) ?? chunk
    expect(joined?.tool_calls).toMatchObject([wanted])
  })
})

describe.each([
  ['natively', CLAUDE],
  ['said in chat', CHAT_MODEL],
])('LangChain.js ChatAnthropic, %s', (_, name) => {
  const claude = () =>
    new ChatAnthropic({
      model: name,
      apiKey: 'provider-key',
      maxTokens: 1000,
      maxRetries: 0,
      anthropicApiUrl: pair.origin,
    })

  test('invoke and stream give the provider’s text and usage', async () => {
    const answer = await claude().invoke('hello, world')
    const counted = pair.lastSeen().counted
    expect(answer.content).toBe('You said: hello, world')
    expect(answer.usage_metadata).toMatchObject({
      input_tokens: counted?.input,
      output_tokens: counted?.output,
    })
    const pieces: unknown[] = []
    for await (const { text } of await claude().stream('one two three')) pieces.push(text)
    expect(pieces.filter((piece) => piece !== '')).toEqual(pair.lastSeen().said?.choices[0]?.pieces)
  })

  test('a bound tool is called with the provider’s arguments, streamed and not', async () => {
    const properties = { city: { type: 'string' }, days: { type: 'integer' } }
    const weather = { name: 'weather', input_schema: { type: 'object' as const, properties } }
    const bound = claude().bindTools([weather])
    const wanted = { name: 'weather', args: { city: 'a "city", naïve', days: 7 } }
    expect((await bound.invoke('weather?')).tool_calls).toMatchObject([wanted])
    let joined: Awaited<ReturnType<typeof bound.invoke>> | undefined
    for await (const chunk of await bound.stream('weather?')) joined = joined?.concat(chunk) ?? chunk
    expect(joined?.tool_calls).toMatchObject([wanted])
  })
})
