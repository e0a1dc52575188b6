/** Several replicas over real sockets: sessions stay, a busy replica is left, tenants share nothing, one replica costs nothing. */
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { ask, startAsking } from '../../support/ask.ts'
import { settledLedger } from '../../support/ledger-file.ts'
import { type MockProvider, startMockProvider } from '../../support/mock-provider/mock-provider.ts'
import { type Inside, startInside } from '../../support/start-inside.ts'
import { recorded } from '../escalation-setup.ts'

let mocks: MockProvider[]
let trimtab: Inside

beforeAll(async () => {
  mocks = await Promise.all([startMockProvider(), startMockProvider(), startMockProvider()])
  const urls = mocks.map(({ url }) => `"${url}"`).join(', ')
  trimtab = await startInside({
    config: [
      'providers:',
      `  gpu: { dialect: openai, replicas: [${urls}] }`,
      `  single: { dialect: openai, base_url: "${mocks[0]?.url}" }`,
      `  soon: { dialect: openai, replicas: [${urls}] }`,
      `  long: { dialect: openai, replicas: [${urls}] }`,
      `  tight: { dialect: openai, replicas: [${urls}], max_queued: 0 }`,
      `  mine: { vendor: generic, api_key: client, replicas: [${urls}] }`,
      'prices: { overrides: { gpu/m: { input: 10, cache_read: 0, output: 1 }, single/m: { input: 4, cache_read: 4, output: 1 } } }',
    ].join('\n'),
    policies: {
      'default.yaml': 'limits: { retries: 0 }\ncache: { exact: { mode: off } }',
      'busy.yaml': 'tiers: { only: { use: gpu/m, strategy: least_busy } }\nroute: [{ to: only }]',
      'cheap.yaml': 'tiers: { only: { use: [gpu/m, single/m], strategy: cost } }\nroute: [{ to: only }]',
      'one-each.yaml': 'limits: { concurrency: 1, retries: 0 }\nsession: { stick: [replica] }',
      'held.yaml': 'tiers: { only: { use: gpu/m, strategy: session } }\nroute: [{ to: only }]',
    },
  })
})

afterAll(async () => {
  await trimtab.stop()
  await Promise.all(mocks.map((mock) => mock.close()))
})

let begin: number[]
beforeEach(() => {
  for (const mock of mocks) mock.script([])
  begin = mocks.map(({ count }) => count)
})

/** Requests that each replica has had since the test began. */
const seen = (): number[] => mocks.map(({ count }, index) => count - (begin[index] ?? 0))

/** About `tokens` of them, like no other text that begins with another name. */
const text = (name: string, tokens: number) => `${name} `.repeat(Math.ceil((tokens * 4) / (name.length + 1)))

interface Turn {
  role: string
  content: string
}

/** Asks, and remembers what was answered as the next turn's past. */
async function say(turns: Turn[], model: string, more: Readonly<Record<string, unknown>> = {}, key?: string) {
  const body = { model, messages: turns, stream: true, ...more }
  const heard = await ask(
    trimtab.origin,
    body,
    key === undefined ? {} : { headers: { authorization: `Bearer ${key}` } },
  )
  expect(heard.status).toBe(200)
  turns.push({ role: 'assistant', content: 'Certainly.' })
}

/** Of the request that a test named so. */
async function decisionOf(user: string) {
  const row = (await settledLedger(trimtab.ledgerFile)).find((it) => it.user === user)
  return (await recorded(trimtab, row?.id)).decision
}

/** Nobody is answered until all have come. */
async function heldUntil(count: number, ask: () => ReturnType<typeof startAsking>[]): Promise<number[]> {
  for (const mock of mocks) mock.script(() => ({ kind: 'hold' }))
  const asking = ask()
  try {
    const sum = () => seen().reduce((one, other) => one + other, 0)
    await vi.waitFor(() => expect(sum()).toBe(count), { timeout: 15_000 })
    return seen()
  } finally {
    for (const mock of mocks) {
      mock.script([])
      mock.release()
    }
    for (const { heard } of asking) expect((await heard).status).toBe(200)
  }
}

