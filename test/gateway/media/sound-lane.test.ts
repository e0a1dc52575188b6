/** Sounds that wait for a slot take their turns by how long they last, over real sockets. */
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { ask, type Heard } from '../../support/ask.ts'
import { type MockProvider, startMockProvider } from '../../support/mock-provider/mock-provider.ts'
import { sampleSum } from '../../support/prometheus-text.ts'
import { readMetrics } from '../../support/read-metrics.ts'
import { m4a, mp3, wave } from '../../support/sounds.ts'
import { type Inside, startInside } from '../../support/start-inside.ts'

let mock: MockProvider
let trimtab: Inside

beforeAll(async () => {
  mock = await startMockProvider()
  trimtab = await startInside({
    config: `
default_provider: ear
providers:
  ear: { dialect: openai, base_url: "${mock.url}", api_key: client, max_in_flight: { text: 1, audio: 1 } }`,
    policies: { 'default.yaml': 'limits: { retries: 0, timeout: 30s }' },
  })
})

afterAll(async () => {
  await trimtab.stop()
  await mock.close()
})

beforeEach(() => mock.script([]))

interface Sent {
  tenant: string
  mark: string
  sound: Uint8Array<ArrayBuffer>
}

async function heard({ tenant, mark, sound }: Sent): Promise<Heard> {
  const form = new FormData()
  form.set('model', 'ear/whisper')
  form.set('file', new Blob([sound]), 'sound')
  const whole = new Response(form)
  return ask(trimtab.origin, new Uint8Array(await whole.arrayBuffer()), {
    path: '/v1/audio/transcriptions',
    headers: headersOf(tenant, mark, whole.headers.get('content-type') ?? ''),
  })
}

function said({ tenant, mark, sound }: Sent): Promise<Heard> {
  const input_audio = { data: Buffer.from(sound).toString('base64'), format: 'mp3' }
  const messages = [{ role: 'user', content: [{ type: 'input_audio', input_audio }] }]
  return ask(
    trimtab.origin,
    { model: 'ear/gpt-audio', messages },
    { headers: headersOf(tenant, mark, 'application/json') },
  )
}

function headersOf(tenant: string, mark: string, contentType: string) {
  return { authorization: `Bearer sk-${tenant}`, 'content-type': contentType, 'x-mock-mark': mark }
}

/** Marks in the order in which they were served, after all of them waited. */
async function orderOf(asking: (sent: Sent) => Promise<Heard>, sounds: readonly Sent[]): Promise<unknown[]> {
  const before = mock.count
  mock.script(() => ({ kind: 'hold' }))
  const all = [asking({ tenant: 'z', mark: 'occupant', sound: wave(1) })]
  await mock.until(() => mock.count === before + 1)
  for (const [index, sent] of sounds.entries()) {
    all.push(asking(sent))
    await expect
      .poll(
        async () => sampleSum(await readMetrics(trimtab.origin), 'trimtab_queue_length', { lane: 'audio' }),
        {
          interval: 10,
          timeout: 10_000,
        },
      )
      .toBe(index + 1)
  }
  mock.script([])
  mock.release()
  expect((await Promise.all(all)).map(({ status }) => status)).toEqual(all.map(() => 200))
  return mock.requests.slice(before + 1).map(({ headers }) => headers['x-mock-mark'])
}

it('files: short ones do not wait for long ones that came before, of whichever format', async () => {
  const long = m4a(600_000, 1000, true)
  // Two seconds of it take more bytes than the minutes of the other.
  const short = wave(2, 48_000)
  expect(long.length).toBeLessThan(short.length)
  const order = await orderOf(heard, [
    { tenant: 'a', mark: 'long', sound: long },
    { tenant: 'b', mark: 'short 1', sound: short },
    { tenant: 'b', mark: 'short 2', sound: short },
    { tenant: 'b', mark: 'short 3', sound: short },
  ])
  expect(order).toEqual(['short 1', 'short 2', 'short 3', 'long'])
})

it('chat: the same', async () => {
  const order = await orderOf(said, [
    { tenant: 'a', mark: 'long', sound: mp3(8000) },
    { tenant: 'b', mark: 'short 1', sound: mp3(40) },
    { tenant: 'b', mark: 'short 2', sound: mp3(40) },
  ])
  expect(order).toEqual(['short 1', 'short 2', 'long'])
})
