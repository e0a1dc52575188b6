/** Embeddings are remembered input by input: a provider is asked for what memory does not know, and for nothing else. */
import Database from 'better-sqlite3'
import fc from 'fast-check'
import OpenAI from 'openai'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type AskOptions, ask, errorOf, type Heard, startAsking } from '../../support/ask.ts'
import { settledLedger } from '../../support/ledger-file.ts'
import { embed } from '../../support/mock-provider/embeddings-answer.ts'
import { type MockProvider, startMockProvider } from '../../support/mock-provider/mock-provider.ts'
import { type Inside, startInside } from '../../support/start-inside.ts'
import { runCommand } from '../../support/start-trimtab.ts'

let mock: MockProvider
let trimtab: Inside
let tests = 0

beforeAll(async () => {
  mock = await startMockProvider()
  trimtab = await startInside({
    config: `
default_provider: mock
providers: { mock: { base_url: "${mock.url}" }, other: { base_url: "${mock.url}" } }
prices: { overrides: { mock/m: { input: 1, output: 2 }, other/n: { input: 3, output: 2 } } }
`,
    policies: {
      'default.yaml': 'limits: { retries: 0, timeout: 10s }',
      'watched.yaml': 'cache: { exact: { mode: shadow } }',
      'off.yaml': 'cache: { exact: { mode: off } }',
      'two.yaml': `
limits: { retries: 0 }
tiers: { only: { use: [mock/m, other/n] } }
fallback: { on: [5xx] }
`,
    },
  })
})

afterAll(async () => {
  await trimtab.stop()
  await mock.close()
})

beforeEach(() => void tests++)
afterEach(() => mock.script([]))

/** Texts that no other test has asked for. */
const text = (name: string): string => `${name} of test ${tests}`
const texts = (...names: string[]): string[] => names.map(text)
const request = (input: unknown, more: Record<string, unknown> = {}, options: AskOptions = {}) =>
  ask(trimtab.origin, { model: 'm', input, ...more }, { path: '/v1/embeddings', ...options })
const inWorkflow = (name: string): AskOptions => ({ headers: { 'x-trimtab-workflow': name } })
const cacheControl = (value: string): AskOptions => ({ headers: { 'cache-control': value } })
const status = ({ headers }: Heard): string => String(headers['cache-status'])
const answer = (heard: Heard): { data: { index: number; embedding: unknown }[]; usage: unknown } =>
  JSON.parse(heard.text)
const vectors = (heard: Heard): unknown[] => answer(heard).data.map(({ embedding }) => embedding)
const expected = (inputs: readonly string[], dimensions = 8): number[][] =>
  inputs.map((input) => [...embed(input, dimensions)])
const sent = (): unknown => mock.requests.at(-1)?.body?.input
const tokensOf = (inputs: readonly string[]): number =>
  inputs.reduce((sum, input) => sum + Math.ceil(input.length / 4), 0)
const usageOf = (inputs: readonly string[]) => {
  const tokens = tokensOf(inputs)
  return { prompt_tokens: tokens, total_tokens: tokens }
}

