import { describe, expect, it } from 'vitest'
import { parseMessagesRequest } from '../../src/anthropic/parse-messages-request.ts'
import { Failure } from '../../src/errors.ts'

const LEAST = { model: 'claude-sonnet-5-5', max_tokens: 10, messages: [{ role: 'user', content: 'hi' }] }

describe('parseMessagesRequest', () => {
  it('keeps bytes and unknown fields, and reads what routing needs', () => {
    const text = JSON.stringify({ ...LEAST, stream: true, new_field: { a: 1 } })
    const request = parseMessagesRequest(new TextEncoder().encode(text))
    expect(request).toMatchObject({
      endpoint: 'messages',
      model: 'claude-sonnet-5-5',
      stream: true,
      wantsUsage: true,
      body: { new_field: { a: 1 }, max_tokens: 10 },
    })
    expect(new TextDecoder().decode(request.bytes)).toBe(text)
    expect([...request.members.keys()]).toEqual(['model', 'max_tokens', 'messages', 'stream', 'new_field'])
  })

  it('needs no max_tokens to count tokens', () => {
    const { max_tokens: _, ...rest } = LEAST
    const bytes = new TextEncoder().encode(JSON.stringify(rest))
    expect(parseMessagesRequest(bytes, { needsMaxTokens: false }).endpoint).toBe('messages')
    expect(refusal(bytes)).toMatchObject({ code: 'invalid_request', param: 'max_tokens' })
  })

  it.each([
    ['messages', { ...LEAST, messages: undefined }],
    ['messages', { ...LEAST, messages: 'hi' }],
    ['model', { ...LEAST, model: 7 }],
    ['max_tokens', { ...LEAST, max_tokens: 1.5 }],
    ['max_tokens', { ...LEAST, max_tokens: -1 }],
    ['stream', { ...LEAST, stream: 'yes' }],
    ['metadata', { ...LEAST, metadata: [] }],
  ])('names %s where it is wrong', (param, body) => {
    expect(refusal(new TextEncoder().encode(JSON.stringify(body)))).toMatchObject({
      code: 'invalid_request',
      status: 400,
      param,
    })
  })

  it('names the line of what is no JSON, and a key that stands twice', () => {
    expect(refusal(new TextEncoder().encode('{"model":\n x}')).message).toContain('line 2')
    expect(refusal(new TextEncoder().encode('{"model":"a","model":"b"}')).code).toBe('duplicate_key')
  })
})

function refusal(bytes: Uint8Array): Failure {
  try {
    parseMessagesRequest(bytes)
  } catch (error) {
    if (error instanceof Failure) return error
    throw error
  }
  throw new Error('The request was taken.')
}
