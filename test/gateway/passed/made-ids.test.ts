/** Ids that providers make: back to the account that made them, for the tenant that made them, also after a restart. */
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type MockProvider, startMockProvider } from '../../support/mock-provider/mock-provider.ts'
import { startTrimtab, type Trimtab } from '../../support/start-trimtab.ts'

let mock: MockProvider

beforeAll(async () => {
  mock = await startMockProvider()
})
afterAll(() => mock.close())

const MODELS = 'vendor: openai'

function config(accounts: readonly string[], more = ''): string {
  const listed = accounts.map((name) => `{ name: ${name}, api_key: key-${name} }`).join(', ')
  return `
default_provider: openai
providers:
  openai: { base_url: "${mock.url}", ${MODELS}, accounts: [${listed}] }
  other: { base_url: "${mock.url}", ${MODELS}, api_key: key-other }
${more}`
}

describe('accounts', () => {
  test('an id goes back to the account that made it, whatever comes first now, and after a kill too', async () => {
    let trimtab = await startTrimtab({ config: config(['one', 'two']) })
    const first = await upload(trimtab)
    const second = await upload(trimtab, { 'x-trimtab-provider': 'other' })
    expect([keyOf(first), keyOf(second)]).toEqual(['one', 'other'])
    await trimtab.kill()
    trimtab = await startTrimtab({ config: config(['two', 'one']), folder: trimtab.folder })
    const third = await upload(trimtab)
    expect(keyOf(third)).toBe('two')
    for (let turn = 0; turn < 5; turn++) {
      for (const id of [first, second, third]) {
        const answer = await call(trimtab, 'GET', `/files/${id}`)
        expect([answer.status, (await json(answer)).id]).toEqual([200, id])
        expect(usedKey()).toBe(keyOf(id))
      }
    }
    await trimtab.stop()
  })

  test('an id in a body pins as well, and one request cannot use two accounts', async () => {
    const trimtab = await startTrimtab({ config: config(['one', 'two']) })
    const mine = await upload(trimtab, { 'x-trimtab-provider': 'other' })
    const batch = await json(await call(trimtab, 'POST', '/batches', batchOf(mine)))
    expect([keyOf(String(batch.id)), usedKey()]).toEqual(['other', 'other'])
    const elsewhere = await upload(trimtab)
    const asked = await call(trimtab, 'POST', '/vector_stores', { file_ids: [mine, elsewhere] })
    expect(asked.status).toBe(400)
    expect((await errorOf(asked)).message).toContain('one request cannot use both')
    await trimtab.stop()
  })

  test('where the account is configured no more, the answer says which it was', async () => {
    let trimtab = await startTrimtab({ config: config(['one', 'two']) })
    const id = await upload(trimtab)
    await trimtab.stop({ keep: true })
    trimtab = await startTrimtab({ config: config(['two']), folder: trimtab.folder })
    const answer = await call(trimtab, 'GET', `/files/${id}`)
    expect(answer.status).toBe(404)
    expect((await errorOf(answer)).message).toContain('the account one of provider openai')
    await trimtab.stop()
  })

  test('without keys an unknown id goes to the default provider, whose word stands', async () => {
    const trimtab = await startTrimtab({ config: config(['one']) })
    const answer = await call(trimtab, 'GET', '/files/file-from-before')
    expect(answer.status).toBe(404)
    expect((await errorOf(answer)).message).toBe('No such File object: file-from-before')
    expect(usedKey()).toBe('one')
    await trimtab.stop()
  })
})