describe('inputs that memory knows', () => {
  it('are not sent: the others go in one call, and come back in the order that was asked for', async () => {
    const known = texts('b', 'd')
    await request(known)
    const before = mock.count
    const asked = texts('a', 'b', 'c', 'd', 'e')
    const heard = await request(asked)
    expect(mock.count).toBe(before + 1)
    expect(sent()).toEqual(texts('a', 'c', 'e'))
    expect(vectors(heard)).toEqual(expected(asked))
    expect(answer(heard).data.map(({ index }) => index)).toEqual([0, 1, 2, 3, 4])
    expect(answer(heard).usage).toEqual(usageOf(texts('a', 'c', 'e')))
    expect(status(heard)).toBe('trimtab; fwd=miss; detail=partial:2/5')
  })

  it('make the whole answer where all are known, by whatever requests', async () => {
    await request(texts('a', 'b'))
    await request(text('c'))
    const before = mock.count
    const asked = texts('c', 'a', 'b', 'a')
    const heard = await request(asked)
    expect(mock.count).toBe(before)
    expect(vectors(heard)).toEqual(expected(asked))
    expect(status(heard)).toMatch(/^trimtab; hit; ttl=3\d\d\d; detail=exact$/)
    expect(heard.headers['x-trimtab-cost-usd']).toBe('0')
    expect(Number(heard.headers['x-trimtab-saved-usd'])).toBeCloseTo(tokensOf(texts('a', 'b', 'c')) / 1e6, 9)
  })

  it('answer a batch again with the bytes of the first time', async () => {
    const asked = texts('a', 'b', 'c')
    const first = await request(asked)
    const second = await request(asked)
    expect(status(first)).toBe('trimtab; fwd=miss')
    expect(second.text).toBe(first.text)
  })

  it('answer each by itself, as text or as a list of one', async () => {
    await request(texts('a', 'b'))
    const before = mock.count
    const alone = await request(text('b'))
    const listed = await request([text('b')])
    expect(mock.count).toBe(before)
    expect([vectors(alone), vectors(listed)]).toEqual([expected(texts('b')), expected(texts('b'))])
  })

  it('may be lists of tokens', async () => {
    const [one, two] = [
      [tests, 1, 2],
      [tests, 3],
    ]
    await request([one, two])
    const before = mock.count
    const single = await request(two)
    expect([mock.count, status(single)]).toEqual([before, expect.stringContaining('hit')])
    const heard = await request([two, [tests, 4], one])
    expect(sent()).toEqual([[tests, 4]])
    expect(vectors(heard)).toEqual(expected([`${tests} 3`, `${tests} 4`, `${tests} 1 2`]))
  })

  it('are asked for once where one request names them twice beside known ones', async () => {
    await request(texts('a', 'b'))
    const asked = texts('c', 'a', 'c')
    const heard = await request(asked)
    expect(sent()).toEqual(texts('c'))
    expect(vectors(heard)).toEqual(expected(asked))
  })

  it('leave every other byte of the request as it came', async () => {
    await request(texts('a', 'z'), { dimensions: 4 })
    const body = `{ "dimensions":4,\n "input" : ${JSON.stringify(texts('a', 'b'))} , "unknown": 1.0,"model":"m" }`
    await request(texts('a', 'z'), { dimensions: 4, unknown: 1 })
    const heard = await ask(trimtab.origin, new TextEncoder().encode(body), { path: '/v1/embeddings' })
    expect(Buffer.from(mock.requests.at(-1)?.bytes ?? []).toString()).toBe(
      body.replace(JSON.stringify(texts('a', 'b')), JSON.stringify(texts('b'))),
    )
    expect(vectors(heard)).toEqual(expected(texts('a', 'b'), 4))
  })

  it('are remembered from batches far above a mebibyte, too', async () => {
    const many = Array.from({ length: 300 }, (_, index) => text(`many ${index}`))
    await request(many, { dimensions: 512 })
    const before = mock.count
    const heard = await request(many.toReversed(), { dimensions: 512 })
    expect([mock.count, status(heard)]).toEqual([before, expect.stringContaining('hit')])
    expect(heard.length).toBeGreaterThan(1 << 20)
  })
})

describe('an input is another one', () => {
  it.each([
    ['of another model', { model: 'n' }],
    ['in other dimensions', { dimensions: 4 }],
    ['in another format', { encoding_format: 'base64' }],
    ['with a member that nobody here knows', { task: 'query' }],
  ])('%s', async (_, more) => {
    await request(texts('a', 'b'))
    await request(texts('a', 'c'), more)
    expect(sent()).toEqual(texts('a', 'c'))
  })

  it('in another workflow', async () => {
    await request(texts('a', 'b'))
    await request(texts('a', 'c'), {}, inWorkflow('elsewhere'))
    expect(sent()).toEqual(texts('a', 'c'))
  })
})

describe('steering', () => {
  it('no-cache asks for all and remembers them; no-store does neither', async () => {
    await request(texts('a', 'b'))
    const fresh = await request(texts('a', 'c'), {}, cacheControl('no-cache'))
    expect([sent(), status(fresh)]).toEqual([texts('a', 'c'), 'trimtab; fwd=bypass; detail=no-cache'])
    expect(status(await request(texts('b', 'c')))).toContain('hit')
    await request(texts('a', 'd'), {}, cacheControl('no-store'))
    expect(sent()).toEqual(texts('a', 'd'))
    await request(texts('a', 'd'))
    expect(sent()).toEqual(texts('d'))
  })

  it('only-if-cached wants all from memory, or 504', async () => {
    await request(texts('a', 'b'))
    const partly = await request(texts('a', 'c'), {}, cacheControl('only-if-cached'))
    expect([partly.status, errorOf(partly).code]).toEqual([504, 'not_cached'])
    expect((await request(texts('b', 'a'), {}, cacheControl('only-if-cached'))).status).toBe(200)
  })

  it('max-age leaves out what is older', async () => {
    await request(texts('a', 'b'))
    await new Promise((resolve) => setTimeout(resolve, 20))
    await request(texts('a', 'b'), {}, cacheControl('max-age=0'))
    expect(sent()).toEqual(texts('a', 'b'))
  })

  it('in shadow all is asked for, and what memory knew is counted', async () => {
    const options = inWorkflow('watched')
    await request(texts('a', 'b'), {}, options)
    const heard = await request(texts('a', 'c'), {}, options)
    expect([sent(), status(heard)]).toEqual([texts('a', 'c'), 'trimtab; fwd=miss'])
    const row = await rowOf(heard)
    expect([row.cache, row.shadow, row.shadow_nano_usd]).toEqual([
      'miss',
      'exact',
      1000 * tokensOf(texts('a')),
    ])
    expect(row.baseline_nano_usd).toBe(1000 * tokensOf(texts('a', 'c')))
  })

  it('off remembers nothing', async () => {
    await request(texts('a', 'b'), {}, inWorkflow('off'))
    const heard = await request(texts('a', 'b'), {}, inWorkflow('off'))
    expect([sent(), status(heard)]).toEqual([texts('a', 'b'), 'trimtab; fwd=bypass; detail=off'])
  })
})

