/** What a replica is expected to have cached is less where it says that its KV cache is full of what it works on. */
import { expect, test } from 'vitest'
import { parseModelRequest } from '../../../src/openai/parse-model-request.ts'
import type { Provider } from '../../../src/providers/provider.ts'
import { Balancer, type Place } from '../../../src/routing/balance/balancer.ts'
import { ToldReplicas } from '../../../src/routing/told-replicas.ts'

const replicas = ['one', 'other'].map((id) => ({ id }))
const place: Place = { provider: { name: 'gpu', replicas } as unknown as Provider, model: 'm' }
const standing = { inFlight: () => 0, isAvailable: () => true }

test('expected cached tokens fall with the room that is left', () => {
  const told = new ToldReplicas()
  const balancer = new Balancer(() => 0, told)
  const content = 'a buoy in the fog '.repeat(500)
  const body = { model: 'm', messages: [{ role: 'user', content }] }
  const request = parseModelRequest('chat/completions', new TextEncoder().encode(JSON.stringify(body)))
  const weighed = { blocks: balancer.blocksOf(request, 't'), promptTokens: 2000 }
  const expected = () => balancer.candidates(place, weighed, standing).map(({ cachedTokens }) => cachedTokens)
  const [first] = balancer.candidates(place, weighed, standing)
  if (first === undefined) throw new Error('there is no candidate')
  balancer.sent(place, first, weighed, { by: 'prefix', streams: true })
  const tell = (kvUsage: number) =>
    told.of('one').tell(
      {
        server: 'vLLM',
        running: 1,
        waiting: 0,
        kvUsage,
        cached: undefined,
        queried: undefined,
        queueSeconds: undefined,
        queued: undefined,
      },
      { own: 1, untilMs: 1 },
    )

  expect(expected()).toEqual([2000, 0])
  tell(0.8)
  expect(expected()).toEqual([2000, 0])
  tell(0.9)
  expect(expected()[0]).toBeCloseTo(1250, -1)
  tell(1)
  expect(expected()).toEqual([500, 0])
})
