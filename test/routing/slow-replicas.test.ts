/** Who is far slower than its peers is told apart from who has longer prompts, and from a slow network. */
import { describe, expect, it } from 'vitest'
import { SlowReplicas, type Waiting } from '../../src/routing/slow-replicas.ts'

/** First chunks of `id`, each as late as told. */
function took(slow: SlowReplicas, id: string, times: readonly number[], promptTokens = 100): void {
  for (const ms of times) {
    const waiting: Waiting = { sinceMs: 1000 - ms, promptTokens }
    slow.began(id, waiting)
    slow.firstChunk(id, waiting, 1000)
  }
}

const QUICK = [90, 110, 100, 95, 105]
const SLOW = [900, 1100, 1000, 950]

describe('SlowReplicas', () => {
  it('tells the one that takes far longer, and no other', () => {
    const slow = new SlowReplicas()
    for (const id of ['a', 'b', 'c']) took(slow, id, QUICK)
    took(slow, 'd', SLOW)
    expect(slow.isSlow('d', ['a', 'b', 'c'], 1000)).toBe(true)
    expect(slow.isSlow('a', ['b', 'c', 'd'], 1000)).toBe(false)
  })

  it('needs more than a few, and forgets them', () => {
    const slow = new SlowReplicas()
    took(slow, 'a', QUICK)
    took(slow, 'd', SLOW.slice(0, 3))
    expect(slow.isSlow('d', ['a'], 1000)).toBe(false)
    took(slow, 'd', SLOW)
    expect(slow.isSlow('d', ['a'], 1000)).toBe(true)
    expect(slow.isSlow('d', ['a'], 40_000)).toBe(false)
  })

  it('counts what is overdue, before any of it came', () => {
    const slow = new SlowReplicas()
    took(slow, 'a', QUICK)
    for (let index = 0; index < 4; index++) slow.began('d', { sinceMs: 600, promptTokens: 100 })
    expect(slow.isSlow('d', ['a'], 700)).toBe(false)
    expect(slow.isSlow('d', ['a'], 1000)).toBe(true)
  })

  it('does not mistake long prompts for slowness, nor few milliseconds', () => {
    const slow = new SlowReplicas()
    took(slow, 'a', QUICK)
    took(slow, 'd', SLOW, 50_000)
    expect(slow.isSlow('d', ['a'], 1000)).toBe(false)
    took(slow, 'e', [2, 3, 2, 2])
    took(slow, 'f', [9, 12, 10, 11])
    expect(slow.isSlow('f', ['e'], 1000)).toBe(false)
  })
})
