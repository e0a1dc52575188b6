/** Whatever JSON a caller or a provider sends, a conversion converts it or says what is wrong. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MessagesEventReader } from '../../src/anthropic/messages-event-reader.ts'
import { readMessagesAnswer } from '../../src/anthropic/read-messages-answer.ts'
import { chatAnswerAsMessages } from '../../src/conversion/chat-answer-as-messages.ts'
import { chatRequestAsMessages } from '../../src/conversion/chat-request-as-messages.ts'
import { ChatStreamAsMessages } from '../../src/conversion/chat-stream-as-messages.ts'
import type { Frame, StreamConversion } from '../../src/conversion/frame.ts'
import { messagesAnswerAsChat } from '../../src/conversion/messages-answer-as-chat.ts'
import { messagesRequestAsChat } from '../../src/conversion/messages-request-as-chat.ts'
import { MessagesStreamAsChat } from '../../src/conversion/messages-stream-as-chat.ts'
import { plainChatRequest } from '../../src/conversion/plain-chat-request.ts'
import { Failure } from '../../src/errors.ts'
import { completion, message } from './arbitrary-answers.ts'
import { chatRequest } from './arbitrary-chat-request.ts'
import { messagesRequest } from './arbitrary-messages-request.ts'
import type { Fields } from './arbitrary-values.ts'
import { completionAsChunks, messageAsEvents } from './told-as-stream.ts'

const oddValue = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.constantFrom<unknown>(
    null,
    [],
    [null],
    {},
    [{}],
    '',
    0,
    -1,
    true,
    [{ type: 'text' }],
    [{ type: 'tool_use' }],
  ),
)

/** The same with one value, anywhere in it, replaced by something else. */
function spoiled(valid: fc.Arbitrary<Fields>): fc.Arbitrary<Fields> {
  return fc
    .tuple(valid, fc.array(fc.nat(), { minLength: 1, maxLength: 8 }), oddValue)
    .map(([found, path, odd]) => {
      const copy = structuredClone(found)
      let holder: Fields = copy
      for (const [depth, step] of path.entries()) {
        const names = Object.keys(holder)
        const name = names[step % Math.max(1, names.length)]
        if (name === undefined) break
        const inner = holder[name]
        if (depth === path.length - 1 || typeof inner !== 'object' || inner === null) {
          holder[name] = odd
          break
        }
        holder = inner as Fields
      }
      return copy
    })
}

const anything = fc.dictionary(
  fc.constantFrom('messages', 'model', 'tools', 'content', 'choices', 'usage'),
  oddValue,
)

describe('conversions of odd input', () => {
  it.each<[string, fc.Arbitrary<Fields>, (body: Fields) => unknown]>([
    ['a chat request', chatRequest, (body) => chatRequestAsMessages(body, { defaultMaxTokens: 10 })],
    ['a messages request', messagesRequest, (body) => messagesRequestAsChat(body)],
    ['a plain chat request', chatRequest, (body) => plainChatRequest(body, { keepReasoning: true })],
    ['a message', message, (body) => messagesAnswerAsChat(body, { created: 1, freeform: new Set() })],
    ['a completion', completion, chatAnswerAsMessages],
    [
      'the facts of a message',
      message,
      (body) => readMessagesAnswer(new TextEncoder().encode(JSON.stringify(body))),
    ],
  ])('%s is converted or refused', (_name, valid, convert) => {
    fc.assert(
      fc.property(fc.oneof(spoiled(valid), anything), (body) => {
        try {
          expect(JSON.stringify(convert(body))).toBeTypeOf('string')
        } catch (error) {
          expect(error).toBeInstanceOf(Failure)
        }
      }),
      { numRuns: 300 },
    )
  })

  it.each<[string, fc.Arbitrary<Fields>, (valid: Fields) => Frame[], () => StreamConversion]>([
    [
      'Anthropic',
      message,
      (valid) => messageAsEvents(valid, 3),
      () => new MessagesStreamAsChat({ includeUsage: true, created: 1, freeform: new Set() }),
    ],
    ['chat', completion, (valid) => completionAsChunks(valid, 3, true), () => new ChatStreamAsMessages()],
  ])('events of %s are told or passed over', (_name, valid, events, conversion) => {
    const event = valid.chain((whole) => fc.constantFrom(...events(whole)))
    const odd = event.chain(({ event: name, data }) =>
      data.startsWith('{')
        ? spoiled(fc.constant(JSON.parse(data) as Fields)).map((found) => ({
            event: name,
            data: JSON.stringify(found),
          }))
        : fc.constant({ event: name, data }),
    )
    fc.assert(
      fc.property(fc.array(odd, { maxLength: 8 }), (events) => {
        const made = conversion()
        const reader = new MessagesEventReader()
        for (const found of events) {
          reader.read(found.data)
          for (const { data } of made.push(found)) if (data !== '[DONE]') JSON.parse(data)
        }
        for (const { data } of made.end()) if (data !== '[DONE]') JSON.parse(data)
      }),
      { numRuns: 300 },
    )
  })
})
