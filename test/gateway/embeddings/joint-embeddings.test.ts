/** Small calls for embeddings that come together go to the provider as one, and stay apart for their callers and their bills. */
import Database from 'better-sqlite3'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type AskOptions, ask, errorOf, type Heard, startAsking } from '../../support/ask.ts'
import { settledLedger } from '../../support/ledger-file.ts'
import { embed, embeddingTokens } from '../../support/mock-provider/embeddings-answer.ts'
import { type MockProvider, startMockProvider } from '../../support/mock-provider/mock-provider.ts'
import { type Inside, startInside } from '../../support/start-inside.ts'

let mock: MockProvider
let trimtab: Inside
let made = 0

beforeAll(async () => {
  mock = await startMockProvider()
  trimtab = await startInside({
    config: `
default_provider: mock
providers:
  mock: { base_url: "${mock.url}", api_key: sk-ours }
  theirs: { base_url: "${mock.url}", api_key: client }
prices: { overrides: { mock/m: { input: 1000, output: 2 } } }
`,
    policies: {
      'default.yaml': 'limits: { retries: 0, timeout: 10s }',
      'apart.yaml': 'limits: { join_embeddings: off }',
    },
  })
})

afterAll(async () => {
  await trimtab.stop()
  await mock.close()
})

afterEach(() => mock.script([]))

const AT_ONCE = 12
/** Whether calls come within one window is up to the machine, but not that many times. */
const MOST_BURSTS = 60

const text = (name: string): string => `${name} ${made++}`
const path = '/v1/embeddings'
const inputsOf = (body: unknown): unknown[] => [(body as { input: unknown }).input].flat()
const isJoint = ({ body }: MockProvider['requests'][number]): boolean => inputsOf(body).length > 1

interface Burst {
  inputs: string[]
  heard: Heard[]
  /** What the provider was sent. */
  sent: MockProvider['requests']
}

/** One input a call, all at once. */
async function burst(inputs: string[], options: AskOptions[] = [{}], model = 'm'): Promise<Burst> {
  const before = mock.requests.length
  const heard = await Promise.all(
    inputs.map((input, index) =>
      ask(trimtab.origin, { model, input }, { path, ...options[index % options.length] }),
    ),
  )
  return { inputs, heard, sent: mock.requests.slice(before) }
}

/** Until calls went together. */
async function jointBurst(
  names: readonly string[] = Array(AT_ONCE).fill('joint'),
  model?: string,
): Promise<Burst> {
  for (let bursts = 0; bursts < MOST_BURSTS; bursts++) {
    const done = await burst(names.map(text), [{}], model)
    if (done.sent.some(isJoint)) return done
  }
  throw new Error(`no call of ${MOST_BURSTS} bursts went with another`)
}

/** None of them ever went together. */
async function expectApart(options: AskOptions[], model?: string): Promise<void> {
  for (let bursts = 0; bursts < 12; bursts++) {
    const { sent, heard } = await burst(
      Array.from({ length: AT_ONCE }, () => text('apart')),
      options,
      model,
    )
    expect(heard.map(({ status }) => status)).toEqual(Array(AT_ONCE).fill(200))
    expect(sent.filter(isJoint)).toEqual([])
    expect(sent).toHaveLength(AT_ONCE)
  }
}

const vectorsOf = (heard: Heard): number[][] =>
  (JSON.parse(heard.text) as { data: { embedding: number[] }[] }).data.map(({ embedding }) => embedding)
const idOf = ({ headers }: Heard): string => String(headers['x-trimtab-request-id'])