describe('prefix', () => {
  it('keeps each conversation with the replica that has read it', async () => {
    const sessions = Array.from({ length: 6 }, (_, index) => ({ turns: [] as Turn[], name: `story${index}` }))
    for (let round = 0; round < 4; round++) {
      for (const { turns, name } of sessions) {
        turns.push({ role: 'user', content: text(round === 0 ? name : 'more', round === 0 ? 3000 : 50) })
        await say(turns, 'gpu/m', { user: name })
      }
    }
    // New ones go round.
    expect(seen().filter((count) => count === 0)).toEqual([])
    const rows = await settledLedger(trimtab.ledgerFile)
    const decisions = await Promise.all(
      rows.map(async (row) => ({ ...(await recorded(trimtab, row.id)), user: row.user })),
    )
    let moves = 0
    for (const { name } of sessions) {
      const replicas = decisions
        .filter(({ user }) => user === name)
        .flatMap(({ decision }) => decision.attempts.map(({ replica }) => replica))
      expect(replicas).toHaveLength(4)
      for (let at = 1; at < 4; at++) if (replicas[at] !== replicas[at - 1]) moves++
    }
    // One request in a hundred explores, and comes back: two moves of 18 are the most that is likely.
    expect(moves).toBeLessThanOrEqual(4)
  })

  it('tells why in the record', async () => {
    const turns: Turn[] = [{ role: 'user', content: text('why', 2000) }]
    await say(turns, 'gpu/m')
    turns.push({ role: 'user', content: 'And then?' })
    await say(turns, 'gpu/m', { user: 'asks-why' })
    const { attempts } = await decisionOf('asks-why')
    expect(attempts[0]?.chosen).toMatchObject({ by: 'prefix', of: 3 })
    const { promptTokens = 0, cachedTokens = 0 } = attempts[0]?.chosen ?? {}
    expect(promptTokens).toBeGreaterThan(1000)
    expect(cachedTokens).toBeLessThanOrEqual(promptTokens)
  })

  // Prompts that are soon read go to whoever has the fewest; where reading takes long, what is cached counts, up to a point. A
  // busy machine makes the first of these the second: a shared beginning of 1,000 tokens is worth some seven requests under way.
  it.each([
    ['soon', 0],
    ['long', 300],
  ])('leaves a replica to which all that begins alike would go: read %s', async (name, ms) => {
    // Of its own: no replica of it was measured before.
    const model = `${name}/m`
    const system = { role: 'system', content: text('rules', 1000) }
    for (const mock of mocks) mock.script(() => ({ kind: 'delay', ms }))
    await say([system, { role: 'user', content: 'First.' }], model)
    const counts = await heldUntil(31, () =>
      Array.from({ length: 30 }, (_, index) =>
        startAsking(trimtab.origin, {
          model,
          messages: [system, { role: 'user', content: `Question ${index}` }],
        }),
      ),
    )
    expect(Math.max(...counts)).toBeLessThan(20)
    expect(Math.min(...counts)).toBeGreaterThan(3)
  })

  it('does not expect of one tenant what another has sent', async () => {
    const said = text('secret', 3000)
    await say([{ role: 'user', content: said }], 'mine/m', { user: 'one' }, 'sk-one')
    // Twice, as one request in a hundred goes where nothing is expected.
    for (const user of ['again', 'and-again'])
      await say([{ role: 'user', content: said }], 'mine/m', { user }, 'sk-one')
    await say([{ role: 'user', content: said }], 'mine/m', { user: 'other' }, 'sk-other')
    const cached = async (user: string) => (await decisionOf(user)).attempts[0]?.chosen?.cachedTokens
    expect(await cached('one')).toBe(0)
    expect(Math.max((await cached('again')) ?? 0, (await cached('and-again')) ?? 0)).toBeGreaterThan(1000)
    expect(await cached('other')).toBe(0)
  })

  it('expects nothing of a prompt that a replica failed to answer', async () => {
    const turns: Turn[] = [{ role: 'user', content: text('broken', 3000) }]
    for (const mock of mocks) mock.script([{ kind: 'status', status: 500 }])
    const heard = await ask(trimtab.origin, { model: 'gpu/m', messages: turns, user: 'fails' })
    expect(heard.status).toBe(502)
    for (const mock of mocks) mock.script([])
    await say(turns, 'gpu/m', { user: 'after' })
    expect((await decisionOf('after')).attempts[0]?.chosen?.cachedTokens).toBe(0)
  })
})

it('of one replica nothing is learned or told', async () => {
  await say([{ role: 'user', content: text('alone', 2000) }], 'single/m', { user: 'alone' })
  expect((await decisionOf('alone')).attempts[0]?.chosen).toBeUndefined()
})

it('least_busy: nobody has two more than another', async () => {
  const counts = await heldUntil(9, () =>
    Array.from({ length: 9 }, (_, index) =>
      startAsking(trimtab.origin, {
        model: 'busy',
        messages: [{ role: 'user', content: `Question ${index}` }],
      }),
    ),
  )
  expect(counts).toEqual([3, 3, 3])
})

it('session: a named session goes to one replica, whatever it says', async () => {
  for (let times = 0; times < 5; times++) {
    const body = { model: 'held', messages: [{ role: 'user', content: text(`word${times}`, 100) }] }
    await ask(trimtab.origin, body, { headers: { 'x-trimtab-session': 'mine' } })
  }
  expect(seen().toSorted((one, other) => one - other)).toEqual([0, 0, 5])
})

it('cost: the dear model is asked where its cache makes it the cheaper one, and the plan says so', async () => {
  const turns: Turn[] = [{ role: 'user', content: text('price', 4000) }]
  await say(turns, 'cheap', { user: 'first' })
  const first = await decisionOf('first')
  expect(first.candidates[0]?.target).toBe('single/m')
  expect(first.facts).toMatchObject({ 'cached_tokens gpu/m': 0, 'in_flight gpu/m': 0 })
  // The other one reads it too: what it then has cached is free there.
  await say(turns.slice(0, 1), 'gpu/m')
  turns.push({ role: 'user', content: 'Go on.' })
  await say(turns, 'cheap', { user: 'second' })
  const second = await decisionOf('second')
  expect(second.candidates[0]?.target).toBe('gpu/m')
  expect(Number(second.facts['cached_tokens gpu/m'])).toBeGreaterThan(2000)
  expect(second.reasons.join(' ')).toMatch(
    /^Tier only by cost: gpu\/m \(\d+ of \d+ tokens cached, 0 under way, about \$/,
  )
})

it('a session whose replica is taken goes to one that is free, though nobody may wait', async () => {
  const headers = { 'x-trimtab-workflow': 'one-each', 'x-trimtab-session': 'crowded' }
  const asked = { model: 'tight/m', messages: [{ role: 'user', content: 'Who is there?' }] }
  expect((await ask(trimtab.origin, asked, { headers })).status).toBe(200)
  begin = mocks.map(({ count }) => count)
  const counts = await heldUntil(3, () =>
    [1, 2, 3].map(() => startAsking(trimtab.origin, asked, { headers })),
  )
  expect(counts).toEqual([1, 1, 1])
})
