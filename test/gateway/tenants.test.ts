/** What one tenant asked is nobody else's: neither remembered nor shared across tenants. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ask, chat, type Heard } from '../support/ask.ts'
import { type MockProvider, startMockProvider } from '../support/mock-provider/mock-provider.ts'
import { type Inside, startInside } from '../support/start-inside.ts'

let mock: MockProvider
let trimtab: Inside

beforeAll(async () => {
  mock = await startMockProvider()
  // The caller's own credential is its tenant.
  trimtab = await startInside({
    config: `providers: { mock: { base_url: "${mock.url}", api_key: client } }`,
  })
})

afterAll(async () => {
  await trimtab.stop()
  await mock.close()
})

const as = (key: string, body: unknown): Promise<Heard> =>
  ask(trimtab.origin, body, { headers: { authorization: `Bearer ${key}` } })

describe('two tenants', () => {
  it('do not get each other’s remembered answers', async () => {
    const body = chat('m', { temperature: 0 })
    await as('sk-one', body)
    expect((await as('sk-one', body)).headers['cache-status']).toContain('hit')
    const before = mock.count
    expect((await as('sk-two', body)).headers['cache-status']).toBe('trimtab; fwd=miss')
    expect(mock.count).toBe(before + 1)
  })

  it('do not share an answer on its way, and each sends its own credential', async () => {
    const before = mock.count
    const body = chat('paced-6-20', { temperature: 0, stream: true })
    await Promise.all(['sk-one', 'sk-two', 'sk-one', 'sk-two'].map((key) => as(key, body)))
    const seen = mock.requests.slice(-2).map(({ headers }) => headers.authorization)
    expect(mock.count).toBe(before + 2)
    expect(seen.sort()).toEqual(['Bearer sk-one', 'Bearer sk-two'])
  })
})
