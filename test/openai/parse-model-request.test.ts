import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Failure } from '../../src/errors.ts'
import { parseModelRequest } from '../../src/openai/parse-model-request.ts'
import { jsonText, wellFormed } from './json-text.ts'

const encode = (text: string) => new TextEncoder().encode(text)
const chat = (members: string) => encode(`{"model":"m","messages":[]${members}}`)

describe('parseModelRequest', () => {
  it('reads what routing needs and keeps the bytes and unknown fields', () => {
    const bytes = chat(',"stream":true,"stream_options":{"include_usage":true},"top_q":{"deep":[1]}')
    const request = parseModelRequest('chat/completions', bytes)
    expect(request.bytes).toBe(bytes)
    expect(request).toMatchObject({
      model: 'm',
      stream: true,
      wantsUsage: true,
      endpoint: 'chat/completions',
    })
    expect(request.body.top_q).toEqual({ deep: [1] })
    expect([...request.members.keys()]).toEqual(['model', 'messages', 'stream', 'stream_options', 'top_q'])
  })

  it('takes null for absent where OpenAI does, and needs no model', () => {
    const body =
      '{"messages":[],"stream":null,"stream_options":null,"metadata":null,"max_tokens":null,"user":null}'
    const request = parseModelRequest('chat/completions', encode(body))
    expect(request).toMatchObject({ model: undefined, stream: false, wantsUsage: false })
  })

  it.each([
    ['"model":5', 'model', "Invalid type for 'model': expected a string, but got an integer instead."],
    ['"model":null', 'model', "Invalid type for 'model': expected a string, but got null instead."],
    [
      '"messages":"hi"',
      'messages',
      "Invalid type for 'messages': expected an array, but got a string instead.",
    ],
    ['"stream":"yes"', 'stream', "Invalid type for 'stream': expected a boolean, but got a string instead."],
    ['"stream_options":[]', 'stream_options', 'expected an object, but got an array instead.'],
    [
      '"stream_options":{"include_usage":1}',
      'stream_options.include_usage',
      'expected a boolean, but got an integer',
    ],
    ['"metadata":"a=b"', 'metadata', 'expected an object, but got a string instead.'],
    ['"max_tokens":1.5', 'max_tokens', 'expected an integer, but got a decimal number instead.'],
    [
      '"max_completion_tokens":"9"',
      'max_completion_tokens',
      'expected an integer, but got a string instead.',
    ],
    ['"user":{}', 'user', 'expected a string, but got an object instead.'],
  ])('refuses %s naming the field', (member, param, message) => {
    const rest = member.startsWith('"messages"') ? '' : ',"messages":[]'
    const failure = failureOf('chat/completions', encode(`{${member}${rest}}`))
    expect(failure).toMatchObject({ code: 'invalid_request', param, status: 400 })
    expect(failure.message).toContain(message)
  })

  it.each([
    ['chat/completions', 'messages'],
    ['embeddings', 'input'],
  ] as const)('refuses %s without %s', (endpoint, param) => {
    expect(failureOf(endpoint, encode('{"model":"m"}'))).toMatchObject({ code: 'invalid_request', param })
  })

  it('says where the bytes stop being UTF-8', () => {
    const bytes = chat(',"user":"ab"')
    bytes[bytes.indexOf(0x61, 30)] = 0xff
    expect(failureOf('chat/completions', bytes).message).toBe(
      'The request body is not valid JSON: the bytes there are not UTF-8 at line 1, column 36.',
    )
  })

  it.each([
    ['{"model":tru,"messages":[]}', 'at line 1, column 10'],
    ['{"model":"a\nb","messages":[]}', 'at line 1, column 12'],
    ['{"model":"m",\n "messages":[{"a":01}]}', 'at line 2, column 20'],
    ['{"messages":[}]}', 'at line 1, column 14'],
    ['{"a":"\\x","messages":[]}', 'at line 1, column 7'],
    ['{"a":"\\u12g4","messages":[]}', 'at line 1, column 7'],
    ['{"a":-,"messages":[]}', 'at line 1, column 6'],
    ['{"a":{"b":1,},"messages":[]}', 'at line 1, column 13'],
    ['{"a":{"b" 1},"messages":[]}', 'at line 1, column 11'],
    ['{"a":nullx,"messages":[]}', 'at line 1, column 10'],
  ])('says where %j breaks', (json, where) => {
    const failure = failureOf('chat/completions', encode(json))
    expect(failure.code).toBe('invalid_json')
    expect(failure.message).toContain(where)
  })

  it('agrees with the JSON parser on every text with one character changed', () => {
    const broken = fc.tuple(
      jsonText,
      fc.nat(),
      fc.constantFrom('', '"', '\\', ',', '}', ']', '{', ':', '0', 'x', '\n'),
    )
    fc.assert(
      fc.property(broken, ([json, place, character]) => {
        const at = place % (json.length + 1)
        const text = wellFormed(`{"messages":[],"x":${json.slice(0, at)}${character}${json.slice(at + 1)}}`)
        const code = codeOf(() => parseModelRequest('chat/completions', encode(text)))
        expect(code === 'invalid_json').toBe(!isJson(text))
      }),
      { numRuns: 500 },
    )
  })
})

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

function codeOf(run: () => unknown): string | undefined {
  try {
    run()
    return undefined
  } catch (error) {
    if (error instanceof Failure) return error.code
    throw error
  }
}

function failureOf(endpoint: 'chat/completions' | 'embeddings', bytes: Uint8Array): Failure {
  try {
    parseModelRequest(endpoint, bytes)
  } catch (error) {
    if (error instanceof Failure) return error
    throw error
  }
  throw new Error('the body was accepted')
}
