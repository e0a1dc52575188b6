/** What a provider did and nobody has read: billed behind the caller's back, before it is deleted, or shown as unknown. */
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { ask, errorOf, type Heard } from '../../support/ask.ts'
import { type MockProvider, startMockProvider } from '../../support/mock-provider/mock-provider.ts'
import { startTrimtab, type Trimtab } from '../../support/start-trimtab.ts'

let mock: MockProvider
let trimtab: Trimtab

beforeAll(async () => {
  mock = await startMockProvider()
})
afterEach(async () => {
  mock.script([])
  await trimtab?.stop()
})
afterAll(() => mock.close())

const config = (accounts = 'accounts: [{ name: one, api_key: key-one }]') => `
default_provider: openai
providers:
  openai: { vendor: openai, base_url: "${mock.url}", ${accounts} }
  claude: { dialect: anthropic, base_url: "${mock.url}", api_key: key-claude }
prices: { overrides: { openai/failing: { input: 1, output: 1 } } }
`

describe('that nobody reads', () => {
  test('a response, OpenAI’s batch and Anthropic’s are billed once after a while, to whoever asked for them', async () => {
    trimtab = await startTrimtab({ config: config() })
    const response = await background({ workflow: 'asked' })
    const batch = await openaiBatch('nightly')
    const messages = await anthropicBatch('weekly')
    await vi.waitFor(async () => expect((await get('/metrics')).text).toContain('\ntrimtab_unbilled 3\n'))
    await restart({ hoursLater: 1 })
    await vi.waitFor(() => expect(unbilled()).toBe(0), { timeout: 15_000 })
    const bills = ['asked', 'nightly', 'weekly'].map((workflow) =>
      rows(workflow).filter(({ cost }) => cost !== 0),
    )
    expect(bills).toMatchObject([
      [{ endpoint: 'responses', outcome: 'answered', model: 'gpt-4o-mini' }],
      [{ endpoint: 'batches', outcome: 'answered', model: 'gpt-4o-mini' }],
      [{ endpoint: 'messages/batches', outcome: 'answered', model: 'claude-haiku-4-5' }],
    ])
    for (const [bill] of bills) expect(bill?.cost).toBeGreaterThan(0)
    // Read after all, and looked at again: billed it stays.
    await get(`/v1/responses/${response}`)
    const { output_file_id: file } = json(await get(`/v1/batches/${batch}`))
    await get(`/v1/files/${file}/content`)
    await get(`/v1/messages/batches/${messages}/results`)
    await restart({ hoursLater: 100 })
    await get('/healthz')
    expect(
      ['asked', 'nightly', 'weekly'].map((workflow) => rows(workflow).filter(({ cost }) => cost !== 0)),
    ).toEqual(bills)
  })

  test('is not asked for before it is due, and what still runs is asked for less and less often', async () => {
    trimtab = await startTrimtab({ config: config() })
    await anthropicBatch('slow', 'claude/slow')
    await restart({ hoursLater: 0 })
    const before = mock.count
    await restart({ hoursLater: 1 })
    await vi.waitFor(() => expect(mock.count).toBe(before + 1), { timeout: 15_000 })
    expect(mock.requests.at(-1)).toMatchObject({ method: 'GET', headers: { 'x-api-key': 'key-claude' } })
    await vi.waitFor(() => expect(nextLookMs()).toBeGreaterThan(50 * 60_000))
    expect(unbilled()).toBe(1)
  })

  test('and that the provider has no more, or that runs for a month, is in the report as unpriced', async () => {
    trimtab = await startTrimtab({ config: config() })
    const gone = await anthropicBatch('gone', 'claude/slow')
    await ask(mock.url.replace('/v1', ''), Buffer.alloc(0), {
      path: `/v1/messages/batches/${gone}/cancel`,
      headers: { 'x-api-key': 'key-claude' },
    })
    await ask(mock.url.replace('/v1', ''), Buffer.alloc(0), {
      path: `/v1/messages/batches/${gone}`,
      method: 'DELETE',
      headers: { 'x-api-key': 'key-claude' },
    })
    await anthropicBatch('endless', 'claude/slow')
    const lost = await background({ workflow: 'lost' })
    await restart({ hoursLater: 31 * 24, config: config('accounts: [{ name: other, api_key: key-other }]') })
    await vi.waitFor(() => expect(unbilled()).toBe(0), { timeout: 15_000 })
    const report = (await trimtab.json('report', '--since', '400d', '--by', 'workflow', '--json')) as {
      rows: { workflow: string; unpriced_requests: number; cost_usd: number | null }[]
    }
    const told = Object.fromEntries(report.rows.map((row) => [row.workflow, row.unpriced_requests]))
    expect(told).toMatchObject({ gone: 1, endless: 1, lost: 1 })
    const why = (workflow: string) => reasons(workflow).find((reason) => reason.includes('never read'))
    expect(why('gone')).toContain('the provider has it no more')
    expect(why('endless')).toContain('it has not ended in a month')
    expect(why('lost')).toContain(`${lost} was made by the account one of provider openai`)
  })
})

