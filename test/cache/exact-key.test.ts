import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type ExactKeyParts, exactKey } from '../../src/cache/exact-key.ts'

const digest = (text: string): string => createHash('sha256').update(text).digest('hex')
const parts: ExactKeyParts = {
  tenant: 'a',
  endpoint: 'chat/completions',
  workflow: 'support',
  policyScope: 'p',
  catalogScope: 'c',
  headers: ['content-type', 'application/json'],
  body: { model: 'm', messages: [{ role: 'user', content: 'Hello' }], temperature: 0 },
}
const key = (more: Partial<ExactKeyParts> = {}): unknown => exactKey({ ...parts, ...more }, digest)

describe('exactKey', () => {
  test.each<[string, Partial<ExactKeyParts>]>([
    ['tenant', { tenant: 'b' }],
    ['endpoint', { endpoint: 'embeddings' }],
    ['workflow', { workflow: 'other' }],
    ['policy', { policyScope: 'q' }],
    ['catalog', { catalogScope: 'd' }],
    ['feature header', { headers: ['OpenAI-Beta', 'assistants=v2'] }],
    ['a member', { body: { ...parts.body, seed: 1 } }],
    ['a text', { body: { ...parts.body, messages: [{ role: 'user', content: 'Hello!' }] } }],
    ['a role', { body: { ...parts.body, messages: [{ role: 'system', content: 'Hello' }] } }],
  ])('differs with another %s', (_, more) => {
    expect(key(more)).not.toBe(key())
  })

  test.each<[string, Partial<ExactKeyParts>]>([
    ['stream', { body: { ...parts.body, stream: true, stream_options: { include_usage: true } } }],
    ['user and metadata', { body: { ...parts.body, user: 'u', metadata: { a: 'b' } } }],
    ['a header of the client', { headers: ['user-agent', 'x', 'x-stainless-os', 'Linux'] }],
    ['the order of members', { body: Object.fromEntries(Object.entries(parts.body).reverse()) }],
  ])('is the same with other %s', (_, more) => {
    expect(key(more)).toBe(key())
  })

  test('a member of a message that is named like one without effect counts', () => {
    const messages = [{ role: 'user', content: 'Hello', user: 'x' }]
    expect(key({ body: { ...parts.body, messages } })).not.toBe(key())
  })

  test('a number beyond what a double holds has no key', () => {
    expect(key({ body: { ...parts.body, seed: 2 ** 60 } })).toBeUndefined()
  })

  test('two bodies have one key exactly where they are equal as JSON', () => {
    const json = fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<unknown>
    fc.assert(
      fc.property(json, json, (left, right) => {
        const same = digest(stable(left)) === digest(stable(right))
        const keys = [key({ body: { value: left } }), key({ body: { value: right } })]
        if (keys.includes(undefined)) return
        expect(keys[0] === keys[1]).toBe(same)
      }),
      { numRuns: 2000 },
    )
  })
})

/** JSON as a parser understands it, independent of member order. */
function stable(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(stable).join()}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const members = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1))
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${stable(member)}`).join()}}`
}