describe('tenants', () => {
  let trimtab: Trimtab
  let ann: Record<string, string>
  let ben: Record<string, string>

  beforeAll(async () => {
    trimtab = await startTrimtab({ config: config(['one'], 'access: { mode: keys }') })
    ann = await key('--name', 'ann')
    ben = await key('--name', 'ben')
  })
  afterAll(() => trimtab.stop())

  test('another’s id is as good as none: in a path, deleted, and in a body', async () => {
    const file = await upload(trimtab, ann)
    expect((await call(trimtab, 'GET', `/files/${file}`, undefined, ann)).status).toBe(200)
    const count = mock.count
    const tries = [
      await call(trimtab, 'GET', `/files/${file}`, undefined, ben),
      await call(trimtab, 'GET', `/files/${file}/content`, undefined, ben),
      await call(trimtab, 'GET', `/files/%66ile-${file.slice(5)}`, undefined, ben),
      await call(trimtab, 'DELETE', `/files/${file}`, undefined, ben),
      await call(trimtab, 'POST', '/batches', batchOf(file), ben),
      await call(trimtab, 'POST', '/vector_stores', { file_ids: [file] }, ben),
      await call(trimtab, 'GET', '/files/file-nobody-made', undefined, ben),
    ]
    expect(tries.map(({ status }) => status)).toEqual(tries.map(() => 404))
    expect((await errorOf(tries[0])).message).toBe(
      `There is no ${file} here: it was deleted, or made elsewhere.`,
    )
    expect(mock.count).toBe(count)
  })

  test('a list shows what its reader made, and the files of its own batches are its own', async () => {
    const files = { ann: await upload(trimtab, ann), ben: await upload(trimtab, ben) }
    const list = await json(await call(trimtab, 'GET', '/files', undefined, ben))
    const shown = (list.data as { id: string }[]).map(({ id }) => id)
    expect(shown).toContain(files.ben)
    expect(shown).not.toContain(files.ann)
    expect(list).toMatchObject({ object: 'list', last_id: shown.at(-1), has_more: false })
    const batch = await json(await call(trimtab, 'POST', '/batches', batchOf(files.ann), ann))
    await call(trimtab, 'GET', `/batches/${batch.id}`, undefined, ann)
    // Now it is worked off, and the list tells its file.
    const batches = await json(await call(trimtab, 'GET', '/batches?limit=5', undefined, ann))
    expect(mock.requests.at(-1)?.url).toBe('/v1/batches?limit=5')
    const output = (batches.data as { output_file_id: string }[])[0]?.output_file_id
    const read = (who: Record<string, string>) =>
      call(trimtab, 'GET', `/files/${output}/content`, undefined, who)
    expect((await read(ben)).status).toBe(404)
    expect((await read(ann)).status).toBe(200)
    expect(await json(await call(trimtab, 'GET', '/batches', undefined, ben))).toMatchObject({
      data: [],
      last_id: null,
    })
  })

  test.each([false, true])('an answer that is to be kept is its asker’s; as a stream: %s', async (stream) => {
    const body = { model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'a' }], stream, store: true }
    const asked = await call(trimtab, 'POST', '/chat/completions', body, ann)
    const id = /chatcmpl-mock\d+/.exec(await asked.text())?.[0]
    const own = await call(trimtab, 'GET', `/chat/completions/${id}`, undefined, ann)
    // The mock keeps no streams, and says so itself.
    expect([own.status, mock.requests.at(-1)?.url]).toEqual([
      stream ? 404 : 200,
      `/v1/chat/completions/${id}`,
    ])
    const other = await call(trimtab, 'GET', `/chat/completions/${id}`, undefined, ben)
    expect((await errorOf(other)).message).toContain(`There is no ${id} here`)
    const unkept = await call(trimtab, 'POST', '/chat/completions', { ...body, store: false }, ann)
    const gone = /chatcmpl-mock\d+/.exec(await unkept.text())?.[0]
    const looked = await call(trimtab, 'GET', `/chat/completions/${gone}`, undefined, ann)
    expect((await errorOf(looked)).message).toContain(`There is no ${gone} here`)
  })

  test('a key that is limited to models may not hide others in a batch', async () => {
    const limited = await key('--name', 'small', '--models', 'gpt-4o-*')
    const file = await upload(trimtab, limited)
    const answer = await call(trimtab, 'POST', '/batches', batchOf(file), limited)
    expect(answer.status).toBe(403)
    expect((await errorOf(answer)).message).toContain('"small" is limited to models')
    const speech = await call(trimtab, 'POST', '/audio/speech', { model: 'tts-1', input: 'a' }, limited)
    expect([speech.status, (await errorOf(speech)).code]).toEqual([403, 'model_not_allowed'])
  })

  test('no key, no answer', async () => {
    expect((await call(trimtab, 'GET', '/files')).status).toBe(401)
  })

  async function key(...options: string[]): Promise<Record<string, string>> {
    const made = (await trimtab.json('keys', 'create', ...options, '--json')) as { key: string }
    return { authorization: `Bearer ${made.key}` }
  }
})

