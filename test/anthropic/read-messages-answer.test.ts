import { describe, expect, it } from 'vitest'
import { readMessagesAnswer } from '../../src/anthropic/read-messages-answer.ts'

const MESSAGE = {
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'claude-sonnet-5-5',
  content: [
    { type: 'thinking', thinking: 'hm', signature: 'c2ln' },
    { type: 'text', text: 'Hello' },
    { type: 'tool_use', id: 'toolu_1', name: 'f', input: { a: 1 } },
  ],
  stop_reason: 'tool_use',
  usage: { input_tokens: 3, output_tokens: 4 },
}

describe('readMessagesAnswer', () => {
  it('reads usage, model, reason and size of a message', () => {
    expect(read(MESSAGE)).toEqual({
      kind: 'answer',
      usage: { input_tokens: 3, output_tokens: 4 },
      model: 'claude-sonnet-5-5',
      finishReason: 'tool_calls',
      outputCharacters: 'hm'.length + 'Hello'.length + 'f'.length + '{"a":1}'.length,
    })
  })

  it('reads a refusal in the word that other dialects have for it', () => {
    expect(read({ ...MESSAGE, content: [], stop_reason: 'refusal' })).toMatchObject({
      finishReason: 'content_filter',
      outputCharacters: 0,
    })
  })

  it('reads the answer to a count of tokens, which bills nothing', () => {
    expect(read({ input_tokens: 2095 })).toMatchObject({ kind: 'answer', usage: undefined })
  })

  it.each([
    ['overloaded_error', 529],
    ['rate_limit_error', 429],
    ['api_error', 500],
    ['billing_error', 402],
  ])('reads %s with its status', (type, status) => {
    expect(read({ type: 'error', error: { type, message: 'm' }, request_id: 'req_1' })).toEqual({
      kind: 'error',
      message: 'm',
      code: type,
      type,
      status,
    })
  })

  it.each([
    ['cut short', new TextEncoder().encode('{"content":[')],
    ['no message', new TextEncoder().encode('{"object":"list"}')],
    ['not UTF-8', new Uint8Array([0x22, 0xff, 0x22])],
  ])('takes what is %s for malformed', (_name, bytes) => {
    expect(readMessagesAnswer(bytes)).toEqual({ kind: 'malformed' })
  })
})

function read(value: unknown) {
  return readMessagesAnswer(new TextEncoder().encode(JSON.stringify(value)))
}