describe('the ledger', () => {
  it('bills what was asked for, and counts the rest as saved by the exact cache', async () => {
    const user = `payer ${tests}`
    await request(texts('a', 'b'), { user })
    const heard = await request(texts('a', 'b', 'c'), { user })
    const row = await rowOf(heard)
    expect(row.cache).toBe('partial')
    expect(row.cost_nano_usd).toBe(1000 * tokensOf(texts('c')))
    expect(row.baseline_nano_usd).toBe(1000 * tokensOf(texts('a', 'b', 'c')))
    expect(row.input_tokens).toBe(tokensOf(texts('c')))
    const report = JSON.parse((await command('report', '--by', 'user')).stdout)
    const own = report.rows.find(({ user: name }: { user: string }) => name === user)
    const saved = tokensOf(texts('a', 'b')) / 1e6
    expect(own.savings).toEqual({ exact: saved })
    expect(own.saved_usd).toBeCloseTo(own.baseline_usd - own.cost_usd, 12)
    expect(own.saved_usd).toBeCloseTo(saved, 12)
    expect(own.hits.exact).toBe(0)
  })

  it('counts what was asked for where the provider counts nothing, and memory’s part all the same', async () => {
    await request(texts('a', 'b'))
    const data = [{ object: 'embedding', index: 0, embedding: [...embed(text('c'), 8)] }]
    const bytes = Buffer.from(JSON.stringify({ object: 'list', data, model: 'm' }))
    mock.script([{ kind: 'replay', bytes, at: [], contentType: 'application/json' }])
    const heard = await request(texts('a', 'b', 'c'))
    expect(vectors(heard)).toEqual(expected(texts('a', 'b', 'c')))
    const remembered = 1000 * tokensOf(texts('a', 'b'))
    const row = await rowOf(heard)
    expect(Number(row.input_tokens)).toBeLessThan(15)
    expect(Number(row.baseline_nano_usd) - Number(row.cost_nano_usd)).toBe(remembered)
    // A tokenizer corrects what was told by characters.
    await expect.poll(async () => (await rowOf(heard)).counted_by, { timeout: 10_000 }).toBe('o200k_base')
    const counted = await rowOf(heard)
    expect(Number(counted.baseline_nano_usd) - Number(counted.cost_nano_usd)).toBe(remembered)
  })
})

describe('what goes wrong', () => {
  it('a refusal reaches the caller, nothing of it is remembered, and memory keeps what it knew', async () => {
    await request(texts('a', 'b'))
    mock.script([{ kind: 'status', status: 400, message: 'too long' }])
    const refused = await request(texts('a', 'c'))
    expect([refused.status, errorOf(refused).message]).toEqual([400, 'too long'])
    const row = await rowOf(refused)
    expect([row.baseline_nano_usd, row.cost_nano_usd]).toEqual([null, 0])
    expect(vectors(await request(texts('a', 'c')))).toEqual(expected(texts('a', 'c')))
  })

  it('an answer to another number of inputs is none', async () => {
    await request(texts('a', 'b'))
    const bytes = Buffer.from(
      '{"object":"list","data":[],"model":"m","usage":{"prompt_tokens":1,"total_tokens":1}}',
    )
    mock.script([{ kind: 'replay', bytes, at: [], contentType: 'application/json' }])
    const heard = await request(texts('a', 'c'))
    expect(heard.status).toBe(502)
    expect(errorOf(heard).message).toContain('other embeddings than it was asked for')
  })

  it('where another model may answer, one answer never holds vectors of both', async () => {
    const options = inWorkflow('two')
    const more = { model: 'two' }
    await request(texts('a', 'b'), more, options)
    mock.script((seen) => (seen.body?.model === 'm' ? { kind: 'status', status: 500 } : undefined))
    const heard = await request(texts('a', 'c'), more, options)
    expect([heard.status, sent()]).toEqual([200, texts('a', 'c')])
    expect(heard.headers['x-trimtab-model']).toBe('other/n')
    mock.script([])
    // One is remembered of the second model now, one of the first: neither answers for the other.
    await request(texts('b', 'c'), more, options)
    expect(sent()).toEqual(texts('b', 'c'))
  })
})