test('a batch whose reader is killed in the middle is billed once, by whoever reads it next', async () => {
  let trimtab = await startTrimtab({
    config: config(['one']),
    policies: { 'default.yaml': 'limits: { retries: 0 }' },
  })
  const file = await upload(trimtab, {}, 200)
  const batch = await json(
    await call(trimtab, 'POST', '/batches', { ...batchOf(file), metadata: { trimtab_workflow: 'nightly' } }),
  )
  expect(mock.requests.at(-1)?.body?.metadata).toEqual({})
  const done = await json(await call(trimtab, 'GET', `/batches/${batch.id}`))
  const path = `/files/${done.output_file_id}/content`
  for (let kill = 0; kill < 5; kill++) {
    mock.script([{ kind: 'stall_mid' }])
    const cut = await call(trimtab, 'GET', path)
    const reader = cut.body?.getReader()
    await reader?.read()
    await trimtab.kill()
    await expect(readAll(reader)).rejects.toThrow()
    trimtab = await startTrimtab({ config: config(['one']), folder: trimtab.folder })
    expect(billed(trimtab)).toEqual([])
  }
  for (let turn = 0; turn < 3; turn++)
    expect(await (await call(trimtab, 'GET', path)).text()).toContain('custom_id')
  const [row, ...others] = billed(trimtab)
  expect(others).toEqual([])
  expect(row).toMatchObject({ workflow: 'nightly', status: 200, model: 'gpt-4o-mini', outcome: 'answered' })
  expect(JSON.parse(row?.terms ?? '')).toEqual({ serviceTier: 'batch', requests: 200 })
  expect(row?.cost).toBeGreaterThan(0)
  await trimtab.kill()
  trimtab = await startTrimtab({ config: config(['one']), folder: trimtab.folder })
  await (await call(trimtab, 'GET', path)).text()
  expect(billed(trimtab)).toEqual([row])
  await trimtab.stop()
}, 60_000)

test('answers that cannot be billed now are not handed out whole; killed then, they are billed by the next reader', async () => {
  let trimtab = await startTrimtab({ config: config(['one']) })
  const batch = await json(await call(trimtab, 'POST', '/batches', batchOf(await upload(trimtab))))
  const done = await json(await call(trimtab, 'GET', `/batches/${batch.id}`))
  const path = `/files/${done.output_file_id}/content`
  const before = mock.count
  mock.script([{ kind: 'hold' }])
  const reading = call(trimtab, 'GET', path)
    .then((answer) => answer.text())
    .then(
      () => 'whole',
      () => 'broken',
    )
  await mock.until(() => mock.count > before)
  const lock = new Database(join(trimtab.dataFolder, 'ledger.db'))
  lock.exec('BEGIN IMMEDIATE')
  mock.release()
  await mock.until(() => mock.requests.at(-1)?.end === 'whole')
  await trimtab.kill()
  expect(await reading).toBe('broken')
  lock.exec('COMMIT')
  lock.close()
  trimtab = await startTrimtab({ config: config(['one']), folder: trimtab.folder })
  expect(billed(trimtab)).toEqual([])
  for (let turn = 0; turn < 2; turn++)
    expect(await (await call(trimtab, 'GET', path)).text()).toContain('custom_id')
  expect(billed(trimtab)).toHaveLength(1)
  await trimtab.stop()
})

