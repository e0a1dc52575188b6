/** What every store of remembered answers promises. */
import { expect, it } from 'vitest'
import type { ExactStore, RememberedAnswer } from '../../src/cache/exact-store.ts'
import { noTokens } from '../../src/metering/tokens.ts'

export function remembered(key: string, more: Partial<RememberedAnswer> = {}): RememberedAnswer {
  return {
    key,
    tenant: 'a',
    workflow: 'support',
    provider: 'openai',
    model: 'gpt-5.5',
    tier: undefined,
    form: 'json',
    contentType: 'application/json',
    body: new TextEncoder().encode(`{"answer":"${key}"}`),
    usage: { prompt_tokens: 3 },
    tokens: { ...noTokens(), input: 3, output: 5 },
    createdAt: 1000,
    expiresAt: 2000,
    ...more,
  }
}

export function exactStoreContract(open: () => ExactStore): void {
  it('gives back what it remembered, whole', async () => {
    const store = open()
    const answer = remembered('k', { tier: 'large', form: 'stream', contentType: 'text/event-stream' })
    store.remember(answer)
    const found = await store.find('k', 1500)
    expect({ ...found, body: [...(found?.body ?? [])] }).toEqual({ ...answer, body: [...answer.body] })
    expect(await store.find('other', 1500)).toBeUndefined()
  })

  it('forgets at the moment of expiry', async () => {
    const store = open()
    store.remember(remembered('k'))
    expect(await store.find('k', 1999)).toBeDefined()
    expect(await store.find('k', 2000)).toBeUndefined()
  })

  it('keeps the newest of a key', async () => {
    const store = open()
    store.remember(remembered('k'))
    store.remember(remembered('k', { model: 'newer' }))
    expect((await store.find('k', 1500))?.model).toBe('newer')
    expect((await store.stats()).answers).toBe(1)
  })

  it('purges by workflow and tenant, or all', async () => {
    const store = open()
    store.remember(remembered('1'))
    store.remember(remembered('2', { workflow: 'other' }))
    store.remember(remembered('3', { tenant: 'b' }))
    expect(await store.purge({ workflow: 'other' })).toBe(1)
    expect(await store.purge({ tenant: 'b', workflow: 'support' })).toBe(1)
    expect(await store.find('1', 1500)).toBeDefined()
    expect(await store.find('3', 1500)).toBeUndefined()
    expect(await store.purge({})).toBe(1)
    expect(await store.stats()).toEqual({ answers: 0, bytes: 0 })
  })
}
