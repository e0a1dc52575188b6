import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { answerLine, headerLine, headerProblem, readAnswerLine } from '../../src/cache/answer-line.ts'
import type { RememberedAnswer } from '../../src/cache/exact-store.ts'
import { storedAnswer } from '../../src/cache/stored-answer.ts'
import { noTokens, TOKEN_BUCKETS } from '../../src/metering/tokens.ts'
import { remembered } from './exact-store.contract.ts'

const KEY = 'a'.repeat(64)
const name = fc.string({ minLength: 1 })
const at = fc.integer({ min: 0, max: 4e12 })

const answers: fc.Arbitrary<RememberedAnswer> = fc.record({
  key: fc.stringMatching(/^[0-9a-f]{64}$/),
  tenant: name,
  workflow: name,
  provider: name,
  model: fc.string(),
  tier: fc.option(fc.string(), { nil: undefined }),
  form: fc.constantFrom('json' as const, 'stream' as const),
  contentType: fc.constantFrom('application/json', 'text/event-stream; charset=utf-8'),
  body: fc.oneof(
    fc.uint8Array(),
    fc.string({ unit: 'binary' }).map((text) => new TextEncoder().encode(`\ufeff${text}`)),
  ),
  usage: fc.option(fc.jsonValue({ noUnicodeString: false }), { nil: undefined }),
  tokens: fc
    .record(Object.fromEntries(TOKEN_BUCKETS.map((bucket) => [bucket, fc.nat()])))
    .map((tokens) => ({ ...noTokens(), ...tokens })),
  createdAt: at,
  expiresAt: at,
})

describe('an answer’s line', () => {
  it('comes back as it was, whatever its bytes', () => {
    fc.assert(
      fc.property(answers, (answer) => {
        const line = answerLine(answer)
        expect(line).not.toContain('\n')
        const read = readAnswerLine(line)
        if (read.kind !== 'answer') throw new Error(read.why)
        const usage = answer.usage === undefined ? undefined : JSON.parse(JSON.stringify(answer.usage))
        expect({ ...read.answer, body: [...read.answer.body] }).toEqual({
          ...answer,
          usage,
          body: [...answer.body],
        })
        expect(storedAnswer(line)).toEqual(read.answer)
      }),
    )
  })

  it('is told damaged wherever it was cut', () => {
    const line = answerLine(remembered(KEY))
    for (let end = 0; end < line.length; end++) {
      expect(readAnswerLine(line.slice(0, end)).kind).toBe('damaged')
      expect(storedAnswer(line.slice(0, end))).toBeUndefined()
    }
  })

  it.each([
    ['key', { key: 'short' }],
    ['tenant', { tenant: '' }],
    ['form', { form: 'xml' }],
    ['content_type', { content_type: 'a\r\nset-cookie: b' }],
    ['tokens.output', { tokens: { output: -1 } }],
    ['tokens', { tokens: { other: 1 } }],
    ['tier', { tier: 3 }],
    ['expires_at', { expires_at: 'soon' }],
    ['body', { body: undefined }],
  ])('names the member that is wrong: %s', (member, change) => {
    const line = JSON.stringify({ ...JSON.parse(answerLine(remembered(KEY))), ...change })
    expect(readAnswerLine(line)).toMatchObject({
      kind: 'damaged',
      why: expect.stringContaining(`wrong \`${member}\``),
    })
    expect(storedAnswer(line)).toBeUndefined()
  })

  it('reads what is kept as it reads what was written by hand', () => {
    const { tier: _, ...written } = JSON.parse(answerLine(remembered(KEY)))
    const line = JSON.stringify({ ...written, created_at: '2026-11-26T08:00:00+01:00' })
    expect(storedAnswer(line)).toMatchObject({ tier: undefined, createdAt: Date.UTC(2026, 10, 26, 7) })
  })
})

describe('the head of an export', () => {
  it('is read by the version that wrote it, and no other file is', () => {
    expect(headerProblem(headerLine(0))).toBeUndefined()
    expect(headerProblem('{"trimtab_cache":2}')).toMatch(/version 2, and this trimtab reads version 1/)
    for (const text of ['', '{}', 'hello', answerLine(remembered(KEY))]) {
      expect(headerProblem(text)).toMatch(/is no export of a cache/)
    }
  })
})
