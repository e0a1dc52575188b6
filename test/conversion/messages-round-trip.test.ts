import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { chatRequestAsMessages } from '../../src/conversion/chat-request-as-messages.ts'
import { messagesRequestAsChat } from '../../src/conversion/messages-request-as-chat.ts'
import { messagesRequest } from './arbitrary-messages-request.ts'
import type { Fields } from './arbitrary-values.ts'

describe('messages → chat → messages', () => {
  it('keeps what both APIs can say, thinking and its place to the byte', () => {
    fc.assert(
      fc.property(messagesRequest, (request) => {
        const before = structuredClone(request)
        const there = messagesRequestAsChat(request)
        const back = chatRequestAsMessages(there.body, { defaultMaxTokens: 4096 })
        expect(normal(back.body)).toEqual(normal(request))
        expect(there.notes).toEqual([])
        expect(back.notes.filter((note) => !note.includes('its blocks of before'))).toEqual([])
        expect(request).toEqual(before)
      }),
      { numRuns: 300 },
    )
  })

  it('gives a chat model nothing but text from its tools, each result right after the calls', () => {
    fc.assert(
      fc.property(messagesRequest, (request) => {
        const messages = messagesRequestAsChat(request).body.messages as Fields[]
        messages.forEach((message, index) => {
          if (message.role !== 'tool') return
          if (Array.isArray(message.content)) {
            expect(message.content.map(({ type }) => type)).toEqual(message.content.map(() => 'text'))
          }
          expect(['assistant', 'tool']).toContain(messages[index - 1]?.role)
        })
      }),
      { numRuns: 100 },
    )
  })
})

/** The request in one of the forms that mean the same: text as blocks. */
function normal(request: Fields): Fields {
  const { thinking, ...rest } = request
  const said: Fields = { ...rest, system: joined(blocks(request.system)) }
  said.messages = (request.messages as Fields[]).map((turn) => ({ ...turn, content: blocks(turn.content) }))
  // With a budget, thinking is left out where a call has lost its thinking, here by having none.
  if (!lacksThinking(request)) said.thinking = thinking
  return said
}

/** Blocks of a system prompt without marks are one text, as many chat servers take it. */
function joined(system: unknown): unknown {
  const parts = system as Fields[] | undefined
  const isPlain = parts?.every((part) => Object.keys(part).length === 2)
  return isPlain ? [{ type: 'text', text: parts?.map(({ text }) => text).join('\n\n') }] : parts
}

function blocks(content: unknown): unknown {
  return typeof content === 'string' ? [{ type: 'text', text: content }] : content
}

function lacksThinking({ thinking, messages }: Fields): boolean {
  if (thinking !== undefined && (thinking as Fields).type !== 'enabled') return false
  const turns = messages as Fields[]
  const last = blocks(turns.at(-1)?.content) as Fields[]
  const call = blocks(turns.at(-2)?.content) as Fields[] | undefined
  const first = call?.[0]?.type
  return (
    last.some(({ type }) => type === 'tool_result') && first !== 'thinking' && first !== 'redacted_thinking'
  )
}
