/** A second replica is asked where the first one is late; one of both answers, both are billed, and a twentieth of tokens is the most. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openLedgerReader } from '../../../src/platform/node/node-ledger.ts'
import { ask, chat, contentOf, type Heard } from '../../support/ask.ts'
import { settledLedger } from '../../support/ledger-file.ts'
import type { MockProvider } from '../../support/mock-provider/mock-provider.ts'
import { type Inside, startInside } from '../../support/start-inside.ts'
import { type Pair, startPair } from '../../support/start-pair.ts'

let pair: Pair
let one: MockProvider
let other: MockProvider
let trimtab: Inside

beforeAll(async () => {
  pair = await startPair(
    (first, second) => `
default_provider: pair
providers:
  pair: { dialect: openai, replicas: ["${first.url}", "${second.url}"], breaker: off }
  alone: { dialect: openai, base_url: "${first.url}" }
prices: { overrides: { "pair/m": { input: 1, output: 2 }, "alone/m": { input: 1, output: 2 } } }
`,
    {
      'default.yaml': 'limits: { retries: 0, hedge: on }',
      'both.yaml':
        'tiers: { all: { use: [alone/m, pair/m] } }\nroute: [{ to: all }]\nlimits: { retries: 0, hedge: on }',
      'plain.yaml': 'limits: { retries: 0 }',
    },
  )
  ;({ one, other, trimtab } = pair)
})

afterAll(() => pair.stop())

const count = () => one.count + other.count

function held(user: string, stream: boolean, workflow = 'default'): Promise<Heard> {
  // Whoever is asked first says nothing; the second one answers.
  const before = count()
  const rule = () => (count() === before ? ({ kind: 'hold' } as const) : undefined)
  one.script(rule)
  other.script(rule)
  return ask(trimtab.origin, chat('pair/m', { user, stream }), {
    headers: { 'x-trimtab-workflow': workflow },
  })
}

/** So that its first chunks are known, and something is saved up for a second one. */
async function learnt(stream: boolean, content = 'Which way does the rudder turn?'): Promise<void> {
  one.script([])
  other.script([])
  const messages = [{ role: 'user', content }]
  for (let index = 0; index < 40; index++)
    await ask(trimtab.origin, chat('pair/m', { user: 'learn', stream, messages }))
}

/** Where a few of these are late themselves and asked twice, enough is left for a short one. */
const LONG = 'Tell me more. '.repeat(200)

async function detailOf(user: string) {
  const rows = await settledLedger(trimtab.ledgerFile)
  const id = rows.find((row) => row.user === user)?.id ?? ''
  const { reader, close } = openLedgerReader(trimtab.ledgerFile)
  try {
    return await reader.request(id)
  } finally {
    close()
  }
}

it('asks nobody else beyond a twentieth of tokens, nor what is stored, nor where the policy does not say so', async () => {
  await learnt(false)
  // What was saved is spent, each time for the price of twenty requests.
  let spent = 0
  for (let times = 0; times < 5; times++) {
    const before = count()
    const heard = held(`spend-${times}`, false)
    await expect.poll(count, { timeout: 10_000, interval: 5 }).toBeGreaterThan(before)
    await new Promise((resolve) => setTimeout(resolve, 300))
    if (count() === before + 2) spent++
    one.release()
    other.release()
    expect((await heard).status).toBe(200)
  }
  expect(spent).toBeLessThan(5)
  await learnt(false)
  for (const more of [{ store: true }]) {
    const before = count()
    one.script(() => ({ kind: 'delay', ms: 300 }))
    other.script(() => ({ kind: 'delay', ms: 300 }))
    await ask(trimtab.origin, chat('pair/m', { user: 'stored', ...more }))
    expect(count()).toBe(before + 1)
  }
  const before = count()
  await ask(trimtab.origin, chat('pair/m'), { headers: { 'x-trimtab-workflow': 'plain' } })
  expect(count()).toBe(before + 1)
}, 60_000)

