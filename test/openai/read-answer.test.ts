import { describe, expect, it } from 'vitest'
import { usageFromWire } from '../../src/metering/usage.ts'
import { readAnswer } from '../../src/openai/read-answer.ts'
import { answerFixtures } from './stream-fixtures.ts'

describe('readAnswer', () => {
  it.each(answerFixtures())('reads %s as its provider meant it', (_name, bytes, { tokens, ...expected }) => {
    const facts = readAnswer(bytes)
    const { usage, id, ...rest } = 'usage' in facts ? facts : { ...facts, usage: undefined, id: undefined }
    if (facts.kind === 'answer') expect(id).toBe(JSON.parse(new TextDecoder().decode(bytes)).id)
    const nullForAbsent = JSON.parse(
      JSON.stringify(rest, (_key, value) => (value === undefined ? null : value)),
    )
    expect(nullForAbsent).toEqual(expected)
    const counted = Object.entries(usageFromWire(usage)?.tokens ?? {}).filter(([, count]) => count > 0)
    expect(Object.fromEntries(counted)).toEqual(tokens ?? {})
  })

  it.each([
    ['an object that answers nothing', '{"ok":true}'],
    ['a list', '[1]'],
    ['an empty body', ''],
    ['an HTML page', '<html>'],
  ])('takes %s for malformed', (_name, body) => {
    expect(readAnswer(new TextEncoder().encode(body))).toEqual({ kind: 'malformed' })
  })

  it('takes bad UTF-8 for malformed', () => {
    expect(readAnswer(new Uint8Array([0x7b, 0xff, 0x7d]))).toEqual({ kind: 'malformed' })
  })

  it('finds an error in words of its own', () => {
    const body = new TextEncoder().encode('{"detail":"Not Found"}')
    expect(readAnswer(body)).toMatchObject({ kind: 'error', message: 'Not Found', code: undefined })
  })
})
