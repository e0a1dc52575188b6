/** Two that race, of which the first could not be sent after all: the other one is heard, and nobody is told anything before it ends. */
import { expect, it } from 'vitest'
import { Failure } from '../../../src/errors.ts'
import type { RacedResult } from '../../../src/gateway/attempt-result.ts'
import { fault } from '../../../src/gateway/fault.ts'
import type { Journey } from '../../../src/gateway/journey.ts'
import { hedged } from '../../../src/gateway/load/hedged.ts'
import { Hedging } from '../../../src/gateway/load/hedging.ts'
import { Slots } from '../../../src/gateway/load/slots.ts'
import type { Target } from '../../../src/gateway/outbound.ts'
import { Stop } from '../../../src/gateway/stop.ts'
import { UnheardSink } from '../../../src/gateway/unheard-sink.ts'
import type { Replica } from '../../../src/providers/provider.ts'
import { RateHeadroom } from '../../../src/routing/rate-headroom.ts'
import { ReplicaHealth } from '../../../src/routing/replica-health.ts'
import { ToldReplicas } from '../../../src/routing/told-replicas.ts'

const elapsedMs = () => performance.now()
const health = new ReplicaHealth()
const observer = { waited: () => {}, refused: () => {} }
const replicas = ['one', 'other'].map((id) => ({ id, account: 'default' }) as Replica)
const target = { provider: { name: 'pair', replicas, breaker: false }, model: 'm' } as unknown as Target

const refusedByLedger = (): Promise<RacedResult> =>
  Promise.reject(new Failure('ledger_unavailable', 'The disk is full.'))

/** Its first one ends once the second one is under way. */
async function raced(ofSecond: () => Promise<RacedResult>, ofFirst = refusedByLedger) {
  const slots = new Slots({ health, told: new ToldReplicas(), elapsedMs, observer })
  const hedging = new Hedging()
  for (let times = 0; times < 20; times++) {
    hedging.deposit(1000)
    hedging.observed('pair/m', 1)
  }
  const journey = {
    gateway: { hedging, slots, health, headroom: new RateHeadroom(), elapsedMs },
    input: { tokens: 10, hasMedia: false },
    incoming: {
      request: { endpoint: 'chat/completions', stream: false },
      principal: { tenant: 'default' },
      labels: {},
    },
    policy: { limits: { timeoutMs: 60_000 } },
    entry: { decision: { reasons: [] } },
    stop: new Stop(new UnheardSink()),
    startedMs: elapsedMs(),
  } as unknown as Journey
  const claim = {
    priority: 'interactive',
    tenant: 'default',
    uncachedTokens: 10,
    lane: 'text',
    concurrency: undefined,
    stream: false,
    untilMs: 60_000,
    tried: new Set<string>(),
  } as const
  const slot = slots.takeFree(target.provider, replicas[0] as Replica, claim)
  if (slot === undefined) throw new Error('there is no slot')
  let begin: (() => void) | undefined
  const isUnderWay = new Promise<void>((resolve) => {
    begin = resolve
  })
  const asked: string[] = []
  const result = hedged(journey, { target, slot, others: [], tried: new Set(['one']) }, async (_, it) => {
    asked.push(it.replica.id)
    try {
      if (it.replica.id === 'other') {
        begin?.()
        return await ofSecond()
      }
      await isUnderWay
      return await ofFirst()
    } finally {
      slots.release(it)
    }
  })
  return { result, asked, slots, hedging, reasons: () => journey.entry.decision.reasons }
}

it('the second one answers', async () => {
  const whole = { kind: 'whole' } as RacedResult
  const { result, asked, slots } = await raced(async () => {
    await new Promise((resolve) => setTimeout(resolve, 20))
    return whole
  })
  expect(await result).toBe(whole)
  expect(asked).toEqual(['one', 'other'])
  expect(replicas.map(({ id }) => slots.inFlight(id))).toEqual([0, 0])
})

it('where neither could be sent, the caller is told why', async () => {
  const { result } = await raced(refusedByLedger)
  await expect(result).rejects.toThrow('The disk is full.')
})

it.each([
  [true, 1000 - 10],
  [false, 1000],
])('a second one that lost is paid for where it was sent (%s)', async (wasSent, left) => {
  const { result, hedging } = await raced(async () => ({ kind: 'lost', wasSent }))
  await expect(result).rejects.toThrow('The disk is full.')
  // Twenty times a twentieth of a thousand tokens were saved, and another ten have begun to be.
  expect(hedging.withdraw(left)).toBe(true)
  expect(hedging.withdraw(1)).toBe(false)
})

it.each([
  ['unreachable', true, 1000],
  ['rate_limited', false, 1000],
  ['server_error', false, 1000 - 10],
] as const)(
  'a second one that failed is paid for unless it was refused (%s)',
  async (kind, unconnected, left) => {
    const whole = { kind: 'whole' } as RacedResult
    const { result, hedging } = await raced(
      async () => ({ kind: 'faulty', fault: fault(kind, 'It failed.', { unconnected }) }),
      async () => whole,
    )
    expect(await result).toBe(whole)
    expect(hedging.withdraw(left)).toBe(true)
    expect(hedging.withdraw(1)).toBe(false)
  },
)

it.each([
  [true, 'so that pair/m was asked at other as well; one was first.'],
  [false, 'so that pair/m was to be asked at other as well; nothing was sent there.'],
])('the record says of a second one that lost whether it was sent (%s)', async (wasSent, words) => {
  const whole = { kind: 'whole' } as RacedResult
  const { result, reasons } = await raced(
    async () => ({ kind: 'lost', wasSent }),
    async () => whole,
  )
  expect(await result).toBe(whole)
  expect(reasons()).toEqual([expect.stringContaining(words)])
})
