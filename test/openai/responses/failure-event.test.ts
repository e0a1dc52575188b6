import { describe, expect, it } from 'vitest'
import { Failure } from '../../../src/errors.ts'
import { EventScanner } from '../../../src/openai/event-scanner.ts'
import { responsesFailureEvent } from '../../../src/openai/responses/failure-event.ts'
import { ResponsesEventReader } from '../../../src/openai/responses/responses-event-reader.ts'
import { problemsWith } from '../../conversion/response-schema.ts'

describe('responsesFailureEvent', () => {
  it('is one whole event that ends the response', () => {
    const failure = new Failure('provider_timeout', 'Provider x did not answer in time.')
    const bytes = responsesFailureEvent(failure, { id: 'resp_1', sequence: 7 })
    const events = new EventScanner().push(bytes)
    expect(events).toMatchObject([{ event: 'response.failed' }])
    const data = events[0]?.data ?? ''
    const event = JSON.parse(data)
    expect(event).toMatchObject({
      type: 'response.failed',
      sequence_number: 7,
      response: { id: 'resp_1', status: 'failed', error: { code: 'server_error', message: failure.message } },
    })
    expect(problemsWith('ResponseFailedEvent', event)).toEqual([])
    expect(new ResponsesEventReader().read(data)).toEqual({
      kind: 'error',
      message: failure.message,
      code: 'server_error',
      status: 500,
    })
  })

  it.each([
    ['rate_limited', 'rate_limit_exceeded'],
    ['insufficient_quota', 'insufficient_quota'],
    ['invalid_request', 'invalid_prompt'],
    ['overloaded', 'server_error'],
  ] as const)('says %s in the words of the API', (code, word) => {
    const bytes = responsesFailureEvent(new Failure(code, 'Sorry.'), { id: 'r', sequence: 0 })
    expect(new TextDecoder().decode(bytes)).toContain(`"error":{"code":"${word}","message":"Sorry."}`)
  })

  it('echoes the request and what the caller has of the answer', () => {
    const output = [{ id: 'msg_1', type: 'message', role: 'assistant', status: 'in_progress', content: [] }]
    const request = { model: 'm', instructions: 'Be brief.', temperature: 0.2 }
    const failure = new Failure('provider_error', 'Broken.')
    const bytes = responsesFailureEvent(failure, {
      id: 'r',
      sequence: 3,
      createdAt: 5,
      model: 'm-1',
      request,
      output,
    })
    const { response } = JSON.parse(new EventScanner().push(bytes)[0]?.data ?? '')
    expect(response).toMatchObject({
      created_at: 5,
      model: 'm-1',
      instructions: 'Be brief.',
      temperature: 0.2,
      output,
    })
  })
})
