/** The list of kept chats of a provider with several accounts: all of them, in their order, page by page. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ask, chat, type Heard } from '../../support/ask.ts'
import { type MockProvider, startMockProvider } from '../../support/mock-provider/mock-provider.ts'
import { startTrimtab, type Trimtab } from '../../support/start-trimtab.ts'

interface Page {
  data: { id: string; created: number }[]
  first_id: string | null
  last_id: string | null
  has_more: boolean
}

let mock: MockProvider

beforeAll(async () => {
  mock = await startMockProvider()
})
afterAll(() => mock.close())

/** Three accounts, so that what a list leaves out shows. */
const config = (mark: string, more = '') => `
default_provider: openai
providers:
  openai:
    vendor: openai
    base_url: "${mock.url}"
    accounts: [{ name: one, api_key: "${mark}-1" }, { name: two, api_key: "${mark}-2" }, { name: three, api_key: "${mark}-3" }]
${more}`

describe('without keys', () => {
  let trimtab: Trimtab
  let made: string[]
  beforeAll(async () => {
    trimtab = await startTrimtab({ config: config('open') })
    made = []
    for (let count = 0; count < 30; count++) made.push(await keep(trimtab))
  })
  afterAll(() => trimtab.stop())

  test('chats were kept in every account', () => {
    const keys = mock.requests.map(({ headers }) => headers.authorization)
    expect(new Set(keys).size).toBe(3)
  })

  test.each([
    ['', (ids: readonly string[]) => ids],
    ['order=asc', (ids: readonly string[]) => ids],
    ['order=desc', (ids: readonly string[]) => ids.toReversed()],
  ])('pages of seven with %s are all of them, in that order, and each once', async (query, inOrder) => {
    const heard: string[] = []
    let after = ''
    for (let turn = 0; turn < 10; turn++) {
      const page = await list(trimtab, `limit=7&${query}${after}`)
      heard.push(...page.data.map(({ id }) => id))
      expect([page.first_id, page.last_id]).toEqual([page.data[0]?.id, page.data.at(-1)?.id])
      if (!page.has_more) break
      after = `&after=${page.last_id}`
    }
    expect(heard).toEqual(inOrder(made))
  })

  test('an account that does not answer is left out, and the others are listed', async () => {
    mock.script((seen) =>
      seen.headers.authorization === 'Bearer open-2' ? { kind: 'status', status: 500 } : undefined,
    )
    const page = await list(trimtab, 'limit=100')
    mock.script([])
    expect(page.data.length).toBeGreaterThan(5)
    expect(page.data.length).toBeLessThan(30)
    expect(page.data.map(({ created }) => created)).toEqual(page.data.map(({ created }) => created).sort())
  })
})

test('with keys, each tenant’s own alone, out of all accounts', async () => {
  const trimtab = await startTrimtab({ config: config('keys', 'access: { mode: keys }') })
  const ann = await key(trimtab, 'ann')
  const ben = await key(trimtab, 'ben')
  const anns: string[] = []
  for (let count = 0; count < 12; count++) {
    anns.push(await keep(trimtab, ann))
    await keep(trimtab, ben)
    await keep(trimtab, ben)
  }
  const first = await list(trimtab, 'limit=8', ann)
  const second = await list(trimtab, `limit=8&after=${first.last_id}`, ann)
  expect([...first.data, ...second.data].map(({ id }) => id)).toEqual(anns)
  expect([first.has_more, second.has_more]).toEqual([true, false])
  const strange = await ask(trimtab.origin, Buffer.alloc(0), {
    path: `/v1/chat/completions?after=${anns[0]}`,
    method: 'GET',
    headers: ben,
  })
  expect(strange.status).toBe(404)
  await trimtab.stop()
})

async function keep(trimtab: Trimtab, headers: Record<string, string> = {}): Promise<string> {
  const heard = await ask(trimtab.origin, chat('gpt-4o-mini', { store: true }), { headers })
  return parsed<{ id: string }>(heard).id
}

async function list(trimtab: Trimtab, query: string, headers: Record<string, string> = {}): Promise<Page> {
  const path = `/v1/chat/completions?${query}`
  const none = { 'content-type': undefined, 'content-length': undefined }
  const heard = await ask(trimtab.origin, Buffer.alloc(0), {
    path,
    method: 'GET',
    headers: { ...headers, ...none },
  })
  expect([heard.status, heard.text.slice(0, 200)]).toEqual([200, expect.anything()])
  return parsed<Page>(heard)
}

async function key(trimtab: Trimtab, name: string): Promise<Record<string, string>> {
  const made = (await trimtab.json('keys', 'create', '--name', name, '--json')) as { key: string }
  return { authorization: `Bearer ${made.key}` }
}

function parsed<Value>({ text }: Heard): Value {
  return JSON.parse(text) as Value
}
