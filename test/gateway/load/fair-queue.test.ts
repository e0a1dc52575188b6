/** Who is served next: interactive before batch, tenants in turn by tokens, nobody lost and nobody starved. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FairQueue, type Queued } from '../../../src/gateway/load/fair-queue.ts'

const all = () => true

function queued(tenant: string, more: Partial<Queued> = {}): Queued {
  return { tenant, cost: 1000, priority: 'interactive', sinceMs: 0, ...more }
}

function drained(queue: FairQueue<Queued>, nowMs = 0): Queued[] {
  const served: Queued[] = []
  for (let item = queue.take(all, nowMs); item !== undefined; item = queue.take(all, nowMs)) served.push(item)
  return served
}

const anyItem = fc.record({
  tenant: fc.constantFrom('a', 'b', 'c', 'd'),
  cost: fc.integer({ min: 1, max: 200_000 }),
  priority: fc.constantFrom<'interactive' | 'batch'>('interactive', 'batch'),
  sinceMs: fc.constant(0),
})

describe('FairQueue', () => {
  it('serves each once, interactive ones first, a tenant’s own in their order', () => {
    fc.assert(
      fc.property(fc.array(anyItem, { maxLength: 60 }), (items) => {
        const queue = new FairQueue<Queued>()
        for (const item of items) queue.push(item)
        expect(queue.size).toBe(items.length)
        const served = drained(queue)
        expect(new Set(served)).toEqual(new Set(items))
        expect(served).toHaveLength(items.length)
        const priorities = served.map(({ priority }) => priority)
        expect(priorities.lastIndexOf('interactive')).toBeLessThan(
          priorities.includes('batch') ? priorities.indexOf('batch') : Number.POSITIVE_INFINITY,
        )
        for (const tenant of 'abcd') {
          const own = (of: readonly Queued[]) =>
            of.filter((it) => it.tenant === tenant && it.priority === 'batch')
          expect(own(served)).toEqual(own(items))
        }
      }),
    )
  })

  it('gives tenants that wait alike the same tokens, to within a quantum and two requests', () => {
    const costs = fc.array(fc.integer({ min: 1, max: 20_000 }), { minLength: 30, maxLength: 30 })
    fc.assert(
      fc.property(costs, costs, fc.integer({ min: 2, max: 25 }), (ofOne, ofOther, rounds) => {
        const queue = new FairQueue<Queued>()
        for (const cost of ofOne) queue.push(queued('one', { cost }))
        for (const cost of ofOther) queue.push(queued('other', { cost }))
        const tokens = { one: 0, other: 0 }
        for (let index = 0; index < rounds; index++) {
          const item = queue.take(all, 0)
          if (item !== undefined) tokens[item.tenant as 'one' | 'other'] += item.cost
        }
        const most = Math.max(...ofOne, ...ofOther)
        expect(Math.abs(tokens.one - tokens.other)).toBeLessThanOrEqual(1024 + 2 * most)
      }),
    )
  })

  it('a tenant with a thousand waiting keeps no other from its next place', () => {
    const queue = new FairQueue<Queued>()
    for (let index = 0; index < 1000; index++) queue.push(queued('hungry'))
    const modest = queued('modest')
    queue.push(modest)
    expect(queue.aheadOf({ tenant: 'newcomer', priority: 'interactive' })).toBe(2)
    const first = [queue.take(all, 0), queue.take(all, 0), queue.take(all, 0)]
    expect(first).toContain(modest)
  })

  it('gives batch each eighth place once it has waited for half a minute, and none before', () => {
    const queue = new FairQueue<Queued>()
    for (let index = 0; index < 100; index++) queue.push(queued('a'))
    for (let index = 0; index < 5; index++) queue.push(queued('b', { priority: 'batch' }))
    const young = Array.from({ length: 20 }, () => queue.take(all, 29_999)?.priority)
    expect(young).not.toContain('batch')
    const aged = Array.from({ length: 32 }, () => queue.take(all, 30_000)?.priority)
    expect(aged.filter((priority) => priority === 'batch')).toHaveLength(4)
  })

  it('passes over whom no replica has room for', () => {
    const queue = new FairQueue<Queued>()
    const [large, small] = [queued('a', { cost: 9000 }), queued('b', { cost: 10 })]
    queue.push(large)
    queue.push(small)
    expect(queue.take((item) => item !== large, 0)).toBe(small)
    expect(queue.take((item) => item !== large, 0)).toBeUndefined()
    expect(queue.take(all, 0)).toBe(large)
  })

  it('has batch, then the hungriest tenant, make room for others', () => {
    const queue = new FairQueue<Queued>()
    for (let index = 0; index < 3; index++) queue.push(queued('hungry'))
    queue.push(queued('modest'))
    expect(queue.displacedBy(queued('hungry'))).toBeUndefined()
    expect(queue.isHungry(queued('hungry'))).toBe(true)
    expect(queue.isHungry(queued('modest'))).toBe(false)
    expect(queue.displacedBy(queued('newcomer'))?.tenant).toBe('hungry')
    const batch = queued('b', { priority: 'batch' })
    queue.push(batch)
    expect(queue.displacedBy(queued('hungry'))).toBe(batch)
    expect(queue.displacedBy(queued('newcomer', { priority: 'batch' }))).toBeUndefined()
  })

  it('keeps its count whatever leaves it', () => {
    fc.assert(
      fc.property(fc.array(anyItem, { maxLength: 40 }), fc.infiniteStream(fc.boolean()), (items, leaves) => {
        const queue = new FairQueue<Queued>()
        const waiting = new Set<Queued>()
        for (const item of items) {
          queue.push(item)
          waiting.add(item)
          if (leaves.next().value !== true) continue
          const [first] = waiting
          if (first === undefined) continue
          expect(queue.remove(first)).toBe(true)
          expect(queue.remove(first)).toBe(false)
          waiting.delete(first)
        }
        expect(queue.size).toBe(waiting.size)
        expect(new Set(drained(queue))).toEqual(waiting)
      }),
    )
  })
})
