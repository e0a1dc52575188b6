import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Failure } from '../../src/errors.ts'
import { MAX_NESTING, scanMembers } from '../../src/openai/scan-members.ts'
import { jsonText, objectText, stringSpelling } from './json-text.ts'

const encode = (text: string) => new TextEncoder().encode(text)
const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes)

describe('scanMembers', () => {
  it('spans each member of any object, so that its bytes parse to its value', () => {
    const names = fc.uniqueArray(fc.string({ maxLength: 8 }), { maxLength: 6 })
    const text = names.chain((keys) =>
      fc.tuple(...keys.map((key) => fc.tuple(stringSpelling(key), jsonText))).chain(objectText),
    )
    fc.assert(
      fc.property(text, (json) => {
        const bytes = encode(json)
        const members = scanMembers(bytes)
        const parsed = JSON.parse(json) as Record<string, unknown>
        expect([...members.keys()].toSorted()).toEqual(Object.keys(parsed).toSorted())
        for (const [name, { keyStart, valueStart, valueEnd }] of members) {
          expect(JSON.parse(decode(bytes.subarray(valueStart, valueEnd)))).toEqual(parsed[name])
          expect(Object.keys(JSON.parse(`{${decode(bytes.subarray(keyStart, valueEnd))}}`))).toEqual([name])
        }
      }),
    )
  })

  it('skips long strings, escaped quotes and backslashes at their end', () => {
    const long = `${'x'.repeat(100)}\\" ${'\\\\'.repeat(60)}`
    const bytes = encode(`{"a":"${long}","b":"${'\\"'.repeat(90)}","c":"\\\\"}`)
    const members = scanMembers(bytes)
    expect([...members.keys()]).toEqual(['a', 'b', 'c'])
    const a = members.get('a')
    expect(a && decode(bytes.subarray(a.valueStart, a.valueEnd))).toBe(`"${long}"`)
  })

  it.each([
    ['plain', '{"model":"a","model":"b"}'],
    ['escaped', '{"model":"a","mod\\u0065l":"b"}'],
  ])('refuses a %s duplicate key by its name', (_name, json) => {
    expect(failureOf(json)).toMatchObject({ code: 'duplicate_key', param: 'model' })
  })

  it('leaves duplicates below the top level alone', () => {
    expect([...scanMembers(encode('{"a":{"x":1,"x":2}}')).keys()]).toEqual(['a'])
  })

  it.each(['[', '{"k":'])('allows nesting to its bound and refuses one level more of %j', (open) => {
    const nested = (levels: number) => {
      const inner = open.repeat(levels - 1)
      return `{"messages":${inner}1${(open === '[' ? ']' : '}').repeat(levels - 1)}}`
    }
    expect(scanMembers(encode(nested(MAX_NESTING))).size).toBe(1)
    expect(failureOf(nested(MAX_NESTING + 1))).toMatchObject({ code: 'nesting_too_deep', param: 'messages' })
  })

  it('survives a megabyte of brackets, within a member and alone', () => {
    expect(failureOf(`{"a":${'['.repeat(1_000_000)}`)).toMatchObject({ code: 'nesting_too_deep' })
    expect(failureOf('['.repeat(1_000_000))).toMatchObject({ code: 'invalid_json' })
  })

  it('reads past a byte-order mark', () => {
    expect(scanMembers(encode('\uFEFF{"a":1}')).get('a')?.valueStart).toBe(8)
  })

  it.each([
    ['nothing', '', 'The request body is empty; send a JSON object.'],
    ['white space', ' \n', 'The request body is empty; send a JSON object.'],
    ['a missing value', '{"a":}', '"}" is unexpected at line 1, column 6'],
    ['a missing comma', '{\n  "a": 1\n  "b": 2\n}', '"\\"" is unexpected at line 3, column 3'],
    ['a missing end', '{"a": [1, 2', 'the end is unexpected at line 1, column 12'],
    ['an unclosed string', '{"a": "xyz', 'the end is unexpected at line 1, column 11'],
    ['a second value', '{"a":1} {"b":2}', '"{" is unexpected at line 1, column 9'],
    ['a trailing comma', '{"a":1,}', '"}" is unexpected at line 1, column 8'],
    ['single quotes', "{'a':1}", '"\'" is unexpected at line 1, column 2'],
  ])('says where %s breaks the JSON', (_name, json, message) => {
    expect(failureOf(json)).toMatchObject({ code: 'invalid_json' })
    expect(failureOf(json).message).toContain(message)
  })

  it.each(['[]', '"text"', '12', 'null'])('refuses %s, which is JSON and no object', (json) => {
    expect(failureOf(json)).toMatchObject({
      code: 'invalid_request',
      message: 'The request body must be a JSON object.',
    })
  })
})

function failureOf(json: string): Failure {
  try {
    scanMembers(encode(json))
  } catch (error) {
    if (error instanceof Failure) return error
    throw error
  }
  throw new Error(`${json} was accepted`)
}
