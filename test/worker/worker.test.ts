import { readFileSync } from 'node:fs'
import OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { type MockProvider, startMockProvider } from '../support/mock-provider/mock-provider.ts'
import type { SeenRequest } from '../support/mock-provider/seen-request.ts'
import { KEY_ID, SERVICE_ACCOUNT, startTokenServer } from '../support/token-server.ts'
import { type StartedWorker, startWorker } from './start-worker.ts'

const ADMIN_KEY = 'an admin key that only this test knows'
const STREAM = new URL('../fixtures/streams/openai-chat-without-usage.txt', import.meta.url)
const ANSWER = new URL('../fixtures/streams/answers/openai-chat.json', import.meta.url)
const KEY = `tt_0123456789_${'a'.repeat(40)}`
const OLD_KEY = `tt_9876543210_${'b'.repeat(40)}`

let mock: MockProvider
let open: StartedWorker
let client: OpenAI

beforeAll(async () => {
  mock = await startMockProvider({ apiKey: 'provider-key' })
  open = await startWorker({
    ...providerVariables(),
    TRIMTAB_ACCESS_MODE: 'open',
    TRIMTAB_ADMIN_KEY: ADMIN_KEY,
  })
  client = new OpenAI({ baseURL: `${open.origin}/v1`, apiKey: 'not for the provider', maxRetries: 0 })
})

afterAll(async () => {
  await open?.stop()
  await mock?.close()
})

describe('worker', () => {
  test('chat: the provider’s answer with its usage, and our headers', async () => {
    const asked = client.chat.completions.create({ model: 'gpt-4o-mini', messages: ask('naïve ☂ 1.0') })
    const { data, response } = await asked.withResponse()
    const seen = lastSeen()
    expect(data.choices[0]?.message.content).toBe('You said: naïve ☂ 1.0')
    expect(data.usage).toEqual(seen.said?.usage)
    expect(response.headers.get('x-trimtab-model')).toBe('openai/gpt-4o-mini')
    expect(response.headers.get('x-trimtab-request-id')).toMatch(/^req_/)
    expect(Number(response.headers.get('x-trimtab-cost-usd'))).toBeGreaterThan(0)
    expect(response.headers.get('x-request-id')).toBe(`req_mock${seen.number}`)
    expect(response.headers.get('set-cookie')).toBeNull()
    expect(seen.headers).toMatchObject({
      authorization: 'Bearer provider-key',
      'accept-encoding': 'identity',
    })
  })

  test('stream: every event as it came, with the usage that was asked for', async () => {
    const stream = await client.chat.completions.create({
      model: 'gpt-4o-mini',
      messages: ask('one two three'),
      stream: true,
      stream_options: { include_usage: true },
    })
    const chunks: OpenAI.ChatCompletionChunk[] = []
    for await (const chunk of stream) chunks.push(chunk)
    const said = lastSeen().said
    expect(chunks.map((chunk) => chunk.choices[0]?.delta.content).filter(Boolean)).toEqual(
      said?.choices[0]?.pieces,
    )
    expect(chunks.at(-1)?.usage).toEqual(said?.usage)
  })

  test.each([
    ['whole', { stream: false }],
    ['as a stream', { stream: true }],
  ])('bytes pass unchanged, an answer sent %s', async (_, how) => {
    const body = JSON.stringify({ messages: ask('a\u2028b'), ...how, model: 'gpt-4o-mini', temperature: 1.0 })
    const bytes = readFileSync(how.stream ? STREAM : ANSWER)
    const contentType = how.stream ? 'text/event-stream' : 'application/json'
    mock.script([{ kind: 'replay', bytes, at: [7, 100, 101], contentType }])
    const answer = await fetch(`${open.origin}/v1/chat/completions`, { method: 'POST', body })
    expect(Buffer.from(await answer.arrayBuffer()).equals(bytes)).toBe(true)
    if (!how.stream) expect(Buffer.from(lastSeen().bytes).toString()).toBe(body)
  })

  test('embeddings and the list of models', async () => {
    const vectors = await client.embeddings.create({ model: 'text-embedding-3-small', input: ['one', 'two'] })
    expect(vectors.data).toHaveLength(2)
    const names: string[] = []
    for await (const model of client.models.list()) names.push(model.id)
    expect(names).toContain('gpt-4o-mini')
  })

  test('an abort by the caller reaches the provider, and the ledger', async () => {
    const stream = await client.chat.completions.create({
      model: 'paced-2000-10',
      messages: ask('go on'),
      stream: true,
    })
    const id = lastSeen().number
    for await (const chunk of stream) if (chunk.choices[0]?.delta.content) break
    await mock.until(() => mock.requests.find(({ number }) => number === id)?.end === 'aborted')
    await expect.poll(async () => (await latest(open))?.status).toBe(499)
  })

  // workerd ends the connection of a body that failed in good order, so that only the JSON tells.
  test('a large answer that breaks off is nothing that a caller could take for whole', async () => {
    mock.script([{ kind: 'truncated_json' }])
    const asked = fetch(`${open.origin}/v1/chat/completions`, {
      method: 'POST',
      body: JSON.stringify({ model: 'sized-20000000', messages: ask('much') }),
    })
    await expect(asked.then((answer) => answer.json()).then(Object.keys)).rejects.toThrow()
    expect(await latest(open)).toMatchObject({
      model_asked: 'sized-20000000',
      attempts: [{ provider: 'openai' }],
    })
  })

  test('a request settles after its answer has gone', async () => {
    await client.chat.completions.create({ model: 'gpt-4o-mini', messages: ask('hi'), user: 'settled' })
    expect(await latest(open)).toMatchObject({
      status: 200,
      tokens: { input: lastSeen().said?.usage.prompt_tokens },
    })
  })

  test('the admin API wants its key', async () => {
    const answer = await fetch(`${open.origin}/trimtab/api/requests?since=0`)
    expect(answer.status).toBe(401)
  })
})

