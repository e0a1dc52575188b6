/**
 * Chat as Vercel's template has it: a page's transport posts UI messages to a route, which converts them, streams text
 * with tools in several steps, and answers with UI message chunks. Route and page are the SDK's own parts.
 */
import { createAnthropic } from '@ai-sdk/anthropic'
import { createOpenAI } from '@ai-sdk/openai'
import {
  convertToModelMessages,
  DefaultChatTransport,
  type LanguageModel,
  readUIMessageStream,
  stepCountIs,
  streamText,
  type ToolSet,
  tool,
  type UIMessage,
} from 'ai'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { CHAT_MODEL, CLAUDE, type Pair, RESPONSES_MODEL, startPair } from './start-pair.ts'

const RESULT = '7 days in a "city", naïve'

let pair: Pair

beforeAll(async () => {
  pair = await startPair()
})

beforeEach(() => pair.mock.script([]))

afterAll(() => pair?.stop())

const openai = () => createOpenAI({ baseURL: pair.baseUrl, apiKey: 'provider-key' })
const anthropic = () => createAnthropic({ baseURL: pair.baseUrl, apiKey: 'provider-key' })

const MODELS: [string, () => LanguageModel][] = [
  ['chat', () => openai().chat(CHAT_MODEL)],
  ['chat, said in messages', () => openai().chat(CLAUDE)],
  ['responses', () => openai().responses(RESPONSES_MODEL)],
  ['responses, said in chat', () => openai().responses(CHAT_MODEL)],
  ['responses, said in messages', () => openai().responses(CLAUDE)],
  ['messages', () => anthropic()(CLAUDE)],
  ['messages, said in chat', () => anthropic()(CHAT_MODEL)],
]

const inputSchema = z.object({ city: z.string(), days: z.number().int() })
/** Runs where the route does. */
const weather = tool({
  description: 'Weather of a city',
  inputSchema,
  execute: async ({ city, days }) => `${days} days in ${city}`,
})
/** Is answered by the page, which asks its user. */
const confirm = tool({ description: 'Asks the user', inputSchema, outputSchema: z.string() })

describe.each(MODELS)('the chat template on %s', (_, model) => {
  test('runs a tool in a step of its own, and goes on talking with all of that in its history', async () => {
    const page = startPage(model, { weather })
    const first = await page.say('weather?')
    expect(first.parts).toContainEqual(
      expect.objectContaining({ type: 'tool-weather', state: 'output-available', output: RESULT }),
    )
    expect(textOf(first)).toBe(`The tool said: ${RESULT}`)
    expect(first.parts.filter(({ type }) => type === 'step-start')).toHaveLength(2)
    const { count } = pair.mock
    const second = await page.say('and tomorrow?')
    expect(textOf(second)).toBe(`The tool said: ${RESULT}`)
    expect(pair.mock.count).toBe(count + 2)
  })

  test('waits for what the page’s user says to a tool, and goes on with it', async () => {
    const page = startPage(model, { confirm })
    const asked = await page.say('may I?')
    const part = asked.parts.find(({ type }) => type === 'tool-confirm')
    expect(part).toMatchObject({ state: 'input-available', input: { days: 7 } })
    Object.assign(part ?? {}, { state: 'output-available', output: 'yes' })
    expect(textOf(await page.goOn())).toBe('The tool said: yes')
  })

  test('stops the provider when the page’s user does', async () => {
    pair.mock.script([{ kind: 'stall_mid' }])
    const page = startPage(model, {})
    const stopping = new AbortController()
    const words = Array.from({ length: 40 }, (_word, index) => `word${index}`).join(' ')
    for await (const message of await page.stream(words, stopping.signal)) {
      if (textOf(message) !== '') stopping.abort()
    }
    expect(stopping.signal.aborted).toBe(true)
    const seen = pair.lastSeen()
    await pair.mock.until(() => seen.end !== 'open')
    expect(seen.end).toBe('aborted')
  })
})

/** A page that keeps its conversation, as `useChat` does, on the transport that `useChat` uses. */
function startPage(model: () => LanguageModel, tools: ToolSet) {
  const messages: UIMessage[] = []
  const transport = new DefaultChatTransport({
    api: 'http://template.test/api/chat',
    fetch: async (_url, options) => route(model(), tools, options),
  })
  async function send(abortSignal: AbortSignal | undefined): Promise<AsyncIterable<UIMessage>> {
    const last = messages.at(-1)
    const chunks = await transport.sendMessages({
      chatId: 'chat',
      trigger: 'submit-message',
      messageId: undefined,
      messages,
      abortSignal,
    })
    return last?.role === 'assistant'
      ? readUIMessageStream({ stream: chunks, message: last })
      : readUIMessageStream({ stream: chunks })
  }
  async function goOn(): Promise<UIMessage> {
    const isAnswering = messages.at(-1)?.role === 'assistant'
    let said: UIMessage | undefined
    for await (const message of await send(undefined)) said = message
    if (said === undefined) throw new Error('nothing was said')
    if (isAnswering) messages.pop()
    messages.push(said)
    return said
  }
  function hear(text: string): void {
    messages.push({ id: `of-user-${messages.length}`, role: 'user', parts: [{ type: 'text', text }] })
  }
  return {
    goOn,
    say(text: string): Promise<UIMessage> {
      hear(text)
      return goOn()
    },
    stream(text: string, signal: AbortSignal): Promise<AsyncIterable<UIMessage>> {
      hear(text)
      return send(signal)
    },
  }
}

/** `app/api/chat/route.ts`. */
async function route(
  model: LanguageModel,
  tools: ToolSet,
  options: RequestInit | undefined,
): Promise<Response> {
  const { messages } = JSON.parse(String(options?.body)) as { messages: UIMessage[] }
  const result = streamText({
    model,
    system: 'You are a helpful assistant.',
    messages: convertToModelMessages(messages),
    tools,
    stopWhen: stepCountIs(5),
    maxRetries: 0,
    ...(options?.signal ? { abortSignal: options.signal } : {}),
  })
  return result.toUIMessageStreamResponse({ originalMessages: messages, sendReasoning: true })
}

function textOf({ parts }: UIMessage): string {
  return parts.map((part) => (part.type === 'text' ? part.text : '')).join('')
}