describe('at the same time', () => {
  it('identical requests for a part share one call, and each has the whole answer', async () => {
    await request(texts('a', 'b'))
    const before = mock.count
    mock.script([{ kind: 'hold' }])
    const asked = texts('b', 'c')
    const all = Array.from({ length: 5 }, () =>
      startAsking(trimtab.origin, { model: 'm', input: asked }, { path: '/v1/embeddings' }),
    )
    await mock.until(() => mock.count === before + 1)
    await new Promise((resolve) => setTimeout(resolve, 50))
    mock.release()
    const heards = await Promise.all(all.map(({ heard }) => heard))
    expect(mock.count).toBe(before + 1)
    for (const heard of heards) expect(vectors(heard)).toEqual(expected(asked))
    const statuses = heards.map(status).sort()
    expect(statuses.slice(0, 4)).toEqual(Array(4).fill('trimtab; fwd=miss; collapsed'))
    expect(statuses[4]).toBe('trimtab; fwd=miss; detail=partial:1/2')
  })
})

it('any sequence of requests gives the vectors that the provider would give', async () => {
  const client = new OpenAI({ baseURL: `${trimtab.origin}/v1`, apiKey: 'any', maxRetries: 0 })
  const word = fc.nat(9)
  const one = fc.record({
    input: fc.oneof(word, fc.array(word, { minLength: 1, maxLength: 7 })),
    dimensions: fc.constantFrom(3, 8),
    encoding_format: fc.constantFrom('float' as const, 'base64' as const),
    control: fc.constantFrom('', '', '', '', 'no-cache', 'no-store'),
  })
  let runs = 0
  const seen = { partial: 0, hit: 0 }
  await fc.assert(
    fc.asyncProperty(fc.array(one, { minLength: 5, maxLength: 25 }), async (sequence) => {
      runs++
      for (const { control, input, ...more } of sequence) {
        const inputs = [input].flat().map((number) => text(`run ${runs}, word ${number}`))
        const headers = control === '' ? {} : { 'cache-control': control }
        const asked = { model: 'm', input: Array.isArray(input) ? inputs : (inputs[0] ?? ''), ...more }
        const { data: got, response } = await client.embeddings.create(asked, { headers }).withResponse()
        const floats = got.data.map(({ embedding }) => decoded(embedding))
        expect(floats).toEqual(expected(inputs, more.dimensions))
        expect(got.data.map(({ index }) => index)).toEqual([...inputs.keys()])
        const told = response.headers.get('cache-status') ?? ''
        if (told.includes('partial')) seen.partial++
        if (told.includes('hit')) seen.hit++
      }
    }),
    { numRuns: 25 },
  )
  expect(Math.min(seen.partial, seen.hit)).toBeGreaterThan(10)
})

/** The SDK decodes what it asked as base64 itself, and nothing else. */
function decoded(embedding: unknown): number[] {
  if (Array.isArray(embedding)) return embedding
  const bytes = Buffer.from(String(embedding), 'base64')
  return Array.from({ length: bytes.length / 4 }, (_, index) => bytes.readFloatLE(4 * index))
}

function command(...words: string[]) {
  return runCommand([...words, '--json', '--config', trimtab.configFile])
}

async function rowOf({ headers }: Heard): Promise<Record<string, unknown>> {
  const id = String(headers['x-trimtab-request-id'])
  await settledLedger(trimtab.ledgerFile)
  const database = new Database(trimtab.ledgerFile, { readonly: true })
  try {
    return database
      .prepare(`
        SELECT r.cache, r.baseline_nano_usd, r.shadow, r.shadow_nano_usd, a.cost_nano_usd, a.input_tokens,
          r.decision ->> '$.attempts[0].countedBy' AS counted_by
        FROM requests r LEFT JOIN attempts a ON a.request_id = r.id WHERE r.id = ?`)
      .get(id) as Record<string, unknown>
  } finally {
    database.close()
  }
}
