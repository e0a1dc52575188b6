import { describe, expect, it } from 'vitest'
import { errorAsChat } from '../../src/conversion/error-as-chat.ts'
import { errorAsMessages } from '../../src/conversion/error-as-messages.ts'
import { readErrorBody } from '../../src/openai/wire-error.ts'
import type { Fields } from './arbitrary-values.ts'

describe('errorAsChat', () => {
  it.each([
    [400, 'invalid_request_error', 400, 'invalid_request_error', null],
    [401, 'authentication_error', 401, 'invalid_request_error', 'invalid_api_key'],
    [402, 'billing_error', 402, 'insufficient_quota', 'insufficient_quota'],
    [403, 'permission_error', 403, 'permission_error', null],
    [404, 'not_found_error', 404, 'invalid_request_error', 'not_found'],
    [413, 'request_too_large', 413, 'invalid_request_error', 'request_too_large'],
    [429, 'rate_limit_error', 429, 'rate_limit_error', 'rate_limit_exceeded'],
    [500, 'api_error', 500, 'server_error', null],
    [529, 'overloaded_error', 503, 'server_error', 'overloaded'],
    [418, 'teapot_error', 418, 'invalid_request_error', 'teapot_error'],
  ])('says %i %s', (status, type, saidStatus, saidType, code) => {
    const error = readErrorBody(bytes({ type: 'error', error: { type, message: 'm' }, request_id: 'req_1' }))
    expect(error && errorAsChat(error, status)).toEqual({
      status: saidStatus,
      body: { error: { message: 'm', type: saidType, param: null, code } },
    })
  })

  it('knows a prompt that is too long', () => {
    const message = 'prompt is too long: 210000 tokens > 200000 maximum'
    const { body } = errorAsChat(
      { message, type: 'invalid_request_error', code: 'invalid_request_error' },
      400,
    )
    expect((body.error as Fields).code).toBe('context_length_exceeded')
  })
})

describe('errorAsMessages', () => {
  it.each([
    [400, 'invalid_request_error', 400, 'invalid_request_error'],
    [401, 'invalid_request_error', 401, 'authentication_error'],
    [404, 'invalid_request_error', 404, 'not_found_error'],
    [429, 'tokens', 429, 'rate_limit_error'],
    [429, 'insufficient_quota', 429, 'billing_error'],
    [500, 'server_error', 500, 'api_error'],
    [503, 'server_error', 529, 'overloaded_error'],
    [504, 'server_error', 504, 'timeout_error'],
  ])('says %i %s', (status, type, saidStatus, saidType) => {
    const error = readErrorBody(bytes({ error: { message: 'm', type, param: null, code: null } }))
    expect(error && errorAsMessages(error, status)).toEqual({
      status: saidStatus,
      body: { type: 'error', error: { type: saidType, message: 'm' } },
    })
  })
})

function bytes(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value))
}
