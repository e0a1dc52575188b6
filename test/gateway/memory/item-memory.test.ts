import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ItemMemory } from '../../../src/gateway/memory/item-memory.ts'

const HOUR_MS = 60 * 60 * 1000

describe('ItemMemory', () => {
  test('finds what a tenant was told, and no other tenant does', () => {
    const memory = new ItemMemory(() => 0)
    const item = { id: 'msg_1', type: 'message', content: [{ type: 'output_text', text: 'a' }] }
    memory.of('one').remember([item, { type: 'message' }])
    expect(memory.of('one').find('msg_1')).toEqual(item)
    expect(memory.of('two').find('msg_1')).toBeUndefined()
    expect(memory.of('one').find('msg_2')).toBeUndefined()
  })

  test('keeps an item for an hour', () => {
    let nowMs = 0
    const told = new ItemMemory(() => nowMs).of('one')
    told.remember([{ id: 'a' }])
    nowMs = HOUR_MS - 1
    expect(told.find('a')).toEqual({ id: 'a' })
    nowMs = HOUR_MS
    expect(told.find('a')).toBeUndefined()
  })

  test('an id that two answers gave to different items means neither', () => {
    const told = new ItemMemory(() => 0).of('one')
    told.remember([{ id: 'a', text: '1' }])
    told.remember([{ id: 'a', text: '1' }])
    expect(told.find('a')).toEqual({ id: 'a', text: '1' })
    told.remember([{ id: 'a', text: '2' }])
    expect(told.find('a')).toBeUndefined()
    told.remember([{ id: 'a', text: '1' }])
    expect(told.find('a')).toBeUndefined()
  })

  test('a tenant that is told much loses its own oldest items, and nobody else’s', () => {
    const memory = new ItemMemory(() => 0)
    memory.of('quiet').remember([{ id: 'q' }])
    const text = 'x'.repeat(1024 * 1024)
    for (let index = 0; index < 6; index++) memory.of('loud').remember([{ id: `l${index}`, text }])
    expect(memory.of('loud').find('l0')).toBeUndefined()
    expect(memory.of('loud').find('l5')).toBeDefined()
    expect(memory.of('quiet').find('q')).toEqual({ id: 'q' })
  })

  test('what is kept has a bound, whoever was told it, and the last is always found', () => {
    const text = 'x'.repeat(1024 * 1024)
    const step = fc.record({
      tenant: fc.nat(30),
      id: fc.nat(9),
      share: fc.double({ min: 0, max: 1, noNaN: true }),
    })
    fc.assert(
      fc.property(fc.array(step, { minLength: 30, maxLength: 60 }), (steps) => {
        const memory = new ItemMemory(() => 0)
        const said = steps.map(({ tenant, id, share }, at) => ({
          tenant: `t${tenant}`,
          item: { id: `${id}-${at}`, text: text.slice(0, Math.floor(share * text.length)) },
        }))
        for (const { tenant, item } of said) {
          memory.of(tenant).remember([item])
          expect(memory.of(tenant).find(item.id)).toEqual(item)
        }
        const found = said.filter(({ tenant, item }) => memory.of(tenant).find(item.id) !== undefined)
        const characters = found.map(({ item }) => item.text.length).reduce((sum, one) => sum + one, 0)
        expect(characters).toBeLessThanOrEqual(16 * 1024 * 1024)
      }),
      { numRuns: 20 },
    )
  })
})
