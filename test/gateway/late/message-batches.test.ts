/** Anthropic's batches of messages and its files: passed to their account, billed once, and nobody else's. */
import Database from 'better-sqlite3'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ask, type Heard } from '../../support/ask.ts'
import { type MockProvider, startMockProvider } from '../../support/mock-provider/mock-provider.ts'
import { type Inside, startInside } from '../../support/start-inside.ts'
import { startTrimtab, type Trimtab } from '../../support/start-trimtab.ts'

let mock: MockProvider

beforeAll(async () => {
  mock = await startMockProvider()
})
afterAll(() => mock.close())

const config = (more = '') => `
default_provider: openai
providers:
  openai: { vendor: openai, base_url: "${mock.url}", api_key: key-openai }
  claude: { dialect: anthropic, base_url: "${mock.url}", accounts: [{ name: one, api_key: key-one }, { name: two, api_key: key-two }] }
${more}`

const VERSION = { 'anthropic-version': '2023-06-01' }
const HAIKU = 'claude-haiku-4-5'

describe('a batch of messages', () => {
  let trimtab: Inside
  beforeAll(async () => {
    trimtab = await startInside({ config: config() })
  })
  afterAll(() => trimtab.stop())

  test('goes to the provider that speaks Anthropic’s API, and its results are found below the caller’s own base', async () => {
    const made = await create(trimtab.origin)
    expect([made.status, made.headers['x-trimtab-model']]).toEqual([200, `claude/${HAIKU}`])
    expect(mock.requests.at(-1)?.headers['x-api-key']).toBe('key-one')
    const { id } = json(made)
    const done = json(await call(trimtab.origin, 'GET', `/${id}`))
    expect(done).toMatchObject({ processing_status: 'ended' })
    expect(done.results_url).toBe(`/v1/messages/batches/${id}/results`)
    const listed = json(await call(trimtab.origin, 'GET', '?limit=1000')).data as { results_url: string }[]
    expect(listed.at(-1)?.results_url).toBe(done.results_url)
    const results = await call(trimtab.origin, 'GET', `/${id}/results`)
    expect(results.text.trim().split('\n')).toHaveLength(2)
  })

  test('is billed once, when its results are read, by model and at half the price, to the workflow that made it', async () => {
    const headers = { 'x-trimtab-workflow': 'nightly' }
    const { id } = json(
      await create(trimtab.origin, ['claude/failing', HAIKU, 'claude-sonnet-4-5', HAIKU], headers),
    )
    await call(trimtab.origin, 'GET', `/${id}`)
    expect(billed(trimtab.ledgerFile, 'nightly')).toEqual([])
    for (let turn = 0; turn < 3; turn++) await call(trimtab.origin, 'GET', `/${id}/results`)
    const bills = billed(trimtab.ledgerFile, 'nightly')
    expect(bills.map(({ model, terms }) => [model, JSON.parse(terms)])).toEqual([
      [HAIKU, { serviceTier: 'batch', requests: 2 }],
      ['claude-sonnet-4-5', { serviceTier: 'batch', requests: 1 }],
    ])
    for (const { model, input, output, cost } of bills) {
      // USD per million tokens.
      const [inPrice = 0, outPrice = 0] = model === HAIKU ? [1, 5] : [3, 15]
      expect(cost).toBe(((input * inPrice + output * outPrice) * 1000) / 2)
    }
  })

  test('names its models as trimtab does, and every other byte passes', async () => {
    const body =
      '{ "requests": [ {"custom_id":"a", "params": {"model" : "claude\\/claude-haiku-4-5","max_tokens":1e1,"messages":[]}} ,{"custom_id":"b","params":{"max_tokens":5, "model":"claude-haiku-4-5"}}]}'
    await ask(trimtab.origin, Buffer.from(body), { path: '/v1/messages/batches', headers: VERSION })
    expect(Buffer.from(mock.requests.at(-1)?.bytes ?? '').toString()).toBe(
      body.replace('claude\\/claude-haiku-4-5', 'claude-haiku-4-5'),
    )
  })

  test('of several providers’ models is refused in Anthropic’s words, before any call', async () => {
    const before = mock.count
    const heard = await create(trimtab.origin, [HAIKU, 'gpt-4o-mini'])
    expect([heard.status, mock.count]).toEqual([400, before])
    expect(json(heard)).toEqual({
      type: 'error',
      error: {
        type: 'invalid_request_error',
        message: `One request to /v1/messages/batches goes to one provider: gpt-4o-mini leads to openai, and the rest goes to claude.`,
      },
    })
    const alone = await create(trimtab.origin, ['gpt-4o-mini'])
    expect(json(alone).error).toMatchObject({
      message:
        'Provider openai does not speak Anthropic’s API, which alone has this /v1/messages/batches: name one of claude in the header x-trimtab-provider.'.replace(
          '’',
          "'",
        ),
    })
  })

  test('is cancelled and deleted where it was made', async () => {
    const { id } = json(await create(trimtab.origin, ['claude/slow']))
    expect(json(await call(trimtab.origin, 'POST', `/${id}/cancel`))).toMatchObject({
      processing_status: 'ended',
    })
    expect(json(await call(trimtab.origin, 'DELETE', `/${id}`))).toEqual({
      id,
      type: 'message_batch_deleted',
    })
    expect((await call(trimtab.origin, 'GET', `/${id}`)).status).toBe(404)
  })
})

