/** What replicas tell of themselves, over real sockets: others' load moves traffic away, silence and garbage cost nothing. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { ask } from '../../support/ask.ts'
import { settledLedger } from '../../support/ledger-file.ts'
import { answers, vllmText } from '../../support/metrics-text.ts'
import { type MockProvider, startMockProvider } from '../../support/mock-provider/mock-provider.ts'
import { sampleSum } from '../../support/prometheus-text.ts'
import { readMetrics } from '../../support/read-metrics.ts'
import { type Inside, startInside } from '../../support/start-inside.ts'
import { recorded } from '../escalation-setup.ts'

const IDLE = vllmText({})

let one: MockProvider
let other: MockProvider
let third: MockProvider
let trimtab: Inside

beforeAll(async () => {
  ;[one, other, third] = await Promise.all([startMockProvider(), startMockProvider(), startMockProvider()])
  const urls = [one, other].map(({ url }) => `"${url}"`).join(', ')
  trimtab = await startInside({
    config: [
      'providers:',
      `  gpu: { vendor: vllm, api_key: of-gpu, breaker: off, replicas: [${urls}], metrics: { interval: 100ms, timeout: 3s } }`,
      `  unstated: { vendor: generic, base_url: "${third.url}" }`,
      `  off: { vendor: vllm, base_url: "${third.url}", metrics: off }`,
      `  beside: { vendor: generic, base_url: "${third.url}", api_key: of-third, metrics: ":${third.port}/metrics" }`,
    ].join('\n'),
    policies: {
      'default.yaml': 'limits: { retries: 0 }\ncache: { exact: { mode: off } }',
      'busy.yaml': 'tiers: { only: { use: gpu/m, strategy: least_busy } }\nroute: [{ to: only }]',
    },
  })
})

afterAll(async () => {
  await trimtab.stop()
  await Promise.all([one, other, third].map((mock) => mock.close()))
})

beforeEach(async () => tells(IDLE, IDLE))
afterEach(() => {
  for (const mock of [one, other]) {
    mock.metrics.tell = () => IDLE
    mock.script([])
    mock.release()
  }
})

/** Resolves once trimtab has read it from both. */
async function tells(ofOne: string, ofOther: string): Promise<void> {
  one.metrics.tell = () => ofOne
  other.metrics.tell = () => ofOther
  await Promise.all([one, other].map((mock) => answers(mock, 2)))
  await vi.waitFor(async () => expect(await figure('trimtab_replica_tells')).toBe(2), { timeout: 10_000 })
}

async function figure(name: string, labels: Readonly<Record<string, string>> = {}): Promise<number> {
  return sampleSum(await readMetrics(trimtab.origin), name, { provider: 'gpu', ...labels })
}

const idOf = (mock: MockProvider): string => `gpu/127.0.0.1:${mock.port}/default`
const text = (name: string): string => `${name} `.repeat(2000)

async function say(
  messages: { role: string; content: string }[],
  more: Record<string, unknown> = {},
): Promise<void> {
  const { status } = await ask(trimtab.origin, { model: 'gpu/m', messages, stream: true, ...more })
  expect(status).toBe(200)
  messages.push({ role: 'assistant', content: 'Certainly.' })
}

/** Requests that each has had, of those that `work` made. */
async function served(work: () => Promise<void>): Promise<number[]> {
  const before = [one.count, other.count]
  await work()
  return [one.count - (before[0] ?? 0), other.count - (before[1] ?? 0)]
}

