/** A caller that reads slowly slows its provider down, fills no memory, and is not mistaken for a provider that stalls. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type AskOptions, ask, chat, errorOf, eventsOf, type Heard, startAsking } from '../../support/ask.ts'
import { settledLedger } from '../../support/ledger-file.ts'
import { type MockProvider, startMockProvider } from '../../support/mock-provider/mock-provider.ts'
import { type Inside, startInside } from '../../support/start-inside.ts'

const BYTES = 50_000_000
/** What the buffers of three sockets may hold, and the 8 MiB that a JSON answer is held within. */
const MOST_AHEAD = 25_000_000

let mock: MockProvider
let trimtab: Inside

beforeAll(async () => {
  mock = await startMockProvider()
  mock.script(() => ({ kind: 'huge', bytes: BYTES }))
  trimtab = await startInside({
    config: `providers: { mock: { dialect: openai, base_url: "${mock.url}" } }`,
    policies: {
      'default.yaml': 'limits: { between_chunks: 500ms, first_chunk: 5s, retries: 0 }',
      'short.yaml': 'tiers: { only: { use: [mock/m] } }\nlimits: { timeout: 1s, retries: 0 }',
    },
  })
})

afterAll(async () => {
  await trimtab.stop()
  await mock.close()
})

it.each([
  ['stream', true],
  ['JSON answer', false],
])('a %s waits for its reader, and arrives whole', async (name, stream) => {
  const asking = asked(name, stream, { pauseMs: 4000 })
  await mock.until(() => seen(name) !== undefined)
  let written = -1
  for (let looks = 0; written !== seen(name)?.bytesWritten && looks < 10; looks++) {
    written = seen(name)?.bytesWritten ?? -1
    await new Promise((resolve) => setTimeout(resolve, 300))
  }
  expect(seen(name)?.bytesWritten).toBe(written)
  expect(written).toBeLessThan(MOST_AHEAD)

  const heard = await asking
  expect(heard).toMatchObject({ status: 200, end: 'whole' })
  const quick = await asked(`${name} read at once`, stream)
  if (stream) {
    expect(heard.text.endsWith('data: [DONE]\n\n')).toBe(true)
    expect(heard.length - quick.length).toBeLessThan(100)
  } else expect(heard.sha256).toBe(quick.sha256)
  const rows = await settledLedger(trimtab.ledgerFile)
  expect(rows.map(({ attempts }) => attempts.map(({ outcome }) => outcome))).toEqual(
    rows.map(() => ['answered']),
  )
})

it('a reader that leaves while its provider is paused ends the provider’s work', async () => {
  for (const stream of [true, false]) {
    const user = `leaver ${stream}`
    const asking = startAsking(trimtab.origin, chat('gpt-4o-mini', { user, stream }), { pauseMs: 60_000 })
    await mock.until(() => seen(user) !== undefined)
    await new Promise((resolve) => setTimeout(resolve, 300))
    asking.leave()
    await mock.until(() => seen(user)?.end === 'aborted')
    const row = (await settledLedger(trimtab.ledgerFile)).find((it) => it.user === user)
    expect(row).toMatchObject({ status: 499, attempts: [{ outcome: 'abandoned', usage: 'estimated' }] })
  }
})

it('a reader slower than the deadline is told that its answer is not whole', async () => {
  const stream = await ask(trimtab.origin, chat('short', { user: 'late stream', stream: true }), {
    pauseMs: 1500,
  })
  expect(stream.text).not.toContain('[DONE]')
  expect(errorOf({ text: eventsOf({ text: stream.text.slice(-1000) }).at(-1) ?? '' }).code).toBe(
    'provider_timeout',
  )
  const json = await ask(trimtab.origin, chat('short', { user: 'late json' }), { pauseMs: 1500 })
  expect(json.end).toBe('broken')
  for (const user of ['late stream', 'late json']) {
    const row = (await settledLedger(trimtab.ledgerFile)).find((it) => it.user === user)
    expect(row).toMatchObject({
      status: 200,
      error: 'provider_timeout',
      attempts: [{ outcome: 'interrupted' }],
    })
  }
})

function asked(user: string, stream: boolean, options?: AskOptions): Promise<Heard> {
  return ask(trimtab.origin, chat('gpt-4o-mini', { user, stream }), options)
}

function seen(user: string) {
  return mock.requests.find(({ body }) => body?.user === user)
}
