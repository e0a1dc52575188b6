import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { chatRequestAsMessages } from '../../src/conversion/chat-request-as-messages.ts'
import { messagesRequestAsChat } from '../../src/conversion/messages-request-as-chat.ts'
import { chatRequest } from './arbitrary-chat-request.ts'
import { normalChatRequest } from './normal-chat-request.ts'

describe('chat → messages → chat', () => {
  it('keeps what both APIs can say', () => {
    fc.assert(
      fc.property(chatRequest, (request) => {
        const before = structuredClone(request)
        const there = chatRequestAsMessages(request, { defaultMaxTokens: 4096 })
        const back = messagesRequestAsChat(there.body)
        expect(normalChatRequest(back.body)).toEqual(normalChatRequest(request))
        // Nothing is dropped in silence, and nothing is told to be dropped that was not.
        expect(there.notes.filter((note) => !note.includes('tokens of thinking at most'))).toEqual([])
        expect(back.notes).toEqual([])
        expect(request).toEqual(before)
      }),
      { numRuns: 300 },
    )
  })

  it('makes requests that take turns, begin with results, and hold no empty text', () => {
    fc.assert(
      fc.property(chatRequest, (request) => {
        const { body } = chatRequestAsMessages(request, { defaultMaxTokens: 4096 })
        const turns = body.messages as { role: string; content: unknown }[]
        expect(turns.map(({ role }) => role)).toEqual(
          turns.map((_, index) => (index % 2 === 0 ? 'user' : 'assistant')),
        )
        for (const { content } of turns) {
          expect(content).not.toBe('')
          if (!Array.isArray(content)) continue
          const types = content.map(({ type }) => type)
          expect(types.lastIndexOf('tool_result')).toBe(
            types.filter((type) => type === 'tool_result').length - 1,
          )
          expect(content.filter(({ text }) => text === '')).toEqual([])
        }
      }),
      { numRuns: 100 },
    )
  })
})
