import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { lastUserText } from '../../../src/cache/semantic/last-user-text.ts'
import { partitionKey } from '../../../src/cache/semantic/partition.ts'

type Endpoint = 'chat/completions' | 'responses' | 'messages'
type Body = Record<string, unknown>

const digest = (text: string): string => createHash('sha256').update(text).digest('hex')
const scope = {
  tenant: 'a',
  workflow: 'support',
  policyScope: 'p',
  catalogScope: 'c',
  headers: ['content-type', 'application/json'],
  embedderId: 'static-1',
}

function key(body: Body, endpoint: Endpoint = 'chat/completions', more: Partial<typeof scope> = {}): unknown {
  const last = lastUserText({ endpoint, body })
  if (last === undefined) throw new Error('no last user text')
  return partitionKey({ ...scope, endpoint, body, last, ...more }, digest)
}

const turn = (role: string, content: unknown): Body => ({ role, content })
const chat = (...messages: Body[]): Body => ({ model: 'm', messages })

describe('partitionKey', () => {
  test('is 64 characters of hex', () => {
    expect(key(chat(turn('user', 'Hello')))).toMatch(/^[0-9a-f]{64}$/)
  })

  test.each<[string, Endpoint, (text: string) => Body]>([
    ['a message', 'chat/completions', (text) => chat(turn('system', 's'), turn('user', text))],
    [
      'the last part of a message',
      'chat/completions',
      (text) =>
        chat(
          turn('user', [
            { type: 'text', text: 'context' },
            { type: 'text', text },
          ]),
        ),
    ],
    ['an input', 'responses', (text) => ({ model: 'm', input: text })],
    [
      'an item of an input',
      'responses',
      (text) => ({ model: 'm', input: [turn('user', [{ type: 'input_text', text }])] }),
    ],
    [
      'a message of messages',
      'messages',
      (text) => ({ model: 'm', max_tokens: 9, messages: [turn('user', text)] }),
    ],
  ])('is one for all texts of %s', (_, endpoint, body) => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (left, right) => {
        expect(key(body(left), endpoint)).toBe(key(body(right), endpoint))
      }),
    )
  })

  test('tells an earlier part of the last message apart', () => {
    const body = (context: string): Body =>
      chat(
        turn('user', [
          { type: 'text', text: context },
          { type: 'text', text: 'Why?' },
        ]),
      )
    expect(key(body('one'))).not.toBe(key(body('two')))
  })

  test('takes no text for the hole of another request', () => {
    const texts = ['?', '"?"', '', 'null', '…']
    const keys = texts.map((text) => key(chat(turn('user', text), turn('assistant', 'a'), turn('user', 'x'))))
    expect(new Set(keys).size).toBe(texts.length)
  })

  test('two requests that differ anywhere but the last user text never share', () => {
    const value = fc.oneof(fc.string({ maxLength: 6 }), fc.integer(), fc.boolean(), fc.constant(null))
    const before = fc.array(
      fc.record({ role: fc.constantFrom('system', 'user', 'assistant'), content: value }),
      {
        maxLength: 3,
      },
    )
    const request = fc.record({
      before,
      parameters: fc.dictionary(
        fc.constantFrom('temperature', 'top_p', 'stop', 'max_tokens', 'reasoning'),
        value,
        {
          maxKeys: 2,
        },
      ),
      name: fc.option(fc.constantFrom('ann', 'bob'), { nil: undefined }),
      text: fc.string({ maxLength: 6 }),
    })
    const bodyOf = ({ before: turns, parameters, name, text }: Shape): Body => ({
      ...parameters,
      ...chat(...turns, { role: 'user', content: text, ...(name === undefined ? {} : { name }) }),
    })
    type Shape = { before: Body[]; parameters: Body; name: string | undefined; text: string }
    fc.assert(
      fc.property(request, request, (left, right) => {
        const rest = ({ before: turns, parameters, name }: Shape): string =>
          JSON.stringify([turns.map(sorted), sorted(parameters), name ?? null])
        expect(key(bodyOf(left)) === key(bodyOf(right))).toBe(rest(left) === rest(right))
      }),
      { numRuns: 2000 },
    )
  })

  test('two tenants never share, nor two of any other scope', () => {
    const member = fc.constantFrom('tenant', 'workflow', 'policyScope', 'catalogScope', 'embedderId')
    const body = chat(turn('user', 'Hello'))
    fc.assert(
      fc.property(member, fc.string(), fc.string(), (name, left, right) => {
        const keys = [left, right].map((text) => key(body, 'chat/completions', { [name]: text }))
        expect(keys[0] === keys[1]).toBe(left === right)
      }),
      { numRuns: 1000 },
    )
  })

  test('no text moves from one scope into the next', () => {
    const body = chat(turn('user', 'Hello'))
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.string(), (first, second, third) => {
        fc.pre(second !== '')
        const left = key(body, 'chat/completions', { tenant: first + second, workflow: third })
        const right = key(body, 'chat/completions', { tenant: first, workflow: second + third })
        expect(left).not.toBe(right)
      }),
    )
  })
})

function sorted(object: Body): Body {
  return Object.fromEntries(Object.entries(object).sort(([left], [right]) => (left < right ? -1 : 1)))
}
