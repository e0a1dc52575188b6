/** A list in an account that several tenants share: pages as full as they were asked for, of the reader's own entries. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sha256 } from '../../access/memory-keys.ts'
import { type InMemoryApp, inMemoryApp } from '../../http/in-memory-app.ts'
import { type MockProvider, startMockProvider } from '../../support/mock-provider/mock-provider.ts'

interface Page {
  data: { id: string }[]
  first_id: string | null
  last_id: string | null
  has_more: boolean
}

let mock: MockProvider
let trimtab: InMemoryApp
let ann: string
let ben: string
/** Of Ann, in the order they were made: one of hers after every thirty of Ben's. */
const anns: string[] = []

beforeAll(async () => {
  mock = await startMockProvider()
  trimtab = inMemoryApp(`
access: { mode: keys }
default_provider: openai
providers: { openai: { vendor: openai, base_url: "${mock.url}", api_key: k } }
`)
  ann = await key(1)
  ben = await key(2)
  for (let turn = 0; turn < 5; turn++) {
    for (let count = 0; count < 30; count++) await make(ben)
    anns.push(await make(ann))
  }
})
afterAll(() => mock.close())

describe('a list that others have entries in', () => {
  test('is filled up to the limit, and its cursor leads through all of one’s own', async () => {
    const first = await list(ann, 'limit=2')
    expect(first).toMatchObject({ first_id: anns[0], last_id: anns[1], has_more: true })
    const second = await list(ann, `limit=2&after=${first.last_id}`)
    const third = await list(ann, `limit=2&after=${second.last_id}`)
    expect(third.has_more).toBe(false)
    const ids = [first, second, third].map(({ data }) => data.map(({ id }) => id))
    expect(ids).toEqual([anns.slice(0, 2), anns.slice(2, 4), anns.slice(4)])
  })

  test('asks a provider no further than it must', async () => {
    const before = mock.count
    expect((await list(ben, 'limit=5')).data).toHaveLength(5)
    expect(mock.count).toBe(before + 1)
  })

  test('asks for so many pages only, and does not name more where it has no cursor for it', async () => {
    const nobody = await key(3)
    const answerOf = { object: 'list', data: [{ id: 'vs_other' }], has_more: true }
    const bytes = new TextEncoder().encode(JSON.stringify(answerOf))
    mock.script(() => ({ kind: 'replay', bytes, at: [], contentType: 'application/json' }))
    const before = mock.count
    expect(await list(nobody, '')).toMatchObject({ data: [], has_more: false })
    expect(mock.count).toBe(before + 21)
    mock.script([])
  })

  test('of kept answers of chat shows each tenant its own', async () => {
    const [hers, his] = [await keep(ann), await keep(ben)]
    const data = [{ id: his }, { id: hers }, { id: 'chatcmpl-of-nobody' }]
    const bytes = new TextEncoder().encode(JSON.stringify({ object: 'list', data, has_more: false }))
    mock.script(() => ({ kind: 'replay', bytes, at: [], contentType: 'application/json' }))
    const path = '/v1/chat/completions'
    expect((await list(ann, 'limit=5', path)).data).toEqual([{ id: hers }])
    expect((await list(ben, 'limit=5', path)).data).toEqual([{ id: his }])
    mock.script([])
  })
})

async function make(authorization: string): Promise<string> {
  const headers = { authorization, 'content-type': 'application/json' }
  const made = await trimtab.app.request('/v1/vector_stores', { method: 'POST', headers, body: '{}' })
  return ((await made.json()) as { id: string }).id
}

/** A chat whose answer the provider keeps. */
async function keep(authorization: string): Promise<string> {
  const headers = { authorization, 'content-type': 'application/json' }
  const body = JSON.stringify({ model: 'gpt-5.5', store: true, messages: [{ role: 'user', content: 'a' }] })
  const kept = await trimtab.app.request('/v1/chat/completions', { method: 'POST', headers, body })
  return ((await kept.json()) as { id: string }).id
}

async function list(authorization: string, query: string, path = '/v1/vector_stores'): Promise<Page> {
  const answer = await trimtab.app.request(`${path}?${query}`, { headers: { authorization } })
  expect(answer.status).toBe(200)
  return (await answer.json()) as Page
}

async function key(number: number): Promise<string> {
  const id = String(number).padStart(10, '0')
  const text = `tt_${id}_${'0'.repeat(40)}`
  await trimtab.keys.create({
    id,
    name: `k${number}`,
    digest: sha256(text),
    tenant: `k${number}`,
    team: undefined,
    models: undefined,
    workflows: undefined,
    requestsPerMinute: undefined,
    tokensPerMinute: undefined,
    createdAt: 0,
    expiresAt: undefined,
    revokedAt: undefined,
  })
  return `Bearer ${text}`
}
