/** Streams and whole answers say the same, to this program's own reading and to the official SDKs. */
import Anthropic from '@anthropic-ai/sdk'
import fc from 'fast-check'
import OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { chatAnswerAsMessages } from '../../src/conversion/chat-answer-as-messages.ts'
import { ChatStreamAsMessages } from '../../src/conversion/chat-stream-as-messages.ts'
import { type Frame, frameBytes, type StreamConversion } from '../../src/conversion/frame.ts'
import { messagesAnswerAsChat } from '../../src/conversion/messages-answer-as-chat.ts'
import { MessagesStreamAsChat } from '../../src/conversion/messages-stream-as-chat.ts'
import { concatenate } from '../../src/openai/concatenate.ts'
import { streamAsAnswer } from '../../src/openai/stream-as-answer.ts'
import { type AnswerServer, serveAnswers } from '../support/serve-answers.ts'
import { completion, message } from './arbitrary-answers.ts'
import type { Fields } from './arbitrary-values.ts'
import { completionAsChunks, messageAsEvents } from './told-as-stream.ts'

const CREATED = { created: 1_764_000_000, freeform: new Set<string>() }
const FREEFORM = { ...CREATED, freeform: new Set(['freeform']) }
const size = fc.integer({ min: 1, max: 5 })

let server: AnswerServer
beforeAll(async () => {
  server = await serveAnswers()
})
afterAll(() => server.close())

describe("Anthropic's stream as chat", () => {
  it('is put together to the same answer here', () => {
    fc.assert(
      fc.property(message, size, (answer, size) => {
        const bytes = asChat(messageAsEvents(answer, size), FREEFORM)
        const together = JSON.parse(new TextDecoder().decode(streamAsAnswer(bytes, undefined)))
        expect(plain(together)).toEqual(plain(messagesAnswerAsChat(answer, FREEFORM)))
      }),
      { numRuns: 200 },
    )
  })

  it("is put together to the same answer by OpenAI's SDK", async () => {
    const client = new OpenAI({ apiKey: 'sk-test', baseURL: server.url, maxRetries: 0 })
    await fc.assert(
      fc.asyncProperty(message, size, async (answer, size) => {
        server.answer(200, 'text/event-stream', asChat(messageAsEvents(answer, size)))
        const stream = client.chat.completions.stream({ model: 'm', messages: [] })
        const together = (await stream.finalChatCompletion()) as unknown as Fields
        // The SDK keeps the last delta of members that it does not know.
        expect(plain(together, 'reasoning_content')).toEqual(
          plain(messagesAnswerAsChat(answer, CREATED), 'reasoning_content'),
        )
      }),
      { numRuns: 60 },
    )
  })

  it('tells text as it comes', () => {
    const conversion = new MessagesStreamAsChat({ includeUsage: false, ...CREATED })
    const events = messageAsEvents(
      { content: [{ type: 'text', text: 'abc' }], usage: {}, stop_reason: 'end_turn' },
      1,
    )
    const told = events.map((event) =>
      conversion
        .push(event)
        .map(({ data }) => data)
        .join('\n'),
    )
    expect(told.map((data) => /"content":"(.*?)"/.exec(data)?.[1] ?? null)).toEqual([
      '',
      null,
      null,
      'a',
      'b',
      'c',
      null,
      null,
      null,
    ])
    expect(told.at(-1)).toContain('[DONE]')
    expect(conversion.end()).toEqual([])
  })
})

describe("a chat stream as Anthropic's", () => {
  it.each([
    ['one call after the other', false],
    ['calls by turns', true],
  ])("is put together to the same message by Anthropic's SDK: %s", async (_name, interleaved) => {
    const client = new Anthropic({ apiKey: 'sk-test', baseURL: server.url, maxRetries: 0 })
    await fc.assert(
      fc.asyncProperty(completion, size, async (answer, size) => {
        const frames = converted(new ChatStreamAsMessages(), completionAsChunks(answer, size, interleaved))
        server.answer(200, 'text/event-stream', concatenate(frames.map(frameBytes)))
        const stream = client.messages.stream({ model: 'm', max_tokens: 1, messages: [] })
        const { parsed_output: _, ...together } = JSON.parse(JSON.stringify(await stream.finalMessage()))
        expect(together).toEqual(JSON.parse(JSON.stringify(chatAnswerAsMessages(answer))))
      }),
      { numRuns: 60 },
    )
  })

  it('opens one block at a time, and closes every one', () => {
    fc.assert(
      fc.property(completion, size, fc.boolean(), (answer, size, interleaved) => {
        const frames = converted(new ChatStreamAsMessages(), completionAsChunks(answer, size, interleaved))
        const events = frames.map(({ data }) => JSON.parse(data) as Fields)
        expect(frames.map(({ event }) => event)).toEqual(events.map(({ type }) => type))
        let open: unknown
        let next = 0
        for (const { type, index } of events) {
          if (type === 'content_block_start') {
            expect([open, index]).toEqual([undefined, next])
            open = index
            next++
          } else if (type === 'content_block_delta') expect(index).toBe(open)
          else if (type === 'content_block_stop') {
            expect(index).toBe(open)
            open = undefined
          } else expect(open).toBeUndefined()
        }
        expect(events.at(-1)).toEqual({ type: 'message_stop' })
      }),
      { numRuns: 100 },
    )
  })
})

describe('answers there and back', () => {
  it('messages → chat → messages keeps content, its order, reasons and usage', () => {
    fc.assert(
      fc.property(message, (answer) => {
        const back = chatAnswerAsMessages(messagesAnswerAsChat(answer, CREATED))
        expect(essential(back)).toEqual(essential(answer))
      }),
      { numRuns: 200 },
    )
  })
})

function asChat(events: readonly Frame[], told = CREATED): Uint8Array {
  const frames = converted(new MessagesStreamAsChat({ includeUsage: true, ...told }), events)
  return concatenate(frames.map(frameBytes))
}

function converted(conversion: StreamConversion, events: readonly Frame[]): Frame[] {
  return [...events.flatMap((event) => conversion.push(event)), ...conversion.end()]
}

/** Arguments as what they mean, and neither members that say nothing nor what SDKs add of their own. */
function plain(answer: Fields, ...without: readonly string[]): unknown {
  const left = new Set(['parsed', 'parsed_arguments', ...without])
  return JSON.parse(
    JSON.stringify(answer, (name, value) => {
      if (left.has(name) || value === null) return undefined
      if (name === 'content' && value === '') return undefined
      return name === 'arguments' ? JSON.parse(value) : value
    }),
  )
}

/** Without null and what stands for it. */
function essential(answer: Fields): unknown {
  return JSON.parse(
    JSON.stringify(answer, (name, value) => {
      if (name === 'caller' || value === null) return undefined
      return name === 'output_tokens_details' && value.thinking_tokens === 0 ? undefined : value
    }),
  )
}