describe('worker in keys mode', () => {
  let keyed: StartedWorker

  beforeAll(async () => {
    const line = {
      id: '0123456789',
      key: KEY,
      name: 'shop',
      tenant: 'acme',
      models: ['gpt-4o-mini', 'helped'],
    }
    const old = { id: '9876543210', key: OLD_KEY, name: 'old', tenant: 'acme', expires: '2020-01-31' }
    keyed = await startWorker({
      ...providerVariables(),
      TRIMTAB_KEYS: `${JSON.stringify(line)}\n${JSON.stringify(old)}\n`,
      TRIMTAB_POLICY_helped:
        'tiers: { small: { use: openai/gpt-4o-mini } }\nroute: [{ name: all, to: small }]',
    })
  })

  afterAll(() => keyed?.stop())

  test('answers its key, by the policy that is bound', async () => {
    const answer = await asked(keyed, KEY, 'helped')
    expect(answer.status).toBe(200)
    expect(answer.headers.get('x-trimtab-tier')).toBe('small')
    expect(lastSeen().body?.model).toBe('gpt-4o-mini')
  })

  test.each([
    ['no key', undefined, 'gpt-4o-mini', 401, 'missing_api_key'],
    ['another’s key', `tt_0123456789_${'c'.repeat(40)}`, 'gpt-4o-mini', 401, 'invalid_api_key'],
    ['a key of the past', OLD_KEY, 'gpt-4o-mini', 401, 'expired_api_key'],
    ['a model beyond the key', KEY, 'gpt-5.5', 403, 'model_not_allowed'],
  ])('refuses %s', async (_, key, model, status, code) => {
    const answer = await asked(keyed, key, model)
    expect(answer.status).toBe(status)
    expect(await answer.json()).toMatchObject({ error: { code } })
  })
})