test('a batch counts in the budgets of the workflow that made it, whoever reads it', async () => {
  const policies = { 'nightly.yaml': 'workflow: nightly\nbudgets: [{ per: day, limit: 0.001 usd }]' }
  const trimtab = await startTrimtab({ config: config(['one']), policies })
  const nightly = { 'x-trimtab-workflow': 'nightly' }
  const chat = { model: 'gpt-4o-mini', max_tokens: 1, messages: [{ role: 'user', content: 'a' }] }
  const batch = await json(
    await call(trimtab, 'POST', '/batches', batchOf(await upload(trimtab, {}, 2000)), nightly),
  )
  const done = await json(await call(trimtab, 'GET', `/batches/${batch.id}`))
  expect((await call(trimtab, 'POST', '/chat/completions', chat, nightly)).status).toBe(200)
  await (await call(trimtab, 'GET', `/files/${done.output_file_id}/content`)).text()
  const refused = await call(trimtab, 'POST', '/chat/completions', chat, nightly)
  expect([refused.status, (await errorOf(refused)).code]).toEqual([429, 'insufficient_quota'])
  expect((await call(trimtab, 'POST', '/chat/completions', chat)).status).toBe(200)
  await trimtab.stop()
})

interface BilledRow {
  workflow: string
  status: number
  model: string
  outcome: string
  terms: string
  cost: number
}

function billed({ dataFolder }: Trimtab): BilledRow[] {
  const database = new Database(join(dataFolder, 'ledger.db'), { readonly: true })
  try {
    const select = `SELECT r.workflow, r.status, a.model, a.outcome, a.terms, a.cost_nano_usd AS cost
      FROM requests r JOIN attempts a ON a.request_id = r.id WHERE r.endpoint = 'batches' AND a.model <> ''`
    return database.prepare<[], BilledRow>(select).all()
  } finally {
    database.close()
  }
}

async function readAll(reader: ReadableStreamDefaultReader<Uint8Array> | undefined): Promise<void> {
  while (reader && !(await reader.read()).done);
}

function batchOf(input_file_id: string) {
  return { input_file_id, endpoint: '/v1/chat/completions', completion_window: '24h' }
}

/** @returns the id of a file that a batch can be made of */
async function upload(trimtab: Trimtab, headers: Record<string, string> = {}, lines = 1): Promise<string> {
  const line = JSON.stringify({
    custom_id: 'a',
    method: 'POST',
    url: '/v1/chat/completions',
    body: { model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'Which way?' }] },
  })
  const form = new FormData()
  form.set('purpose', 'batch')
  form.set('file', new Blob([`${line}\n`.repeat(lines)]), 'in.jsonl')
  const answer = await fetch(`${trimtab.baseUrl}/files`, { method: 'POST', body: form, headers })
  return String((await json(answer)).id)
}

function call(
  trimtab: Trimtab,
  method: string,
  path: string,
  body?: object,
  headers: Record<string, string> = {},
): Promise<Response> {
  const json = body === undefined ? {} : { body: JSON.stringify(body) }
  const type = body === undefined ? {} : { 'content-type': 'application/json' }
  return fetch(`${trimtab.baseUrl}${path}`, { method, headers: { ...headers, ...type }, ...json })
}

async function json(answer: Response): Promise<Record<string, unknown>> {
  return (await answer.json()) as Record<string, unknown>
}

async function errorOf(answer = new Response()): Promise<{ message: string; code: string }> {
  return ((await answer.json()) as { error: { message: string; code: string } }).error
}

/** The mock marks what an account made. */
function keyOf(id: string): string | undefined {
  const mark = (name: string) => createHash('sha256').update(`Bearer key-${name}`).digest('hex').slice(0, 8)
  return ['one', 'two', 'other'].find((name) => id.includes(mark(name)))
}

/** By the request that the provider saw last. */
function usedKey(): string | undefined {
  return /^Bearer key-(.*)$/.exec(mock.requests.at(-1)?.headers.authorization ?? '')?.[1]
}