describe('that is deleted unread', () => {
  test('a response, a batch, and the file of a batch’s answers are billed before', async () => {
    trimtab = await startTrimtab({ config: config() })
    const response = await background({ workflow: 'asked' })
    const gone = json(await call('DELETE', `/v1/responses/${response}`))
    expect(gone).toMatchObject({ deleted: true })
    const batch = await openaiBatch('nightly')
    const { output_file_id: file } = json(await get(`/v1/batches/${batch}`))
    expect(json(await call('DELETE', `/v1/files/${file}`))).toMatchObject({ deleted: true })
    const messages = await anthropicBatch('weekly')
    await get(`/v1/messages/batches/${messages}`)
    expect((await call('DELETE', `/v1/messages/batches/${messages}`)).status).toBe(200)
    for (const workflow of ['asked', 'nightly', 'weekly']) {
      const bills = rows(workflow).filter(({ cost }) => cost !== 0)
      expect([workflow, bills.map(({ outcome }) => outcome)]).toEqual([workflow, ['answered']])
    }
    expect(unbilled()).toBe(0)
  })

  test('stays where it cannot be read, and the caller is told to come again', async () => {
    trimtab = await startTrimtab({ config: config() })
    const response = await background({ workflow: 'asked' })
    mock.script([{ kind: 'status', status: 503 }])
    const refused = await call('DELETE', `/v1/responses/${response}`)
    expect([refused.status, errorOf(refused).message]).toEqual([
      502,
      `${response} is billed by its reading, and cannot be read before it is deleted (the provider answered with status 503): delete it later.`,
    ])
    expect(mock.requests.at(-1)?.method).toBe('GET')
    expect((await call('DELETE', `/v1/responses/${response}`)).status).toBe(200)
    expect(rows('asked').filter(({ cost }) => cost !== 0)).toHaveLength(1)
  })
})

/** As it would be found by a trimtab that was started so much later. */
async function restart({ hoursLater, config: text = config() }: { hoursLater: number; config?: string }) {
  await trimtab.stop({ keep: true })
  const database = new Database(ledgerFile())
  const ms = hoursLater * 3_600_000
  database.prepare('UPDATE made_ids SET look_at = look_at - ?, made_at = made_at - ?').run(ms, ms)
  database.close()
  trimtab = await startTrimtab({ config: text, folder: trimtab.folder })
}

async function background({ workflow }: { workflow: string }): Promise<string> {
  const body = { model: 'gpt-4o-mini', input: 'Which way does the rudder turn?', background: true }
  const heard = await ask(trimtab.origin, body, {
    path: '/v1/responses',
    headers: { 'x-trimtab-workflow': workflow },
  })
  return String(json(heard).id)
}

async function openaiBatch(workflow: string): Promise<string> {
  const form = new FormData()
  form.set('purpose', 'batch')
  const asked = { model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'Which way?' }] }
  const line = { custom_id: 'a', method: 'POST', url: '/v1/chat/completions', body: asked }
  form.set('file', new Blob([`${JSON.stringify(line)}\n`]), 'in.jsonl')
  const file = (await (await fetch(`${trimtab.baseUrl}/files`, { method: 'POST', body: form })).json()) as {
    id: string
  }
  const body = { input_file_id: file.id, endpoint: '/v1/chat/completions', completion_window: '24h' }
  const headers = { 'x-trimtab-workflow': workflow }
  return String(json(await ask(trimtab.origin, body, { path: '/v1/batches', headers })).id)
}

async function anthropicBatch(workflow: string, model = 'claude-haiku-4-5'): Promise<string> {
  const params = { model, max_tokens: 50, messages: [{ role: 'user', content: 'Which way?' }] }
  const body = { requests: [{ custom_id: 'a', params }] }
  const headers = { 'anthropic-version': '2023-06-01', 'x-trimtab-workflow': workflow }
  return String(json(await ask(trimtab.origin, body, { path: '/v1/messages/batches', headers })).id)
}

function get(path: string): Promise<Heard> {
  return call('GET', path)
}

function call(method: string, path: string): Promise<Heard> {
  const headers = { 'content-type': undefined, 'content-length': undefined }
  return ask(trimtab.origin, Buffer.alloc(0), { path, method, headers })
}

function json({ text }: Heard): Record<string, unknown> {
  return JSON.parse(text) as Record<string, unknown>
}

interface Row {
  endpoint: string
  outcome: string
  model: string
  cost: number | null
}

function rows(workflow: string): Row[] {
  return read(
    `SELECT r.endpoint, a.outcome, a.model, a.cost_nano_usd AS cost FROM requests r
     JOIN attempts a ON a.request_id = r.id WHERE r.workflow = ? AND a.usage <> 'absent' ORDER BY r.id`,
    workflow,
  ) as Row[]
}

function reasons(workflow: string): string[] {
  const found = read('SELECT decision FROM requests WHERE workflow = ?', workflow) as { decision: string }[]
  return found.flatMap(({ decision }) => (JSON.parse(decision) as { reasons: string[] }).reasons)
}

function unbilled(): number {
  return (read('SELECT count(*) AS n FROM made_ids WHERE look_at IS NOT NULL') as { n: number }[])[0]?.n ?? -1
}

/** From now. */
function nextLookMs(): number {
  return Number((read('SELECT min(look_at) AS at FROM made_ids') as { at: number }[])[0]?.at) - Date.now()
}

function read(select: string, ...values: string[]): unknown[] {
  const database = new Database(ledgerFile(), { readonly: true })
  try {
    return database.prepare(select).all(...values)
  } finally {
    database.close()
  }
}

function ledgerFile(): string {
  return join(trimtab.dataFolder, 'ledger.db')
}
