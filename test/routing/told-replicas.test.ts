/** What a replica told counts for a while, less what is ours; counts are compared with the answer before. */
import { describe, expect, it } from 'vitest'
import type { ServerMetrics } from '../../src/providers/metrics/server-metrics.ts'
import { ToldReplicas, UNTOLD } from '../../src/routing/told-replicas.ts'

function metrics(more: Partial<ServerMetrics>): ServerMetrics {
  return {
    server: 'vLLM',
    running: undefined,
    waiting: undefined,
    kvUsage: undefined,
    cached: undefined,
    queried: undefined,
    queueSeconds: undefined,
    queued: undefined,
    ...more,
  }
}

describe('ToldReplicas', () => {
  it('knows nothing of a replica that told nothing, and nothing any more once it is old', () => {
    const says = new ToldReplicas().of('a')
    expect(says.at(0)).toBe(UNTOLD)
    says.tell(metrics({ running: 3, kvUsage: 0.5 }), { own: 1, untilMs: 100 })
    expect(says.at(99)).toMatchObject({ server: 'vLLM', running: 3, kvUsage: 0.5, othersInFlight: 2 })
    expect(says.at(100)).toBe(UNTOLD)
  })

  it.each([
    [{ running: 3, waiting: 4 }, 2, 5],
    [{ running: 1 }, 6, 0],
    [{ waiting: 4 }, 1, 3],
    [{ kvUsage: 0.1 }, 0, 0],
  ])('takes %o less our %d for the load of others: %d', (told, own, others) => {
    const says = new ToldReplicas().of('a')
    says.tell(metrics(told), { own, untilMs: 1 })
    expect(says.at(0).othersInFlight).toBe(others)
  })

  it('tells of prefixes and of the queue since the answer before, and nothing where the server began anew', () => {
    const says = new ToldReplicas().of('a')
    const tell = (cached: number, queried: number, queueSeconds: number, queued: number) => {
      const told = metrics({ running: 0, cached, queried, queueSeconds, queued })
      const counts = says.tell(told, { own: 0, untilMs: 1 })
      const { cachedShare, queueSeconds: mean } = says.at(0)
      return { cachedShare, mean, counts }
    }
    const unknown = { cachedShare: undefined, mean: undefined, counts: undefined }
    expect(tell(1000, 4000, 10, 100)).toEqual(unknown)
    expect(tell(1750, 5000, 13, 106)).toEqual({
      cachedShare: 0.75,
      mean: 0.5,
      counts: { queried: 1000, cached: 750 },
    })
    expect(tell(1750, 5000, 13, 106)).toEqual(unknown)
    expect(tell(10, 20, 1, 2)).toEqual(unknown)
    expect(tell(20, 40, 1, 4)).toEqual({
      cachedShare: 0.5,
      mean: 0,
      counts: { queried: 20, cached: 10 },
    })
  })
})