// A runtime that keeps requests apart must let one hand its place, or what it fetched, to another. On a busy machine
// workerd tells a Worker one time in thirty neither by its signal nor by its stream that a caller left, and no timer of
// that request runs any more: nothing can be done within it, so that is tried again.
const leaving = { retry: 2, timeout: 30_000 }
test('worker: those who wait for one another are answered, also where one leaves', leaving, async () => {
  const limits = { mock: { base_url: mock.url, api_key: 'provider-key', max_in_flight: 1 } }
  const narrow = await startWorker({ TRIMTAB_ACCESS_MODE: 'open', TRIMTAB_PROVIDERS: JSON.stringify(limits) })
  onTestFinished(() => narrow.stop())
  const holder = new AbortController()
  const held = await askNarrow(narrow, { model: 'paced-2000-10', stream: true }, holder.signal)
  await held.body?.getReader().read()
  const lists = Array.from({ length: 5 }, () => fetch(`${narrow.origin}/v1/models`))
  const waiting = Array.from({ length: 6 }, () => askNarrow(narrow, { model: 'gpt-4o-mini' }))
  expect((await Promise.all(lists)).map(({ status }) => status)).toEqual(Array(5).fill(200))
  holder.abort()
  expect((await Promise.all(waiting)).map(({ status }) => status)).toEqual(Array(6).fill(200))
})

test('worker: a service account’s key is exchanged for a token, and one that is missing is told at the start', async () => {
  const tokens = await startTokenServer()
  const { origin: base_url } = new URL(mock.url)
  const provider = { base_url: `${base_url}/v1`, credentials: 'google' }
  const account = {
    type: 'service_account',
    client_email: SERVICE_ACCOUNT,
    private_key: tokens.privateKey,
    private_key_id: KEY_ID,
    token_uri: tokens.tokenUri,
  }
  const variables = { TRIMTAB_ACCESS_MODE: 'open', TRIMTAB_PROVIDERS: JSON.stringify({ cloud: provider }) }
  const cloud = await startWorker({ ...variables, GOOGLE_APPLICATION_CREDENTIALS: JSON.stringify(account) })
  await Promise.all([asked(cloud, undefined, 'a'), asked(cloud, undefined, 'b')])
  await asked(cloud, undefined, 'c')
  expect(tokens.issued.length).toBeGreaterThan(0)
  expect(lastSeen().headers.authorization).toBe(`Bearer ${tokens.issued.at(-1)}`)
  expect(tokens.issued).toHaveLength(1)
  await cloud.stop()
  const without = await startWorker(variables)
  expect((await asked(without, undefined, 'a')).status).toBe(500)
  await without.stop()
  await tokens.close()
})

test.each([
  ['keys that are none', { TRIMTAB_KEYS: 'not JSON' }],
  // A Worker starts no processes.
  ['a command', { TRIMTAB_PROVIDERS: '{ local: { command: [serve, "{port}"] } }' }],
])('worker: %s among the bindings are a 500 of one sentence, and nothing is served', async (_, bindings) => {
  const broken = await startWorker(bindings)
  const answer = await asked(broken, KEY, 'gpt-4o-mini')
  expect(answer.status).toBe(500)
  expect(answer.headers.get('x-should-retry')).toBe('false')
  const body = (await answer.json()) as { error: { message: string } }
  expect(body.error.message).toMatch(/^trimtab could not start/)
  await broken.stop()
})

function providerVariables() {
  return { OPENAI_API_KEY: 'provider-key', OPENAI_BASE_URL: mock.url }
}

function ask(content: string): OpenAI.ChatCompletionMessageParam[] {
  return [{ role: 'user', content }]
}

function lastSeen(): SeenRequest {
  const seen = mock.requests.at(-1)
  if (seen === undefined) throw new Error('the provider saw no request')
  return seen
}

function asked({ origin }: StartedWorker, key: string | undefined, model: string): Promise<Response> {
  return fetch(`${origin}/v1/chat/completions`, {
    method: 'POST',
    headers: key === undefined ? {} : { authorization: `Bearer ${key}` },
    body: JSON.stringify({ model, messages: ask('hi') }),
  })
}

function askNarrow({ origin }: StartedWorker, how: object, signal?: AbortSignal): Promise<Response> {
  const body = JSON.stringify({ ...how, messages: ask('hi') })
  return fetch(`${origin}/v1/chat/completions`, { method: 'POST', body, signal: signal ?? null })
}

async function latest({ origin }: StartedWorker): Promise<Readonly<Record<string, unknown>> | undefined> {
  const headers = { authorization: `Bearer ${ADMIN_KEY}` }
  const answer = await fetch(`${origin}/trimtab/api/requests?since=0&limit=1`, { headers })
  return ((await answer.json()) as { requests: Record<string, unknown>[] }).requests[0]
}
