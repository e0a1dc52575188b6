/** Who of several tenants and priorities has the next turn at a real socket: by tokens, by age, and by how long a recording lasts. */
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { ask, chat, type Heard } from '../../support/ask.ts'
import { type MockProvider, startMockProvider } from '../../support/mock-provider/mock-provider.ts'
import { sampleSum } from '../../support/prometheus-text.ts'
import { readMetrics } from '../../support/read-metrics.ts'
import { type Inside, startInside } from '../../support/start-inside.ts'

let mock: MockProvider
let trimtab: Inside

beforeAll(async () => {
  mock = await startMockProvider()
  const provider = (name: string, bound: string) =>
    `  ${name}: { dialect: openai, base_url: "${mock.url}", api_key: client, max_in_flight: ${bound} }`
  trimtab = await startInside({
    config: [
      'listen: { max_body: 20MB }',
      'default_provider: lanes',
      'providers:',
      provider('one', '1'),
      provider('lanes', '{ text: 2, audio: 1 }'),
    ].join('\n'),
    policies: { 'default.yaml': 'limits: { retries: 0, timeout: 2m }' },
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

const bearer = (tenant: string) => ({ authorization: `Bearer sk-${tenant}` })

/** A request of a tenant, told by the name of its user. */
function asked(user: string, tenant: string, more: { words?: number; batch?: boolean } = {}): Promise<Heard> {
  const headers = { ...bearer(tenant), ...(more.batch ? { 'x-trimtab-priority': 'batch' } : {}) }
  const messages = [{ role: 'user', content: 'tide '.repeat(more.words ?? 1) }]
  return ask(trimtab.origin, chat('one/m', { user, messages }), { headers })
}

let recordings = 0

/** A recording of so many bytes, as clients send it; none is like another, as one answer would do for both. */
function heard(tenant: string, bytes: number): Promise<Heard> {
  const part = (name: string, more = '') =>
    `--edge\r\nContent-Disposition: form-data; name="${name}"${more}\r\n\r\n`
  const body = Buffer.concat([
    Buffer.from(`${part('model')}whisper-1\r\n${part('file', '; filename="speech.wav"')}`),
    Buffer.alloc(bytes, ++recordings),
    Buffer.from('\r\n--edge--\r\n'),
  ])
  const headers = { ...bearer(tenant), 'content-type': 'multipart/form-data; boundary=edge' }
  return ask(trimtab.origin, body, { path: '/v1/audio/transcriptions', headers })
}

async function queuedAre(count: number, lane: string): Promise<void> {
  await expect
    .poll(async () => sampleSum(await readMetrics(trimtab.origin), 'trimtab_queue_length', { lane }), {
      interval: 5,
      timeout: 20_000,
    })
    .toBe(count)
}

/** Each joins the queue behind the one before. */
async function inOrder(all: readonly (() => Promise<Heard>)[], lane: string): Promise<Promise<Heard>[]> {
  const promised: Promise<Heard>[] = []
  for (const one of all) {
    promised.push(one())
    await queuedAre(promised.length, lane)
  }
  return promised
}

async function served(all: readonly Promise<Heard>[]): Promise<void> {
  mock.script([])
  mock.release()
  expect((await Promise.all(all)).map(({ status }) => status)).toEqual(all.map(() => 200))
}

async function occupied(occupant: () => Promise<Heard>): Promise<Promise<Heard>[]> {
  const before = mock.count
  mock.script(() => ({ kind: 'hold' }))
  const all = [occupant()]
  await mock.until(() => mock.count === before + 1)
  return all
}

function times<Item>(count: number, make: (index: number) => Item): Item[] {
  return Array.from({ length: count }, (_, index) => make(index))
}

it('gives tenants the same tokens, not as many requests', async () => {
  const occupant = await occupied(() => asked('occupant', 'c'))
  const before = mock.count
  const all = await inOrder(
    [
      ...times(4, () => () => asked('long', 'a', { words: 4000 })),
      ...times(14, () => () => asked('short', 'b')),
    ],
    'text',
  )
  await served([...occupant, ...all])
  const users = mock.requests.slice(before).map(({ body }) => body?.user)
  const places = users.flatMap((user, place) => (user === 'long' ? [place] : []))
  // A long one is worth about eight of the others with their answers.
  expect(places[0]).toBeLessThanOrEqual(11)
  expect((places[1] ?? 0) - (places[0] ?? 0)).toBeGreaterThanOrEqual(5)
}, 60_000)

it('lets batch that has waited for half a minute have an eighth place', async () => {
  const occupant = await occupied(() => asked('occupant', 'c'))
  const before = mock.count
  const batch = await inOrder([() => asked('batch', 'a', { batch: true })], 'text')
  const young = times(12, () => asked('young', 'a'))
  await queuedAre(13, 'text')
  await new Promise((resolve) => setTimeout(resolve, 30_500))
  await served([...occupant, ...batch, ...young])
  const users = mock.requests.slice(before).map(({ body }) => body?.user)
  expect(users.indexOf('batch')).toBe(7)
}, 90_000)

it('bounds what is heard and said apart from texts', async () => {
  const occupant = await occupied(() => heard('a', 1000))
  const before = mock.count
  const data = Buffer.alloc(300, 1).toString('base64')
  const content = [{ type: 'input_audio', input_audio: { format: 'wav', data } }]
  const sounds = await inOrder(
    [
      () => heard('a', 1000),
      () =>
        ask(
          trimtab.origin,
          { model: 'lanes/tts-1', voice: 'alloy', input: 'Mind the tide.' },
          { path: '/v1/audio/speech', headers: bearer('a') },
        ),
      () =>
        ask(trimtab.origin, chat('lanes/m', { messages: [{ role: 'user', content }] }), {
          headers: bearer('a'),
        }),
    ],
    'audio',
  )
  const texts = times(2, () => ask(trimtab.origin, chat('lanes/m'), { headers: bearer('a') }))
  await mock.until(() => mock.count === before + 2)
  expect(mock.requests.slice(before).map(({ url }) => url)).toEqual(times(2, () => '/v1/chat/completions'))
  await served([...occupant, ...sounds, ...texts])
}, 60_000)

it('counts recordings by how long they last', async () => {
  const occupant = await occupied(() => heard('c', 1000))
  const before = mock.count
  const all = await inOrder(
    [...times(3, () => () => heard('a', 4_000_000)), ...times(10, () => () => heard('b', 1000))],
    'audio',
  )
  await served([...occupant, ...all])
  const lengths = mock.requests.slice(before).map(({ bytes }) => bytes.length)
  // Though it came first: each lasts as long as many of the others.
  expect(lengths.findIndex((length) => length > 100_000)).toBeGreaterThanOrEqual(4)
}, 60_000)