describe('calls for embeddings that come together', () => {
  it('are one call to the provider, and each caller gets its own', async () => {
    const { inputs, heard, sent } = await jointBurst()
    expect(sent.length).toBeLessThan(AT_ONCE)
    expect(sent.flatMap(({ body }) => inputsOf(body)).toSorted()).toEqual(inputs.toSorted())
    for (const [index, one] of heard.entries()) {
      expect([one.status, one.end]).toEqual([200, 'whole'])
      expect(vectorsOf(one)).toEqual([[...embed(inputs[index] ?? '', 8)]])
    }
    expect(new Set(heard.map(idOf)).size).toBe(AT_ONCE)
  })

  it('are billed to the token: the shares are what the provider counted', async () => {
    const { heard, sent } = await jointBurst(['a', 'a much longer one than the others are', 'b', 'c', 'd'])
    const told = heard.map(({ text }) => JSON.parse(text).usage.prompt_tokens as number)
    const counted = sent.reduce((sum, { body }) => sum + embeddingTokens(body ?? {}), 0)
    expect(told.reduce((sum, tokens) => sum + tokens, 0)).toBe(counted)
    const ids = new Set(heard.map(idOf))
    const rows = (await settledLedger(trimtab.ledgerFile)).filter(({ id }) => ids.has(id))
    expect(rows.every(({ attempts }) => attempts.length === 1 && attempts[0]?.usage === 'reported')).toBe(
      true,
    )
    expect(rows.reduce((sum, { attempts }) => sum + (attempts[0]?.input ?? 0), 0)).toBe(counted)
    for (const one of heard) {
      const own = JSON.parse(one.text).usage.prompt_tokens as number
      expect(Number(one.headers['x-trimtab-cost-usd'])).toBeCloseTo(own / 1000, 9)
    }
  })

  it('say so in their decision records', async () => {
    const { heard } = await jointBurst()
    await settledLedger(trimtab.ledgerFile)
    const database = new Database(trimtab.ledgerFile, { readonly: true })
    const decisions = heard.map((one) =>
      String(database.prepare('SELECT decision FROM requests WHERE id = ?').pluck().get(idOf(one))),
    )
    database.close()
    expect(
      decisions.some((decision) => /asked for in one call with (one other|\d+ others)/.test(decision)),
    ).toBe(true)
  })

  it('may ask for several inputs, and for lists of tokens', async () => {
    for (let bursts = 0; ; bursts++) {
      if (bursts === MOST_BURSTS) throw new Error('no lists went together')
      const before = mock.requests.length
      const asked = Array.from({ length: AT_ONCE }, () => [
        [made++, 1],
        [made++, 2, 3],
      ])
      const heard = await Promise.all(
        asked.map((input) => ask(trimtab.origin, { model: 'm', input }, { path })),
      )
      for (const [index, one] of heard.entries())
        expect(vectorsOf(one)).toEqual(asked[index]?.map((tokens) => [...embed(tokens.join(' '), 8)]))
      const sent = mock.requests.slice(before)
      if (sent.some(({ body }) => [body?.input].flat().length > 2)) break
    }
  })

  it('are remembered one by one', async () => {
    const { inputs, heard } = await jointBurst()
    const before = mock.count
    const again = await burst(inputs)
    expect(mock.count).toBe(before)
    expect(again.heard.map(vectorsOf)).toEqual(heard.map(vectorsOf))
  })
})

describe('one input that the provider refuses', () => {
  it.each([
    [400, 400],
    [424, 424],
    [500, 502],
  ])('with %i costs the others nothing: each is asked for alone', async (status, told) => {
    const poison = ({ body }: MockProvider['requests'][number]) =>
      inputsOf(body).some((input) => String(input).startsWith('poison'))
        ? ({ kind: 'status', status, message: 'That one is too long.' } as const)
        : undefined
    mock.script(poison)
    // Of its own kind, because after a refusal those of a kind stay apart for a while.
    for (let bursts = 0; ; bursts++) {
      if (bursts === MOST_BURSTS) throw new Error('nothing was refused together')
      const names = ['good', 'good', 'poison', 'good', 'good', 'good', 'good', 'good']
      const { sent, heard, inputs } = await burst(names.map(text), [{}], `mock/refusing-${status}-${bursts}`)
      for (const [index, one] of heard.entries()) {
        const isPoison = inputs[index]?.startsWith('poison')
        expect(one.status).toBe(isPoison ? told : 200)
        if (isPoison) expect(errorOf(one).message).toContain('That one is too long.')
        else expect(vectorsOf(one)).toEqual([[...embed(inputs[index] ?? '', 8)]])
      }
      if (sent.some((seen) => isJoint(seen) && poison(seen) !== undefined)) break
    }
  })

  it('keeps its kind apart for a while', async () => {
    mock.script((seen) => (isJoint(seen) ? { kind: 'status', status: 413 } : undefined))
    const { heard } = await jointBurst(undefined, 'mock/apart')
    expect(heard.map(({ status }) => status)).toEqual(Array(AT_ONCE).fill(200))
    await expectApart([{}], 'mock/apart')
  })
})

