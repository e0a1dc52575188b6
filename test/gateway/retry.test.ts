/** How often a failing provider is asked, when, and who is asked instead. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { ask, chat, contentOf, errorOf, type Heard } from '../support/ask.ts'
import { readLedger, settledLedger } from '../support/ledger-file.ts'
import type { Fault } from '../support/mock-provider/fault.ts'
import { type MockProvider, startMockProvider } from '../support/mock-provider/mock-provider.ts'
import { type Inside, startInside } from '../support/start-inside.ts'

let mock: MockProvider
let spare: MockProvider
let trimtab: Inside

// A provider a test, so that none shares another's retry budget or pause.
const PROVIDERS = [
  'sturdy',
  'llama',
  'fresh',
  'jitter',
  'asks',
  'late',
  'long',
  'flood',
  'over',
  'queue',
  'backend',
  'cooling',
]

beforeAll(async () => {
  mock = await startMockProvider()
  spare = await startMockProvider()
  const policy = (name: string, limits: string, more = '') =>
    `tiers: { only: { use: [${name}/m${more}] } }\nlimits: { ${limits} }`
  trimtab = await startInside({
    config: [
      'providers:',
      `  spare: { dialect: openai, base_url: "${spare.url}" }`,
      ...PROVIDERS.map((name) => {
        const narrow = name === 'queue' ? ', max_in_flight: 1' : ''
        return `  ${name}: { dialect: openai, base_url: "${mock.url}"${narrow} }`
      }),
    ].join('\n'),
    policies: {
      'llama.yaml': policy('llama', 'retries: 0'),
      'fresh.yaml': policy('fresh', 'retries: 0'),
      'jitter.yaml': policy('jitter', 'retries: 4'),
      'asks.yaml': policy('asks', 'retries: 1'),
      'late.yaml': policy('late', 'retries: 2, timeout: 8s'),
      'long.yaml': policy('long', 'retries: 2'),
      'flood.yaml': policy('flood', 'retries: 2'),
      'over.yaml': policy('over', 'retries: 2', ', spare/m'),
      'queue.yaml': policy('queue', 'retries: 2, timeout: 400ms'),
      'patient.yaml': policy('queue', 'retries: 0'),
      'backend.yaml': policy('backend', 'retries: 0', ', spare/m'),
      'cooling.yaml': policy('cooling', 'retries: 2', ', spare/m'),
    },
  })
})

afterAll(async () => {
  await trimtab.stop()
  await mock.close()
  await spare.close()
})

beforeEach(() => {
  mock.script([])
})

describe('a kept connection', () => {
  it('that its server closes after each stream costs no request', async () => {
    mock.script(() => ({ kind: 'close_after' }))
    for (let times = 0; times < 20; times++) {
      const heard = await ask(trimtab.origin, chat('llama', { stream: true, user: 'close-after' }))
      expect(heard.status).toBe(200)
      expect(contentOf(heard)).toMatch(/rudder/)
    }
    expect(seenBy('close-after')).toHaveLength(20)
  })

  it('that is dead when it is used again is replaced once, without a retry', async () => {
    mock.script(() => ({ kind: 'close_on_reuse' }))
    for (let times = 0; times < 20; times++) {
      const heard = await ask(trimtab.origin, chat('llama', { stream: true, user: 'close-on-reuse' }))
      expect(heard.status).toBe(200)
      expect(contentOf(heard)).toMatch(/rudder/)
    }
    expect(seenBy('close-on-reuse')).toHaveLength(20)
    const rows = (await settledLedger(trimtab.ledgerFile)).filter(({ user }) => user === 'close-on-reuse')
    const answered = rows.flatMap(({ attempts }) => attempts).filter(({ outcome }) => outcome === 'answered')
    expect(answered).toHaveLength(20)
    expect(rows.every(({ attempts }) => attempts.length <= 2)).toBe(true)
  })

  it('is not what a fresh connection’s reset is taken for', async () => {
    mock.script(() => ({ kind: 'reset' }))
    // Connections of its own: nothing was answered on any of them.
    const heard = await ask(trimtab.origin, chat('fresh', { user: 'fresh' }))
    const again = await ask(trimtab.origin, chat('fresh', { user: 'fresh-again' }))
    expect([heard.status, again.status]).toEqual([502, 502])
    expect(seenBy('fresh-again')).toHaveLength(1)
  })
})

describe('a retry', () => {
  it('comes after a pause that differs each time, and answers', async () => {
    const pauses: number[] = []
    for (let times = 0; times < 4; times++) {
      mock.script([{ kind: 'status', status: 503 }])
      const heard = await ask(trimtab.origin, chat('jitter', { user: `jitter-${times}` }))
      expect(heard.status).toBe(200)
      const [first, second] = seenBy(`jitter-${times}`)
      pauses.push((second?.atMs ?? 0) - (first?.atMs ?? 0))
    }
    expect(Math.max(...pauses) - Math.min(...pauses)).toBeGreaterThan(5)
  })

  const askedFor: readonly [name: string, fault: Fault, leastMs: number][] = [
    ['Retry-After in seconds', { kind: 'rate_limited', seconds: 1 }, 1000],
    // An HTTP date has whole seconds.
    ['Retry-After as a date', { kind: 'rate_limited_date', seconds: 2 }, 950],
    [
      'retry-after-ms',
      { kind: 'status', status: 429, headers: { 'retry-after-ms': '700', 'retry-after': '60' } },
      700,
    ],
    ['Retry-After of a 503', { kind: 'status', status: 503, headers: { 'retry-after': '1' } }, 1000],
  ]
  it.concurrent.each(askedFor)('waits as long as %s asks for', async (name, fault, leastMs) => {
    faults.set(name, [fault])
    mock.script((seen) => faults.get(String(seen.body?.user))?.shift())
    const heard = await ask(trimtab.origin, chat('asks', { user: name }))
    expect(heard.status).toBe(200)
    const [first, second] = seenBy(name)
    expect((second?.atMs ?? 0) - (first?.atMs ?? 0)).toBeGreaterThanOrEqual(leastMs - 5)
  })

  it('that would come after the deadline is not waited for', async () => {
    mock.script(() => ({ kind: 'rate_limited', seconds: 9 }))
    const heard = await ask(trimtab.origin, chat('late', { user: 'late' }))
    expectSpent(heard, 429)
    expect(heard.headers['retry-after']).toBe('9')
    expect(seenBy('late')).toHaveLength(1)
    // In vain, a caller would have waited as long as it may.
    expect(heard.ms).toBeLessThan(8000)
  })

  it('that is asked for in a minute is the caller’s to make', async () => {
    mock.script(() => ({ kind: 'rate_limited', seconds: 60 }))
    const heard = await ask(trimtab.origin, chat('long', { user: 'long' }))
    expect(heard).toMatchObject({ status: 429, headers: { 'retry-after': '60' } })
    expect(heard.headers['x-should-retry']).toBeUndefined()
    expect(seenBy('long')).toHaveLength(1)
  })

  it('is kept to a fifth of the traffic, where everything fails', async () => {
    mock.script(() => ({ kind: 'status', status: 500 }))
    const heards = await Promise.all(
      Array.from({ length: 300 }, () => ask(trimtab.origin, chat('flood', { user: 'flood' }))),
    )
    expect(heards.every(({ status }) => status === 502)).toBe(true)
    expect(seenBy('flood').length).toBeGreaterThan(300)
    expect(seenBy('flood').length).toBeLessThanOrEqual(300 * 1.2 + 10)
  })

  it('that the budget holds back does not hold the fall-over back', async () => {
    mock.script(() => ({ kind: 'status', status: 500 }))
    const heards = await Promise.all(
      Array.from({ length: 100 }, () => ask(trimtab.origin, chat('over', { user: 'over' }))),
    )
    expect(heards.every(({ status }) => status === 200)).toBe(true)
    expect(spare.requests.filter(({ body }) => body?.user === 'over')).toHaveLength(100)
  })

  it('helps neither against a caller’s own mistake nor against a wrong key', async () => {
    for (const [status, told] of [
      [400, 400],
      [404, 404],
      [413, 413],
      [424, 424],
      [422, 422],
      [401, 502],
      [403, 502],
    ] as const) {
      mock.script(() => ({ kind: 'status', status }))
      const heard = await ask(trimtab.origin, chat('asks', { user: `status-${status}` }))
      expect(heard.status).toBe(told)
      expect(seenBy(`status-${status}`)).toHaveLength(1)
      if (told === 502) {
        expect(errorOf(heard).code).toBe('provider_authentication')
        expect(heard.headers['x-should-retry']).toBe('false')
      }
    }
  })
})

it('a model that fails behind TGI or TEI (424, in their envelope) is asked of whoever is next', async () => {
  const error = 'Request failed during generation: Server error: CUDA'
  const bytes = Buffer.from(JSON.stringify({ error, error_type: 'generation' }))
  mock.script([{ kind: 'replay', status: 424, contentType: 'application/json', bytes, at: [] }])
  const heard = await ask(trimtab.origin, chat('backend', { user: 'backend' }))
  expect(heard.status).toBe(200)
  expect(seenBy('backend')).toHaveLength(1)
  expect(spare.requests.filter(({ body }) => body?.user === 'backend')).toHaveLength(1)
})

it('a provider that asked for a pause is left alone while another can answer', async () => {
  mock.script([{ kind: 'rate_limited', seconds: 30 }])
  for (let times = 0; times < 3; times++) {
    expect((await ask(trimtab.origin, chat('cooling', { user: 'cooling' }))).status).toBe(200)
  }
  expect(seenBy('cooling')).toHaveLength(1)
})

it('a queue that does not move in time is 503 with Retry-After, and the provider is not blamed', async () => {
  mock.script([{ kind: 'hold' }])
  const holder = ask(trimtab.origin, chat('patient', { user: 'holder' }))
  await mock.until(() => seenBy('holder').length > 0)
  const heard = await ask(trimtab.origin, chat('queue', { user: 'queued' }))
  expect(heard.status).toBe(503)
  expect(errorOf(heard).code).toBe('overloaded')
  expect(heard.headers['retry-after']).toMatch(/^\d+$/)
  mock.release()
  expect((await holder).status).toBe(200)
  expect(seenBy('queued')).toEqual([])
  const row = readLedger(trimtab.ledgerFile).find(({ user }) => user === 'queued')
  expect(row).toMatchObject({ error: 'overloaded', attempts: [] })
})

const faults = new Map<string, Fault[]>()

function expectSpent(heard: Heard, status: number): void {
  expect(heard.status).toBe(status)
  expect(errorOf(heard).code).toBe('rate_limited')
}

function seenBy(user: string) {
  return mock.requests.filter(({ body }) => body?.user === user)
}
