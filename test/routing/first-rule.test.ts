import { describe, expect, test } from 'vitest'
import { firstRule } from '../../src/routing/first-rule.ts'
import { matchesCondition } from '../../src/routing/match-condition.ts'
import type { Condition } from '../../src/routing/rule.ts'
import { factsOf, HELLO } from './support.ts'

const FACTS = factsOf(
  {
    model: 'openai/gpt-5.5',
    tools: [{}],
    messages: [
      {
        role: 'user',
        content: [
          { type: 'image_url', image_url: { url: 'x' } },
          { type: 'text', text: 't'.repeat(4000) },
        ],
      },
    ],
  },
  { keyName: 'support-eu', tags: { team: 'ops', job: 'x' }, hourIn: () => 23 },
)

const night = (from: number, to: number): Condition => ({ hour: { from, to, timeZone: 'UTC' } })

describe('matchesCondition', () => {
  test.each<[boolean, Condition]>([
    [true, {}],
    [true, { model: ['openai/*'] }],
    [false, { model: ['gpt-*'] }],
    [true, { model: ['gpt-*', '*5.5'] }],
    [true, { tokens: { above: 1000 } }],
    [false, { tokens: { below: 1000 } }],
    [true, { tokens: { above: 1000, below: 1200 } }],
    [true, { has: ['audio', 'image'] }],
    [false, { has: ['audio'] }],
    [true, { tools: true }],
    [false, { tools: false }],
    [true, { tags: { team: ['dev', 'op*'], job: ['x'] } }],
    [false, { tags: { team: ['ops'], job: ['y'] } }],
    [false, { tags: { toString: ['*'] } }],
    [true, { key: ['support-*'] }],
    [false, { key: ['sales-*'] }],
    [true, { endpoint: ['chat/*'] }],
    [false, { endpoint: ['embeddings'] }],
    [true, night(22, 6)],
    [true, night(23, 24)],
    [false, night(22, 23)],
    [false, night(0, 23)],
    [true, { tools: true, has: ['image'], key: ['*'] }],
    [false, { tools: true, has: ['image'], key: ['x'] }],
    [true, { task: ['other', 'chat'] }],
    [false, { task: ['code'] }],
    [true, { code: false, timeDependent: false }],
    [false, { code: true }],
    [false, { timeDependent: true }],
    [true, { language: ['de', 'unknown'] }],
    [false, { language: ['en'] }],
    [true, { turns: { below: 2 } }],
    [false, { turns: { above: 1 } }],
    [true, { outputShape: ['text'] }],
    [false, { outputShape: ['json', 'schema', 'tool'] }],
    // Nothing was learned, so that difficulty is unknown, which counts as hard.
    [false, { difficulty: { below: 1 } }],
    [true, { difficulty: { above: 0.99 } }],
    [false, { difficulty: { above: 0, below: 1 } }],
  ])('%j of %j', (expected, when) => {
    expect(matchesCondition(when, FACTS)).toBe(expected)
  })

  test('bounds of tokens and hours are exclusive but for `from`', () => {
    const facts = factsOf(HELLO, { hourIn: () => 6 })
    const { tokens } = facts
    expect(matchesCondition({ tokens: { below: tokens } }, facts)).toBe(false)
    expect(matchesCondition({ tokens: { above: tokens } }, facts)).toBe(false)
    expect(matchesCondition({ tokens: { below: tokens + 1, above: tokens - 1 } }, facts)).toBe(true)
    expect(matchesCondition(night(22, 6), facts)).toBe(false)
    expect(matchesCondition(night(6, 7), facts)).toBe(true)
  })

  test('no key meets no key glob', () => {
    expect(matchesCondition({ key: ['*'] }, factsOf(HELLO))).toBe(false)
  })
})

describe('firstRule', () => {
  test('is the first whose condition holds, and reads no fact beyond it', () => {
    const facts = factsOf(HELLO)
    const rules = [
      { name: 'tools', when: { tools: true }, to: ['a'] },
      { name: 'chat', when: { endpoint: ['chat/completions'] }, to: ['b'] },
      { name: 'long', when: { tokens: { above: 0 } }, to: ['c'] },
    ]
    expect(firstRule(rules, facts)?.name).toBe('chat')
    expect(facts.record()).not.toHaveProperty('tokens')
    expect(firstRule(rules.slice(0, 1), facts)).toBeUndefined()
  })
})
