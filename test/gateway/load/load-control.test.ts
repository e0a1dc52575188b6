/** Who waits, how long, and what who has to go is told. */
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { ask, chat, errorOf, type Heard } from '../../support/ask.ts'
import { settledLedger } from '../../support/ledger-file.ts'
import { type MockProvider, startMockProvider } from '../../support/mock-provider/mock-provider.ts'
import { sampleSum } from '../../support/prometheus-text.ts'
import { readMetrics } from '../../support/read-metrics.ts'
import { type Inside, startInside } from '../../support/start-inside.ts'

const IMAGE = { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw0KGgo=' } }

let mock: MockProvider
let trimtab: Inside

beforeAll(async () => {
  mock = await startMockProvider()
  const provider = (name: string, more: string) =>
    `  ${name}: { dialect: openai, base_url: "${mock.url}", api_key: client, ${more} }`
  trimtab = await startInside({
    config: [
      'default_provider: one',
      'providers:',
      provider('one', 'max_in_flight: 1, max_queued: 6'),
      provider('paced', 'max_in_flight: 1'),
      provider('lanes', 'max_in_flight: { text: 2, image: 1 }'),
      provider('narrow', 'max_in_flight: { text: 1, image: 1 }, max_queued: 1'),
      provider('open', 'max_queued: 100'),
    ].join('\n'),
    policies: {
      'default.yaml': 'limits: { retries: 0, timeout: 30s }',
      'behind.yaml': 'priority: batch\nlimits: { retries: 0, timeout: 30s }',
      'hasty.yaml': 'limits: { retries: 0, timeout: 700ms }',
      'two.yaml': 'limits: { retries: 0, timeout: 30s, concurrency: 2 }',
      'found.yaml': 'limits: { retries: 0, timeout: 30s, concurrency: adaptive }',
    },
  })
})

afterEach(() => {
  mock.script([])
  mock.release()
})

afterAll(async () => {
  await trimtab?.stop()
  await mock?.close()
})

interface Caller {
  tenant?: string
  user: string
  headers?: Record<string, string>
  provider?: string
  content?: unknown
}

function asked({ tenant = 'a', user, headers = {}, provider = 'one', content }: Caller): Promise<Heard> {
  const messages = content === undefined ? {} : { messages: [{ role: 'user', content }] }
  return ask(trimtab.origin, chat(`${provider}/m`, { user, ...messages }), {
    headers: { authorization: `Bearer sk-${tenant}`, ...headers },
  })
}

const BATCH = { 'x-trimtab-priority': 'batch' }

/** The slot is taken by one that is held, and nobody else is answered before `release`. */
async function occupied(): Promise<void> {
  const before = mock.count
  mock.script(() => ({ kind: 'hold' }))
  void asked({ user: 'occupant' })
  await mock.until(() => mock.count === before + 1)
}

async function queuedAre(count: number, provider = 'one'): Promise<void> {
  await expect
    .poll(async () => sampleSum(await readMetrics(trimtab.origin), 'trimtab_provider_queued', { provider }), {
      interval: 10,
      timeout: 10_000,
    })
    .toBe(count)
}

function usersSince(before: number): unknown[] {
  return mock.requests.slice(before).map(({ body }) => body?.user)
}

it('serves interactive requests before batch, by header and by policy, and tenants in turn', async () => {
  const before = mock.count
  await occupied()
  const all: Promise<Heard>[] = []
  const callers: Caller[] = [
    { user: 'batch', headers: BATCH },
    { user: 'behind', headers: { 'x-trimtab-workflow': 'behind' } },
    { user: 'hungry-1' },
    { user: 'hungry-2' },
    { user: 'hungry-3' },
    { user: 'modest', tenant: 'b' },
  ]
  for (const [index, caller] of callers.entries()) {
    all.push(asked(caller))
    await queuedAre(index + 1)
  }
  const told = await readMetrics(trimtab.origin)
  expect(sampleSum(told, 'trimtab_queue_length', { provider: 'one', lane: 'text', priority: 'batch' })).toBe(
    2,
  )
  expect(sampleSum(told, 'trimtab_queue_length', { provider: 'one', priority: 'interactive' })).toBe(4)
  expect(sampleSum(told, 'trimtab_saturation', { provider: 'one' })).toBe(7)
  mock.script([])
  mock.release()
  expect((await Promise.all(all)).map(({ status }) => status)).toEqual(all.map(() => 200))
  const users = usersSince(before)
  expect(users.slice(-2)).toEqual(['batch', 'behind'])
  // Within one turn of the hungry one, though it came last.
  expect(users.indexOf('modest')).toBeLessThanOrEqual(3)
  expect(users.filter((user) => String(user).startsWith('hungry'))).toEqual([
    'hungry-1',
    'hungry-2',
    'hungry-3',
  ])
})

it('has batch and the hungriest tenant make room in a full queue, and tells them', async () => {
  await occupied()
  const batch = asked({ user: 'batch', headers: BATCH })
  await queuedAre(1)
  const hungry = Array.from({ length: 5 }, (_, index) => asked({ user: `h${index}` }))
  await queuedAre(6)
  const sixth = asked({ user: 'h5' })
  const displaced = await batch
  expect([displaced.status, errorOf(displaced).code]).toEqual([503, 'overloaded'])
  expect(displaced.headers['retry-after']).toMatch(/^\d+$/)
  // All places are one tenant's now, which another takes one of.
  const modest = asked({ user: 'modest', tenant: 'b' })
  const last = await sixth
  expect([last.status, errorOf(last).code]).toEqual([429, 'rate_limited'])
  expect(errorOf(last).message).toContain('more than its share')
  mock.script([])
  mock.release()
  const rest = await Promise.all([...hungry, modest])
  expect(rest.map(({ status }) => status)).toEqual(rest.map(() => 200))
})

it('refuses at once who would be too late, and tells when to come again by how fast the queue drains', async () => {
  // Some are served from the queue first, so that its pace is known.
  mock.script(() => ({ kind: 'delay', ms: 300 }))
  await Promise.all(
    Array.from({ length: 6 }, (_, index) => asked({ user: `pace${index}`, provider: 'paced' })),
  )
  const waiting = Array.from({ length: 5 }, (_, index) => asked({ user: `w${index}`, provider: 'paced' }))
  await expect
    .poll(
      async () =>
        sampleSum(await readMetrics(trimtab.origin), 'trimtab_provider_queued', { provider: 'paced' }),
      {
        interval: 5,
      },
    )
    .toBeGreaterThanOrEqual(3)
  const before = mock.count
  const hasty = await asked({ user: 'hasty', provider: 'paced', headers: { 'x-trimtab-workflow': 'hasty' } })
  expect([hasty.status, errorOf(hasty).code]).toEqual([503, 'overloaded'])
  expect(errorOf(hasty).message).toContain('limits.timeout')
  expect(Number(hasty.headers['retry-after'])).toBeGreaterThanOrEqual(1)
  expect(Number(hasty.headers['retry-after'])).toBeLessThan(30)
  await Promise.all(waiting)
  expect(usersSince(before)).not.toContain('hasty')
  const told = await readMetrics(trimtab.origin)
  expect(sampleSum(told, 'trimtab_queue_refused_total', { provider: 'paced', why: 'late' })).toBe(1)
})

it('bounds images apart from texts', async () => {
  const before = mock.count
  mock.script(() => ({ kind: 'hold' }))
  const image = [{ type: 'text', text: 'What is this?' }, IMAGE]
  const all = [
    ...Array.from({ length: 2 }, (_, index) =>
      asked({ user: `i${index}`, provider: 'lanes', content: image }),
    ),
    ...Array.from({ length: 3 }, (_, index) => asked({ user: `t${index}`, provider: 'lanes' })),
  ]
  await queuedAre(2, 'lanes')
  await mock.until(() => mock.count === before + 3)
  const users = usersSince(before).map((user) => String(user)[0])
  expect(users.sort()).toEqual(['i', 't', 't'])
  const told = await readMetrics(trimtab.origin)
  for (const lane of ['image', 'text'])
    expect(sampleSum(told, 'trimtab_queue_length', { provider: 'lanes', lane })).toBe(1)
  mock.script([])
  mock.release()
  expect((await Promise.all(all)).map(({ status }) => status)).toEqual(all.map(() => 200))
})

it('has batch make room though it waits in another lane, as all lanes share the places', async () => {
  const before = mock.count
  mock.script(() => ({ kind: 'hold' }))
  const [provider, content] = ['narrow', [{ type: 'text', text: 'What is this?' }, IMAGE]]
  const under = [asked({ user: 'text', provider }), asked({ user: 'image', provider, content })]
  await mock.until(() => mock.count === before + 2)
  const batch = asked({ user: 'batch', provider, headers: BATCH })
  await queuedAre(1, provider)
  const image = asked({ user: 'second', provider, content })
  expect((await batch).status).toBe(503)
  mock.script([])
  mock.release()
  expect((await Promise.all([...under, image])).map(({ status }) => status)).toEqual([200, 200, 200])
})

it('holds a policy to its own concurrency, where the provider has no bound', async () => {
  const before = mock.count
  mock.script(() => ({ kind: 'hold' }))
  const headers = { 'x-trimtab-workflow': 'two' }
  const all = Array.from({ length: 4 }, (_, index) => asked({ user: `c${index}`, provider: 'open', headers }))
  await queuedAre(2, 'open')
  expect(mock.count).toBe(before + 2)
  // Others are not held to it.
  all.push(asked({ user: 'free', provider: 'open' }))
  await mock.until(() => mock.count === before + 3)
  mock.script([])
  mock.release()
  expect((await Promise.all(all)).map(({ status }) => status)).toEqual(all.map(() => 200))
})

it('finds how many a replica takes where the policy says adaptive', async () => {
  const before = mock.count
  mock.script(() => ({ kind: 'delay', ms: 5 }))
  const headers = { 'x-trimtab-workflow': 'found' }
  const all = await Promise.all(
    Array.from({ length: 40 }, (_, index) => asked({ user: `f${index}`, provider: 'open', headers })),
  )
  expect(all.map(({ status }) => status)).toEqual(all.map(() => 200))
  const found = (await readMetrics(trimtab.origin)).get('trimtab_replica_concurrency_limit')?.samples
  expect(found?.map(({ labels }) => labels.provider)).toEqual(['open'])
  expect(mock.count).toBe(before + 40)
})

it('refuses a priority that is none', async () => {
  const heard = await asked({ user: 'high', headers: { 'x-trimtab-priority': 'high' } })
  expect([heard.status, errorOf(heard).message]).toEqual([
    400,
    'The header x-trimtab-priority must be `interactive` or `batch`, not `high`.',
  ])
})

it('leaves no request without an end', async () => {
  const rows = await settledLedger(trimtab.ledgerFile)
  expect(rows.every(({ status }) => status !== null)).toBe(true)
  expect(trimtab.warnings).toEqual([])
})