describe('a joint call that fails otherwise', () => {
  it.each([429, 503])('with %i is told to each of its callers', async (status) => {
    mock.script(() => ({ kind: 'status', status }))
    const { heard, sent } = await jointBurst(undefined, `mock/failing-${status}`)
    expect(heard.map((one) => one.status)).toEqual(Array(AT_ONCE).fill(status === 429 ? 429 : 502))
    expect(sent.length).toBeLessThan(AT_ONCE)
  })

  it('by a broken connection, or an answer to something else, is told as well', async () => {
    mock.script(() => ({ kind: 'reset_mid' }))
    const cut = await jointBurst(undefined, 'mock/cut')
    expect(cut.heard.every(({ status }) => status === 502)).toBe(true)
    const bytes = new TextEncoder().encode('{"data":[],"usage":{"prompt_tokens":9}}')
    mock.script(() => ({ kind: 'replay', bytes, at: [], contentType: 'application/json' }))
    const odd = await jointBurst(undefined, 'mock/odd')
    const together = odd.heard.filter(({ status }) => status === 502)
    expect(together.length).toBeGreaterThan(1)
    const rows = await settledLedger(trimtab.ledgerFile)
    const attempts = rows.filter(({ id }) => odd.heard.map(idOf).includes(id)).flatMap((row) => row.attempts)
    expect(attempts).toHaveLength(AT_ONCE)
  })
})

describe('a caller that leaves', () => {
  it('takes nothing from the others', async () => {
    mock.script(() => ({ kind: 'hold' }))
    for (let bursts = 0; ; bursts++) {
      if (bursts === MOST_BURSTS) throw new Error('nothing was held together')
      const before = mock.requests.length
      const inputs = Array.from({ length: AT_ONCE }, () => text('held'))
      const asking = inputs.map((input) => startAsking(trimtab.origin, { model: 'm', input }, { path }))
      const seen = (): unknown[] => mock.requests.slice(before).flatMap(({ body }) => inputsOf(body))
      await mock.until(() => seen().length === AT_ONCE)
      asking[0]?.leave()
      await settledLedger(
        trimtab.ledgerFile,
        (rows) => rows.some(({ error }) => error === 'caller_left'),
        ({ error }) => error === 'caller_left',
      )
      mock.release()
      const heard = await Promise.all(asking.slice(1).map((it) => it.heard))
      expect(heard.map(vectorsOf)).toEqual(inputs.slice(1).map((input) => [[...embed(input, 8)]]))
      if (mock.requests.slice(before).some(isJoint)) break
    }
  })
})

describe('calls that stay apart', () => {
  it('are those of other callers', () =>
    expectApart(
      Array.from({ length: AT_ONCE }, (_, index) => ({ headers: { authorization: `Bearer sk-${index}` } })),
    ))

  it('are those with a key of their own, also where it is the same', () =>
    expectApart([{ headers: { authorization: 'Bearer sk-theirs' } }], 'theirs/m'))

  it('are those of a policy that wants it so', () =>
    expectApart([{ headers: { 'x-trimtab-workflow': 'apart' } }]))

  it('are those with other headers', () =>
    expectApart(
      Array.from({ length: AT_ONCE }, (_, index) => ({ headers: { 'openai-project': `p${index}` } })),
    ))
})
