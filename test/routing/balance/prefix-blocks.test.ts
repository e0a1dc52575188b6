/** Blocks of prompts: what is remembered of earlier prompts changes nothing of their names, and tenants share none. */
import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import {
  type BlockedPrompt,
  PrefixBlocks,
  type PromptBlocks,
} from '../../../src/routing/balance/prefix-blocks.ts'

const words = (count: number, of = 'word') => `${of} `.repeat(count)
const user = (content: unknown) => ({ role: 'user', content })
const assistant = (content: unknown) => ({ role: 'assistant', content })

function prompt(turns: readonly unknown[], more: Partial<BlockedPrompt> = {}): BlockedPrompt {
  return { tools: undefined, system: undefined, turns, ...more }
}

const named = ({ hashes, count }: PromptBlocks): number[] => [...hashes.subarray(0, count)]
const anew = (it: BlockedPrompt, tenant = 't') => named(new PrefixBlocks().ofPrompt(it, tenant))

const turn = fc.oneof(
  fc.record({ role: fc.constantFrom('user', 'assistant'), content: fc.string({ maxLength: 900 }) }),
  fc.record({
    role: fc.constant('assistant'),
    content: fc.constant(null),
    tool_calls: fc.tuple(fc.record({ id: fc.uuid(), function: fc.record({ arguments: fc.string() }) })),
  }),
  fc.record({
    role: fc.constant('user'),
    content: fc.array(fc.record({ type: fc.constant('text'), text: fc.string({ maxLength: 600 }) })),
  }),
)

describe('PrefixBlocks', () => {
  test('a prompt that grew has the blocks that it would have if it had never been seen', () => {
    fc.assert(
      fc.property(fc.array(turn, { minLength: 1, maxLength: 12 }), fc.boolean(), (turns, hasSystem) => {
        const all = hasSystem ? [{ role: 'system', content: words(100) }, ...turns] : turns
        const blocks = new PrefixBlocks()
        for (let count = 1; count <= all.length; count++) {
          const grown = prompt(all.slice(0, count))
          expect(named(blocks.ofPrompt(grown, 't'))).toEqual(anew(grown))
        }
      }),
      { numRuns: 60 },
    )
  })

  test('a prompt keeps the blocks of what it grew from, and a branch those of what both have', () => {
    const shared = [user(words(300)), assistant(words(200))]
    const blocks = new PrefixBlocks()
    const before = named(blocks.ofPrompt(prompt(shared), 't'))
    const one = named(blocks.ofPrompt(prompt([...shared, user(words(300, 'left'))]), 't'))
    const other = named(blocks.ofPrompt(prompt([...shared, user(words(300, 'right'))]), 't'))
    expect(before.length).toBeGreaterThan(5)
    expect(one.slice(0, before.length)).toEqual(before)
    expect(other.slice(0, before.length)).toEqual(before)
    expect(one.at(-1)).not.toBe(other.at(-1))
  })

  it('names nothing of one tenant like anything of another', () => {
    const blocks = new PrefixBlocks()
    const same = prompt([user(words(800))], { system: words(300) })
    const one = named(blocks.ofPrompt(same, 'one'))
    const other = new Set(named(blocks.ofPrompt(same, 'other')))
    expect(one.length).toBeGreaterThan(10)
    expect(one.filter((hash) => other.has(hash))).toEqual([])
  })

  test.each([
    ['a time of day in the system prompt', prompt([user('Hi')], { system: `At 10:00:01. ${words(300)}` })],
    [
      'other tools',
      prompt([user('Hi')], { system: words(300), tools: new TextEncoder().encode('[{"a":1}]') }),
    ],
  ])('%s changes all blocks', (_, changed) => {
    const plain = prompt([user('Hi')], { system: `At 10:00:00. ${words(300)}` })
    const before = new Set(anew(plain))
    const blocks = new PrefixBlocks()
    blocks.ofPrompt(plain, 't')
    const after = named(blocks.ofPrompt(changed, 't'))
    expect(after.length).toBeGreaterThan(2)
    expect(after.filter((hash) => before.has(hash))).toEqual([])
  })

  it('does not read marks of caches, which move with the turns', () => {
    const text = words(400)
    const marked = { type: 'text', text, cache_control: { type: 'ephemeral' } }
    expect(anew(prompt([user([marked])]))).toEqual(anew(prompt([user([{ type: 'text', text }])])))
  })

  it('tells two pictures apart, and takes each for about a thousand tokens', () => {
    const picture = (data: string) => [
      { type: 'image_url', image_url: { url: `data:image/png;base64,${data}` } },
    ]
    const one = anew(prompt([user(picture('A'.repeat(200_000)))]))
    const other = anew(prompt([user(picture(`${'A'.repeat(199_000)}${'B'.repeat(1000)}`))]))
    expect(one.length).toBeLessThan(20)
    expect(one.at(-1)).not.toBe(other.at(-1))
  })

  test.each([
    ['id', { id: 'call_2' }],
    ['arguments', { function: { name: 'read', arguments: '{"path":"/b"}' } }],
    ['name', { function: { name: 'feed', arguments: '{"path":"/a"}' } }],
  ])('a call of a tool with another %s is another one, however long it is', (_, changed) => {
    const call = { id: 'call_1', type: 'function', function: { name: 'read', arguments: '{"path":"/a"}' } }
    const asked = (one: object) =>
      prompt([
        user(words(200)),
        { role: 'assistant', content: null, tool_calls: [one] },
        user(words(200, 'next')),
      ])
    const blocks = new PrefixBlocks()
    const before = named(blocks.ofPrompt(asked(call), 't'))
    const after = named(blocks.ofPrompt(asked({ ...call, ...changed }), 't'))
    expect(after).toEqual(anew(asked({ ...call, ...changed })))
    expect(after.at(-1)).not.toBe(before.at(-1))
  })

  it('forgets the conversations used longest ago, and names them as before when they come again', () => {
    const blocks = new PrefixBlocks(500)
    const conversations = Array.from({ length: 20 }, (_, index) => prompt([user(words(500, `w${index}`))]))
    for (const one of [...conversations, ...conversations])
      expect(named(blocks.ofPrompt(one, 't'))).toEqual(anew(one))
  })
})