describe('what replicas tell', () => {
  it('is asked with the key, and shown on /metrics by replica', async () => {
    await tells(vllmText({ running: 7, waiting: 2, kvUsage: 0.25 }), IDLE)
    expect(one.metrics.asked.at(-1)?.authorization).toBe('Bearer of-gpu')
    const replica = idOf(one)
    expect(await figure('trimtab_replica_server_running', { replica })).toBe(7)
    expect(await figure('trimtab_replica_server_waiting', { replica })).toBe(2)
    expect(await figure('trimtab_replica_kv_usage', { replica })).toBe(0.25)
    expect(await figure('trimtab_replica_others_in_flight', { replica })).toBe(9)
    expect(await figure('trimtab_replica_others_in_flight', { replica: idOf(other) })).toBe(0)
  })

  it('moves a conversation off the replica that has it, where others have filled its queue, and says so', async () => {
    const turns = [{ role: 'user', content: text('lighthouse') }]
    const first = await served(() => say(turns))
    const [holder, free] = first[0] === 1 ? [one, other] : [other, one]
    turns.push({ role: 'user', content: 'And then?' })
    const again = await served(() => say(turns))
    expect(again).toEqual(first)

    const full = vllmText({ running: 8, waiting: 40 })
    await tells(holder === one ? full : IDLE, holder === one ? IDLE : full)
    turns.push({ role: 'user', content: 'Go on.' })
    const moved = await served(() => say(turns, { user: 'moved' }))
    expect(moved).toEqual([...first].reverse())
    const row = (await settledLedger(trimtab.ledgerFile)).find(({ user }) => user === 'moved')
    const { chosen } = (await recorded(trimtab, row?.id)).decision.attempts[0] ?? {}
    expect(chosen).toMatchObject({
      by: 'prefix',
      passedOver: { replica: idOf(holder), waiting: 40, kvUsage: 0 },
    })
    expect(chosen?.passedOver?.cachedTokens).toBeGreaterThan(chosen?.cachedTokens ?? 0)
    expect(free.count).toBeGreaterThan(0)
  })

  it('counts what others have under way as load', async () => {
    await tells(vllmText({ running: 12 }), IDLE)
    const ask = () => say([{ role: 'user', content: 'Hello.' }], { model: 'busy' })
    const four = async (): Promise<void> => {
      for (let times = 0; times < 4; times++) await ask()
    }
    expect(await served(four)).toEqual([0, 4])
    await tells(IDLE, vllmText({ running: 12 }))
    expect(await served(four)).toEqual([4, 0])
  })

  it('does not take what is ours for the load of others', async () => {
    one.script(() => ({ kind: 'hold' }))
    other.script(() => ({ kind: 'hold' }))
    const asking = Array.from({ length: 4 }, () =>
      say([{ role: 'user', content: 'Hello.' }], { model: 'busy' }),
    )
    await vi.waitFor(async () => expect(await figure('trimtab_replica_in_flight')).toBe(4), {
      timeout: 10_000,
    })
    await tells(vllmText({ running: 2 }), vllmText({ running: 5 }))
    expect(await figure('trimtab_replica_others_in_flight', { replica: idOf(one) })).toBe(0)
    expect(await figure('trimtab_replica_others_in_flight', { replica: idOf(other) })).toBe(3)
    for (const mock of [one, other]) {
      mock.script([])
      mock.release()
    }
    await Promise.all(asking)
  })

  it('says how little of what was expected a prefix cache really had, where answers do not', async () => {
    // Of this model the mock tells no cached tokens.
    const model = 'gpu/as-gemini'
    const turns = [{ role: 'user', content: text('estuary') }]
    const mocks = [one, other]
    let queried = 1000
    for (const mock of mocks) mock.metrics.tell = () => vllmText({ queried })
    await Promise.all(mocks.map((mock) => answers(mock, 2)))
    const shares: number[] = []
    for (let times = 0; times < 16; times++) {
      await say(turns, { model, user: `estuary-${times}` })
      turns.push({ role: 'user', content: 'And?' })
      const row = (await settledLedger(trimtab.ledgerFile)).find(({ user }) => user === `estuary-${times}`)
      const { chosen } = (await recorded(trimtab, row?.id)).decision.attempts[0] ?? {}
      if (chosen === undefined) throw new Error('no replica was chosen')
      shares.push(chosen.cachedTokens / chosen.promptTokens)
      // All of it was looked for, and nothing found.
      queried += chosen.promptTokens
      await Promise.all(mocks.map((mock) => answers(mock, 2)))
    }
    expect(shares[1]).toBeGreaterThan(0.9)
    expect(Math.min(...shares.slice(1))).toBeLessThan(0.6)
  })

  it.each<[string, () => number | 'silence' | string]>([
    ['breaks', () => 500],
    ['stays silent', () => 'silence'],
    ['prints more than anybody reads', () => `${IDLE}${'# padding\n'.repeat(200_000)}`],
  ])('is forgotten where a replica %s, which is no fault of its requests', async (_, tell) => {
    await tells(vllmText({ running: 50, waiting: 50 }), IDLE)
    const replica = idOf(one)
    one.metrics.tell = tell
    await vi.waitFor(async () => expect(await figure('trimtab_replica_tells', { replica })).toBe(0), {
      timeout: 15_000,
    })
    expect(await figure('trimtab_replica_others_in_flight', { replica })).toBe(0)
    const several = async (): Promise<void> => {
      for (let times = 0; times < 12; times++)
        await say([{ role: 'user', content: 'Hello.' }], { model: 'busy' })
    }
    expect((await served(several))[0]).toBeGreaterThan(0)
  })

  it.each<[string, () => number | string]>([
    ['is gone (404)', () => 404],
    ['begins anew, and prints figures of its own only later', () => 'process_cpu_seconds_total 0.5\n'],
  ])('counts again soon after a replica that %s', async (_, tell) => {
    await tells(IDLE, IDLE)
    one.metrics.tell = tell
    await answers(one, 2)
    await tells(vllmText({ running: 5 }), IDLE)
    expect(await figure('trimtab_replica_server_running', { replica: idOf(one) })).toBe(5)
  })

  it('is asked of a port of its own without the key, and not at all where it is off or nobody knows of any', async () => {
    await third.until(() => third.metrics.asked.length > 0, 10_000)
    expect(third.metrics.asked[0]?.authorization).toBeUndefined()
    // 404: it has none, and is asked again seldom. Of the three providers there, one alone asks.
    await Promise.all([answers(one, 5), answers(other, 5)])
    expect(third.metrics.asked.length).toBe(1)
  })
})