it.each([true, false])(
  'the caller hears the second one where the first says nothing (stream %s)',
  async (stream) => {
    await learnt(stream, LONG)
    const user = `late-${stream}`
    const heard = await held(user, stream)
    expect(heard.status).toBe(200)
    expect(heard.end).toBe('whole')
    expect(contentOf(heard)).toMatch(/^You said: .*\?$/)
    // The other one was given up.
    const isOver = () => [...one.requests, ...other.requests].every(({ end }) => end !== 'open')
    await expect.poll(isOver, { timeout: 10_000 }).toBe(true)
    const lost = [...one.requests, ...other.requests].filter(({ body }) => body?.user === user)
    expect(lost.map(({ end }) => end).sort()).toEqual(['aborted', 'whole'])
    const detail = await detailOf(user)
    const attempts = detail?.attempts ?? []
    expect(attempts.map(({ outcome }) => outcome).sort()).toEqual(['abandoned', 'answered'])
    expect(new Set(attempts.map(({ replica }) => replica)).size).toBe(2)
    // Both are billed, and the request costs what both cost.
    const costs = attempts.map(({ cost_usd }) => cost_usd ?? 0)
    expect(costs.every((cost) => cost > 0)).toBe(true)
    expect(detail?.cost_usd).toBeCloseTo(
      costs.reduce((sum, cost) => sum + cost, 0),
      12,
    )
    // What it is told has the estimate of the one that was given up, which a tokenizer may correct afterwards.
    const answered = attempts.find(({ outcome }) => outcome === 'answered')?.cost_usd ?? 0
    if (!stream) expect(Number(heard.headers['x-trimtab-cost-usd'])).toBeGreaterThan(answered)
    expect(detail?.decision?.reasons.join('\n')).toMatch(/hedged: .* had said nothing after \d+ ms/)
  },
  60_000,
)

it('a second one that fails leaves the answer to the first', async () => {
  await learnt(false, LONG)
  const before = count()
  const rule = () =>
    count() === before ? ({ kind: 'hold' } as const) : ({ kind: 'status', status: 500 } as const)
  one.script(rule)
  other.script(rule)
  const asking = ask(trimtab.origin, chat('pair/m', { user: 'second-fails' }))
  await expect.poll(count, { timeout: 10_000, interval: 5 }).toBe(before + 2)
  one.release()
  other.release()
  const heard = await asking
  expect(heard.status).toBe(200)
  const detail = await detailOf('second-fails')
  expect(detail?.attempts.map(({ outcome }) => outcome).sort()).toEqual(['answered', 'failed'])
}, 60_000)

it('a second one at another target counts there, too', async () => {
  one.script([])
  other.script([])
  const headers = { 'x-trimtab-workflow': 'both' }
  const asked = (user: string, content: string) =>
    ask(trimtab.origin, chat('auto', { user, messages: [{ role: 'user', content }] }), { headers })
  for (let times = 0; times < 40; times++) await asked('learn', LONG)
  const before = count()
  const rule = () => (count() === before ? ({ kind: 'hold' } as const) : undefined)
  one.script(rule)
  other.script(rule)
  expect((await asked('elsewhere', 'Hello?')).status).toBe(200)
  const detail = await detailOf('elsewhere')
  const chosen = detail?.decision?.attempts.map(({ target, chosen }) => [target, chosen?.of])
  expect(Object.fromEntries(chosen ?? [])).toEqual({ 'alone/m': undefined, 'pair/m': 2 })
  // The first one was given up, and is billed as well.
  const seen = [...one.requests, ...other.requests].filter(({ body }) => body?.user === 'elsewhere')
  const isOver = () => seen.every(({ end }) => end !== 'open')
  await expect.poll(isOver, { timeout: 10_000 }).toBe(true)
  expect(seen.map(({ end }) => end).sort()).toEqual(['aborted', 'whole'])
  const attempts = detail?.attempts.map(({ provider, outcome, cost_usd }) => [
    provider,
    outcome,
    (cost_usd ?? 0) > 0,
  ])
  expect(attempts?.sort()).toEqual([
    ['alone', 'abandoned', true],
    ['pair', 'answered', true],
  ])
}, 60_000)

it('spends a twentieth of tokens at the most, however many are late', async () => {
  const fresh = await startInside({
    config: `
default_provider: pair
providers: { pair: { dialect: openai, replicas: ["${one.url}", "${other.url}"], breaker: off } }
`,
    policies: { 'default.yaml': 'limits: { retries: 0, hedge: on }' },
  })
  try {
    const before = count()
    const asked = () => ask(fresh.origin, chat('pair/m', { user: 'alike' }))
    one.script([])
    other.script([])
    let slowestMs = 0
    for (let times = 0; times < 60; times++) slowestMs = Math.max(slowestMs, (await asked()).ms)
    // Each second one comes later than any before, however slow the machine is, and is asked twice as long as something is saved.
    const ms = Math.max(400, 2 * slowestMs)
    let late = 0
    const rule = () => (late++ % 2 === 0 ? ({ kind: 'delay', ms } as const) : undefined)
    one.script(rule)
    other.script(rule)
    for (let times = 0; times < 20; times++) expect((await asked()).status).toBe(200)
    const second = count() - before - 80
    expect(second).toBeGreaterThan(0)
    expect(second).toBeLessThanOrEqual(80 / 20)
  } finally {
    await fresh.stop()
  }
}, 120_000)