describe('files of a caller that speaks Anthropic’s API', () => {
  let trimtab: Inside
  beforeAll(async () => {
    trimtab = await startInside({ config: config() })
  })
  afterAll(() => trimtab.stop())

  test('are Anthropic’s, and others’ are OpenAI’s, under one path', async () => {
    const mine = json(await upload(trimtab.origin, VERSION))
    expect(mine).toMatchObject({ type: 'file', filename: 'a.txt', size_bytes: 3 })
    const theirs = json(await upload(trimtab.origin, {}))
    expect(theirs).toMatchObject({ object: 'file', bytes: 3 })
    const read = (id: string, headers: object) =>
      ask(trimtab.origin, Buffer.alloc(0), { path: `/v1/files${id}`, method: 'GET', headers: { ...headers } })
    expect(json(await read(`/${mine.id}`, VERSION))).toEqual(mine)
    expect(json(await read(`/${theirs.id}`, {}))).toMatchObject({ id: theirs.id })
    const list = json(await read('', VERSION))
    expect(list).toMatchObject({ data: [mine], first_id: mine.id, has_more: false })
    const gone = await read('/file_none', VERSION)
    expect(json(gone)).toMatchObject({ type: 'error', error: { type: 'not_found_error' } })
  })
})

describe('with keys', () => {
  let trimtab: Trimtab
  const headersOf: Record<string, Record<string, string>> = {}
  beforeAll(async () => {
    trimtab = await startTrimtab({ config: config('access: { mode: keys }') })
    for (const name of ['ann', 'ben']) headersOf[name] = await key('--name', name)
  })
  afterAll(() => trimtab.stop())

  test('a tenant reaches and lists its own batches alone, page by page', async () => {
    const ids: unknown[] = []
    for (let turn = 0; turn < 4; turn++) {
      ids.push(json(await create(trimtab.origin, [HAIKU], headersOf.ann)).id)
      for (let others = 0; others < 3; others++) await create(trimtab.origin, [HAIKU], headersOf.ben)
    }
    const other = await call(trimtab.origin, 'GET', `/${ids[0]}`, headersOf.ben)
    expect([other.status, json(other).type]).toEqual([404, 'error'])
    const first = json(await call(trimtab.origin, 'GET', '?limit=3', headersOf.ann))
    expect((first.data as { id: string }[]).map(({ id }) => id)).toEqual(ids.slice(0, 3))
    const rest = json(await call(trimtab.origin, 'GET', `?limit=3&after_id=${first.last_id}`, headersOf.ann))
    expect((rest.data as { id: string }[]).map(({ id }) => id)).toEqual(ids.slice(3))
    expect([first.has_more, rest.has_more]).toEqual([true, false])
  })

  test('a key that is limited to models is held to each of a batch’s', async () => {
    const limited = await key('--name', 'small', '--models', 'claude-haiku-*')
    expect((await create(trimtab.origin, [HAIKU], limited)).status).toBe(200)
    const refused = await create(trimtab.origin, [HAIKU, 'claude-sonnet-4-5'], limited)
    expect([refused.status, json(refused).error]).toMatchObject([403, { type: 'permission_error' }])
    const requests = [null, { custom_id: 'a', params: { model: 'claude-sonnet-4-5' } }]
    const odd = await ask(
      trimtab.origin,
      { requests },
      { path: '/v1/messages/batches', headers: { ...VERSION, ...limited } },
    )
    expect(odd.status).toBe(403)
  })

  async function key(...options: string[]): Promise<Record<string, string>> {
    const made = (await trimtab.json('keys', 'create', ...options, '--json')) as { key: string }
    return { 'x-api-key': made.key }
  }
})

function create(
  origin: string,
  models: readonly string[] = [HAIKU, HAIKU],
  headers: Record<string, string> = {},
): Promise<Heard> {
  const requests = models.map((model, index) => ({
    custom_id: `q${index}`,
    params: { model, max_tokens: 100, messages: [{ role: 'user', content: 'Which way?' }] },
  }))
  return ask(origin, { requests }, { path: '/v1/messages/batches', headers: { ...VERSION, ...headers } })
}

function call(
  origin: string,
  method: string,
  after: string,
  headers: Record<string, string> = {},
): Promise<Heard> {
  const none = { 'content-type': undefined, 'content-length': undefined }
  return ask(origin, Buffer.alloc(0), {
    path: `/v1/messages/batches${after}`,
    method,
    headers: { ...VERSION, ...headers, ...none },
  })
}

async function upload(origin: string, headers: Record<string, string>): Promise<Heard> {
  const form = new FormData()
  form.set('file', new Blob(['abc']), 'a.txt')
  if (Object.keys(headers).length === 0) form.set('purpose', 'user_data')
  const { body, headers: own } = new Request('http://none', { method: 'POST', body: form })
  const bytes = new Uint8Array(await new Response(body).arrayBuffer())
  const type = own.get('content-type') ?? ''
  return ask(origin, bytes, { path: '/v1/files', headers: { ...headers, 'content-type': type } })
}

function json({ text }: Heard): Record<string, unknown> {
  return JSON.parse(text) as Record<string, unknown>
}

interface Bill {
  model: string
  terms: string
  input: number
  output: number
  cost: number
}

function billed(file: string, workflow: string): Bill[] {
  const database = new Database(file, { readonly: true })
  try {
    const select = `SELECT a.model, a.terms, a.input_tokens AS input, a.output_tokens AS output, a.cost_nano_usd AS cost
      FROM requests r JOIN attempts a ON a.request_id = r.id
      WHERE r.endpoint = 'messages/batches' AND r.workflow = ? AND a.terms IS NOT NULL ORDER BY a.request_id`
    return database.prepare<[string], Bill>(select).all(workflow)
  } finally {
    database.close()
  }
}
