/** What is particular to requests that are passed through: repeats, limits, long answers, and paths that are none. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ask, errorOf, startAsking } from '../../support/ask.ts'
import { readLedger, settledLedger } from '../../support/ledger-file.ts'
import { type MockProvider, startMockProvider } from '../../support/mock-provider/mock-provider.ts'
import { type Inside, startInside } from '../../support/start-inside.ts'

let mock: MockProvider
let trimtab: Inside

beforeEach(async () => {
  mock = await startMockProvider()
})
afterEach(async () => {
  await trimtab?.stop()
  await mock.close()
})

async function start(more = '', policy = 'limits: { retries: 2 }'): Promise<void> {
  trimtab = await startInside({
    config: `
default_provider: openai
providers: { openai: { base_url: "${mock.url}", vendor: openai, api_key: provider-key } }
${more}`,
    policies: { 'default.yaml': policy },
  })
}

const SPEECH = { model: 'gpt-4o-mini-tts', voice: 'alloy', input: 'A word.' }
const JSON_TYPE = { 'content-type': 'application/json' }

describe('repeats', () => {
  test.each([
    ['GET', '/v1/files', '', 3],
    ['POST', '/v1/moderations', '{"input":"calm"}', 3],
    ['POST', '/v1/audio/speech', JSON.stringify(SPEECH), 3],
    ['POST', '/v1/vector_stores', '{}', 1],
    ['POST', '/v1/batches/batch_1/cancel', '', 1],
    ['DELETE', '/v1/files/file-1', '', 1],
  ])(
    '%s %s with the body `%s`, when it fails, is sent %s times in all',
    async (method, path, body, times) => {
      await start()
      mock.script(() => ({ kind: 'status', status: 500 }))
      const heard = await ask(trimtab.origin, Buffer.from(body), { path, method, headers: JSON_TYPE })
      expect(heard.status).toBe(502)
      expect(mock.count).toBe(times)
    },
  )

  test('what makes something is sent again where it was refused for its rate, and where it never left', async () => {
    await start()
    mock.script([{ kind: 'rate_limited', seconds: 0 }])
    const made = await ask(trimtab.origin, {}, { path: '/v1/vector_stores' })
    expect([made.status, mock.count]).toEqual([200, 2])
  })

  test('and never because a kept connection was dead: it has one of its own', async () => {
    await start()
    for (let turn = 0; turn < 3; turn++) await ask(trimtab.origin, {}, { path: '/v1/vector_stores' })
    expect(mock.requests.map(({ connection }) => connection)).toEqual([1, 2, 3])
  })
})

describe('answers', () => {
  test('a long one is not held: a slow reader slows the provider, and one that leaves ends its call', async () => {
    await start()
    mock.script([{ kind: 'huge', bytes: 50_000_000 }])
    const asking = startAsking(trimtab.origin, SPEECH, { path: '/v1/audio/speech', pauseMs: 60_000 })
    await mock.until(() => mock.requests[0]?.status === 200)
    const seen = mock.requests[0]
    let written = -1
    while (written !== seen?.bytesWritten) {
      written = seen?.bytesWritten ?? 0
      await new Promise((resolve) => setTimeout(resolve, 300))
    }
    // What the buffers of three sockets may hold.
    expect(written).toBeLessThan(25_000_000)
    asking.leave()
    await mock.until(() => seen?.end === 'aborted')
    const [row] = await settledLedger(trimtab.ledgerFile)
    expect(row).toMatchObject({ status: 499, attempts: [{ outcome: 'abandoned' }] })
  })

  test('one that breaks off is cut, and not taken for whole', async () => {
    await start('', 'limits: { retries: 0 }')
    mock.script([{ kind: 'reset_mid' }])
    const heard = await ask(trimtab.origin, SPEECH, { path: '/v1/audio/speech' })
    expect(heard.end).toBe('broken')
    const [row] = await settledLedger(trimtab.ledgerFile)
    expect(row?.attempts).toMatchObject([{ outcome: 'interrupted' }])
  })

  test('a provider that says nothing is told of as for chat', async () => {
    await start('', 'limits: { retries: 0, first_chunk: 200ms }')
    mock.script([{ kind: 'black_hole' }])
    const heard = await ask(trimtab.origin, SPEECH, { path: '/v1/audio/speech' })
    expect([heard.status, errorOf(heard).code]).toEqual([504, 'provider_timeout'])
  })

  test('an unread body passes byte for byte, and so do the headers that say what it is', async () => {
    await start()
    const body = Buffer.from([0, 255, 13, 10, 45, 45])
    const headers = {
      'content-type': 'application/x-unheard-of',
      'openai-beta': 'x=1',
      'x-trimtab-step': 'one',
    }
    await ask(trimtab.origin, body, { path: '/v1/vector_stores?after=a%20b&limit=2', headers })
    const [seen] = mock.requests
    expect(Buffer.from(seen?.bytes ?? '').equals(body)).toBe(true)
    expect(seen?.url).toBe('/v1/vector_stores?after=a%20b&limit=2')
    expect(seen?.headers).toMatchObject({ 'content-type': 'application/x-unheard-of', 'openai-beta': 'x=1' })
    expect(seen?.headers).toMatchObject({ authorization: 'Bearer provider-key' })
    expect(seen?.rawHeaders.join()).not.toContain('trimtab')
  })
})

describe('refusals', () => {
  test('a body that is too large is 413 and says which setting', async () => {
    await start('listen: { max_body: 100KB }')
    const heard = await ask(trimtab.origin, Buffer.alloc(200_000), { path: '/v1/files' })
    expect(heard.status).toBe(413)
    expect(errorOf(heard).message).toContain('listen.max_body')
    expect(mock.count).toBe(0)
  })

  test.each([
    ['GET', '/v1/organization/admin_api_keys'],
    ['GET', '/v1/files/../organization/users'],
    ['GET', '/v1/files/%2e%2e/organization/users'],
    ['GET', '/v1/files/..%2forganization%2fusers'],
    ['GET', '/v1/files/a%3fb'],
    ['GET', '/v1/files//a'],
    ['GET', '/v1/audio/speech', 405],
    ['PUT', '/v1/files', 405],
  ])('%s %s is not passed on', async (method, path, status = 404) => {
    await start()
    const heard = await ask(trimtab.origin, Buffer.from(''), { path: String(path), method: String(method) })
    expect(heard.status).toBe(status)
    expect(mock.count).toBe(0)
  })

  test.each([
    ['{"model":"auto","input":"a"}', 'name a model instead of `auto`'],
    ['{"model":7}', "Invalid type for 'model'"],
    ['{"model":"a",}', 'line 1, column 14'],
  ])('a body of %s says what is wrong', async (body, message) => {
    await start()
    const heard = await ask(trimtab.origin, Buffer.from(body), { path: '/v1/audio/speech' })
    expect(heard.status).toBe(400)
    expect(errorOf(heard).message).toContain(message)
  })

  test('a provider that is named and unknown says which there are', async () => {
    await start()
    const headers = { 'x-trimtab-provider': 'nobody' }
    const heard = await ask(trimtab.origin, Buffer.from(''), { path: '/v1/files', method: 'GET', headers })
    expect(errorOf(heard).message).toBe(
      'There is no provider `nobody` here; the providers are openai, sandbox.',
    )
  })

  test('the provider’s own refusal passes in its words', async () => {
    await start()
    const heard = await ask(trimtab.origin, {}, { path: '/v1/audio/transcriptions', headers: JSON_TYPE })
    expect(heard.status).toBe(400)
    expect(readLedger(trimtab.ledgerFile)[0]).toMatchObject({ status: 400 })
  })
})

describe('budgets and limits', () => {
  const BUDGET = 'budgets: [{ per: day, limit: 0.05 usd }]'

  test('what costs nothing passes a budget, what has a price is held to it, what has none is refused', async () => {
    await start(`${BUDGET}\nprices: { overrides: { openai/dall-e-3: { image: 0.04 } } }`)
    const post = (path: string, body: object) => ask(trimtab.origin, body, { path: `/v1/${path}` })
    expect((await post('moderations', { input: 'a' })).status).toBe(200)
    const image = { model: 'dall-e-3', prompt: 'a tide' }
    expect((await post('images/generations', { ...image, n: 2 })).status).toBe(429)
    expect((await post('images/generations', image)).status).toBe(200)
    expect((await post('images/generations', image)).status).toBe(429)
    const unpriced = await post('audio/speech', { ...SPEECH, model: 'tts-unheard-of' })
    expect(errorOf(unpriced).message).toContain('whose price is unknown')
  })

  test.each([
    ['vector_stores', {}],
    ['fine_tuning/jobs', { model: 'gpt-4o-mini' }],
    ['agents/sessions', { agent: { model: 'gpt-4o-mini' } }],
    ['things', { model: 'gpt-4o-mini' }],
  ])(
    'POST %s with %o is refused under a budget, whatever its model’s price: no answer tells what it costs',
    async (path, body) => {
      await start(BUDGET)
      const heard = await ask(trimtab.origin, body, { path: `/v1/${path}` })
      expect([heard.status, mock.count]).toEqual([429, 0])
      expect(errorOf(heard).message).toContain(`cannot count what POST /v1/${path} costs`)
    },
  )

  test.each([
    'fine_tuning/jobs/ftjob-1/cancel',
    'agents/automations/auto_1/pause',
    'threads/t/runs/r/cancel',
  ])('POST %s, which ends something, passes a budget', async (path) => {
    await start(BUDGET)
    await ask(trimtab.origin, {}, { path: `/v1/${path}` })
    expect(mock.count).toBe(1)
  })

  test('an upload takes none of the tokens that its key may use', async () => {
    await start('access: { mode: open }')
    const heard = await ask(trimtab.origin, Buffer.alloc(5_000_000), {
      path: '/v1/uploads/upload_1/parts',
      headers: { 'content-type': 'application/octet-stream' },
    })
    expect(heard.status).toBe(404)
    expect((await settledLedger(trimtab.ledgerFile))[0]?.attempts).toMatchObject([{ input: 0 }])
  })
})

test('the sandbox says that it has no such thing, whatever was sent', async () => {
  await start()
  const headers = { 'x-trimtab-provider': 'sandbox' }
  const body = { model: 'sandbox/tts', input: 'a' }
  const heard = await ask(trimtab.origin, body, { path: '/v1/audio/speech', headers })
  const has = 'it simulates chat, completions, embeddings and moderations.'
  const speech = `The sandbox has no POST /v1/audio/speech: ${has}`
  expect([heard.status, errorOf(heard).message]).toEqual([404, speech])
  const list = await fetch(`${trimtab.origin}/v1/files`, { headers })
  const { error } = (await list.json()) as { error: { message: string } }
  expect([list.status, error.message]).toEqual([404, `The sandbox has no GET /v1/files: ${has}`])
  const moderated = await ask(trimtab.origin, { input: 'a' }, { path: '/v1/moderations', headers })
  expect([moderated.status, JSON.parse(moderated.text).results[0].flagged]).toEqual([200, false])
  const completion = { model: 'sandbox/sandbox-small', prompt: 'Which way?' }
  const completed = await ask(trimtab.origin, completion, { path: '/v1/completions' })
  expect(JSON.parse(completed.text)).toMatchObject({ object: 'text_completion' })
})
