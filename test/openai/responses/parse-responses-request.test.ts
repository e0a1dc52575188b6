import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Failure } from '../../../src/errors.ts'
import { outputBound } from '../../../src/openai/output-bound.ts'
import { parseModelRequest } from '../../../src/openai/parse-model-request.ts'
import { parseResponsesRequest } from '../../../src/openai/responses/parse-responses-request.ts'
import { jsonText } from '../json-text.ts'

const encode = (text: string) => new TextEncoder().encode(text)

describe('parseResponsesRequest', () => {
  it('reads what routing needs and keeps the bytes and unknown fields', () => {
    const bytes = encode(
      '{"model":"m","input":"hi","stream":true,"tools":[{"type":"web_search"}],"top_q":[1]}',
    )
    const request = parseResponsesRequest(bytes)
    expect(request.bytes).toBe(bytes)
    expect(request).toMatchObject({ endpoint: 'responses', model: 'm', stream: true, wantsUsage: true })
    expect(request.body.top_q).toEqual([1])
    expect([...request.members.keys()]).toEqual(['model', 'input', 'stream', 'tools', 'top_q'])
    expect(parseModelRequest('responses', bytes)).toEqual(request)
  })

  it('takes null for absent where OpenAI does, and needs neither model nor input', () => {
    const body =
      '{"stream":null,"store":null,"background":null,"previous_response_id":null,"tools":null,"prompt":{"id":"p"}}'
    expect(parseResponsesRequest(encode(body))).toMatchObject({ model: undefined, stream: false })
  })

  it.each([
    ['"model":5', 'model', "Invalid type for 'model': expected a string, but got an integer instead."],
    [
      '"input":{}',
      'input',
      "Invalid type for 'input': expected a string or an array, but got an object instead.",
    ],
    [
      '"input":null',
      'input',
      "Invalid type for 'input': expected a string or an array, but got null instead.",
    ],
    ['"stream":"yes"', 'stream', "Invalid type for 'stream': expected a boolean, but got a string instead."],
    ['"store":1', 'store', "Invalid type for 'store': expected a boolean, but got an integer instead."],
    [
      '"background":"no"',
      'background',
      "Invalid type for 'background': expected a boolean, but got a string instead.",
    ],
    [
      '"previous_response_id":[]',
      'previous_response_id',
      "Invalid type for 'previous_response_id': expected a string, but got an array instead.",
    ],
    ['"tools":{}', 'tools', "Invalid type for 'tools': expected an array, but got an object instead."],
    [
      '"max_output_tokens":1.5',
      'max_output_tokens',
      "Invalid type for 'max_output_tokens': expected an integer, but got a decimal number instead.",
    ],
  ])('refuses %s', (member, param, message) => {
    expect(failureOf(`{${member}}`)).toMatchObject({ code: 'invalid_request', status: 400, param, message })
  })

  it('refuses what is no JSON object with a Failure, whatever it is', () => {
    fc.assert(
      fc.property(jsonText, fc.nat(), (text, at) => {
        const cut = text.slice(0, at % (text.length + 1))
        try {
          expect(parseResponsesRequest(encode(cut)).endpoint).toBe('responses')
        } catch (error) {
          expect(error).toBeInstanceOf(Failure)
        }
      }),
    )
  })
})

describe('outputBound', () => {
  it.each([
    ['responses', '{"model":"m","input":"hi","max_output_tokens":50,"n":4}', 50],
    ['responses', '{"model":"m","input":"hi"}', undefined],
    ['completions', '{"model":"m","prompt":"hi","max_tokens":5}', 5],
    ['completions', '{"model":"m","prompt":["a","b"],"max_tokens":5,"n":2,"best_of":3}', 30],
    ['completions', '{"model":"m","prompt":[1,2,3],"max_tokens":5,"n":2}', 10],
    ['completions', '{"model":"m","prompt":"hi"}', undefined],
    ['chat/completions', '{"model":"m","messages":[],"max_tokens":5,"n":2}', 10],
  ] as const)('of %s %s is %s', (endpoint, text, bound) => {
    expect(outputBound(parseModelRequest(endpoint, encode(text)))).toBe(bound)
  })
})

function failureOf(text: string): unknown {
  try {
    parseResponsesRequest(encode(text))
  } catch (error) {
    return error
  }
  return undefined
}
