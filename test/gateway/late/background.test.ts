/** Responses that run in the background: billed once, when their end is read, to whoever asked for them. */

import Database from 'better-sqlite3'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ask, type Heard } from '../../support/ask.ts'
import { type MockProvider, startMockProvider } from '../../support/mock-provider/mock-provider.ts'
import { type Inside, startInside } from '../../support/start-inside.ts'

interface Row {
  endpoint: string
  workflow: string
  status: number
  outcome: string
  model: string
  cost: number | null
  input: number
  output: number
}

let mock: MockProvider
let trimtab: Inside

beforeAll(async () => {
  mock = await startMockProvider()
  trimtab = await startInside({
    config: `providers: { openai: { vendor: openai, base_url: "${mock.url}", api_key: k } }`,
  })
})
afterAll(async () => {
  await trimtab.stop()
  await mock.close()
})

describe('a response in the background', () => {
  test('costs nothing when it is asked for, and what it took when its end is first read', async () => {
    const asked = await create()
    expect([asked.status, asked.headers['x-trimtab-cost-usd']]).toEqual([200, undefined])
    expect(rowsOf('first')).toMatchObject([{ endpoint: 'responses', cost: 0, input: 0, output: 0 }])
    const usage = usageOf(await read(asked))
    await read(asked)
    await read(asked, '?stream=true')
    const [bill, ...others] = billsOf('first')
    expect(others).toEqual([])
    expect(bill).toMatchObject({
      endpoint: 'responses',
      status: 200,
      outcome: 'answered',
      model: 'gpt-4o-mini',
      input: usage.input_tokens,
      output: usage.output_tokens,
      // USD 0.15 and 0.60 a million.
      cost: usage.input_tokens * 150 + usage.output_tokens * 600,
    })
  })

  test('is billed by its events too, and once though many read at the same time', async () => {
    const asked = await create({ workflow: 'events' })
    expect((await read(asked, '?stream=true')).text).toContain('response.completed')
    await Promise.all(Array.from({ length: 5 }, () => read(asked)))
    expect(billsOf('events')).toMatchObject([{ outcome: 'answered', cost: expect.any(Number) }])
  })

  test('that failed cost nothing, and what was cancelled cost nobody knows what', async () => {
    const failed = await create({ workflow: 'failed', model: 'openai/failing' })
    for (let turn = 0; turn < 2; turn++) expect((await read(failed)).status).toBe(200)
    expect(billsOf('failed')).toMatchObject([{ outcome: 'failed', cost: 0 }])
    const cancelled = await create({ workflow: 'cancelled' })
    for (let turn = 0; turn < 2; turn++) await read(cancelled, '/cancel', 'POST')
    expect(billsOf('cancelled')).toMatchObject([{ outcome: 'abandoned', cost: null }])
  })

  test('that was streamed to its end is billed then, and not again', async () => {
    const asked = await create({ workflow: 'streamed', stream: true })
    expect(asked.text).toContain('response.completed')
    const before = rowsOf('streamed')
    expect(before).toMatchObject([{ cost: expect.any(Number), outcome: 'answered' }])
    expect(before[0]?.cost).toBeGreaterThan(0)
    await read(asked)
    expect(billsOf('streamed')).toEqual([])
  })
})

function create({ workflow = 'first', model = 'gpt-4o-mini', stream = false } = {}): Promise<Heard> {
  const body = { model, input: 'Which way does the rudder turn?', background: true, stream }
  const headers = { 'x-trimtab-workflow': workflow }
  return ask(trimtab.origin, body, { path: '/v1/responses', headers })
}

async function read({ text }: Heard, after = '', method = 'GET'): Promise<Heard> {
  const id = /resp_mock\d+/.exec(text)?.[0]
  const headers = { 'content-type': undefined, 'content-length': undefined }
  return ask(trimtab.origin, Buffer.alloc(0), { path: `/v1/responses/${id}${after}`, method, headers })
}

function usageOf({ text }: Heard): { input_tokens: number; output_tokens: number } {
  return (JSON.parse(text) as { usage: { input_tokens: number; output_tokens: number } }).usage
}

/** Besides the request that asked for it. */
function billsOf(workflow: string): Row[] {
  return rowsOf(workflow).slice(1)
}

function rowsOf(workflow: string): Row[] {
  const database = new Database(trimtab.ledgerFile, { readonly: true })
  try {
    const select = `SELECT r.endpoint, r.workflow, r.status, a.outcome, a.model, a.cost_nano_usd AS cost,
        a.input_tokens AS input, a.output_tokens AS output
      FROM requests r JOIN attempts a ON a.request_id = r.id WHERE r.workflow = ? AND r.endpoint = 'responses'
      ORDER BY r.at, r.id`
    return database.prepare<[string], Row>(select).all(workflow)
  } finally {
    database.close()
  }
}
