import Anthropic, { APIError } from '@anthropic-ai/sdk'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { messagesFailureBody, messagesFailureEvent } from '../../src/anthropic/messages-failure.ts'
import { Failure, type FailureCode } from '../../src/errors.ts'
import { type AnswerServer, serveAnswers } from '../support/serve-answers.ts'

let server: AnswerServer
beforeAll(async () => {
  server = await serveAnswers()
})
afterAll(() => server.close())

describe('a failure in the words of Anthropic', () => {
  it.each([
    ['invalid_request', 'invalid_request_error'],
    ['missing_api_key', 'authentication_error'],
    ['model_not_allowed', 'permission_error'],
    ['model_not_found', 'not_found_error'],
    ['request_too_large', 'request_too_large'],
    ['rate_limited', 'rate_limit_error'],
    ['insufficient_quota', 'rate_limit_error'],
    ['overloaded', 'overloaded_error'],
    ['ledger_unavailable', 'api_error'],
    ['provider_error', 'api_error'],
    ['provider_timeout', 'timeout_error'],
  ] satisfies [FailureCode, string][])('says %s as %s', async (code, type) => {
    const failure = new Failure(code, 'Say it once.')
    const thrown = await thrownBy(messagesFailureBody(failure), failure.status, 'application/json')
    expect(thrown).toBeInstanceOf(APIError)
    expect(thrown).toMatchObject({
      status: failure.status,
      type,
      error: { error: { message: 'Say it once.' } },
    })
  })

  it('reaches the SDK from within a stream', async () => {
    const event = messagesFailureEvent(new Failure('provider_error', 'The provider broke off.\nSorry.'))
    const thrown = await thrownBy(event, 200, 'text/event-stream')
    expect(thrown).toMatchObject({
      type: 'api_error',
      error: { error: { message: 'The provider broke off.\nSorry.' } },
    })
  })
})

/** What Anthropic's client throws at an answer of these bytes. */
async function thrownBy(bytes: Uint8Array, status: number, contentType: string): Promise<unknown> {
  server.answer(status, contentType, bytes)
  const client = new Anthropic({ apiKey: 'sk-test', baseURL: server.url, maxRetries: 0 })
  try {
    const stream = await client.messages.create({
      model: 'claude-sonnet-5-5',
      max_tokens: 1,
      messages: [{ role: 'user', content: 'hi' }],
      stream: true,
    })
    for await (const _ of stream);
  } catch (error) {
    return error
  }
  return undefined
}
