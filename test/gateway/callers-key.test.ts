/** A caller's own key (`api_key: client`) goes to a provider in the header that this provider has for keys. */
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { addFiles, RETURNS } from '../knowledge/knowledge-setup.ts'
import { ask, chat } from '../support/ask.ts'
import { type MockProvider, startMockProvider } from '../support/mock-provider/mock-provider.ts'
import { type Inside, startInside } from '../support/start-inside.ts'

let mock: MockProvider
let trimtab: Inside

beforeAll(async () => {
  mock = await startMockProvider()
  trimtab = await startInside({
    config: `
providers:
  mock: { base_url: "${mock.url}", api_key: client }
  claude: { dialect: anthropic, base_url: "${mock.url}", api_key: client }
`,
  })
})

afterAll(async () => {
  await trimtab.stop()
  await mock.close()
})

async function keysSeen(model: string, headers: Record<string, string>) {
  const { status, text } = await ask(trimtab.origin, chat(model, { max_tokens: 9 }), { headers })
  expect(status, text).toBe(200)
  const seen = mock.requests.at(-1)?.headers
  return {
    authorization: seen?.authorization,
    'x-api-key': seen?.['x-api-key'],
    'api-key': seen?.['api-key'],
  }
}

/** A tier that phrases from documents, of a provider that takes callers' keys. */
async function phrasing() {
  const one = await startInside({
    config: `providers: { mine: { base_url: "${mock.url}", api_key: client } }`,
    policies: {
      'faq.yaml':
        'tiers: { docs: { collection: help, mode: compose, use: mine/small }, large: { use: mine/m } }\nroute: [{ name: all, to: [docs, large] }]',
    },
  })
  await addFiles(one.dataFolder, join(one.folder, 'help'), { 'returns.md': RETURNS })
  return one
}

describe('the key of a caller', () => {
  it('goes along with what is asked on the way to its answer', async () => {
    const one = await phrasing()
    try {
      const body = { model: 'faq', messages: [{ role: 'user', content: 'When are refunds paid?' }] }
      await expect
        .poll(async () => {
          await ask(one.origin, body, { headers: { authorization: 'Bearer sk-mine' } })
          return mock.requests.findLast((seen) => seen.body?.model === 'small')?.headers.authorization
        })
        .toBe('Bearer sk-mine')
    } finally {
      await one.stop()
    }
  })

  it.each([
    { came: 'Authorization', headers: { authorization: 'Bearer sk-mine' } },
    { came: 'x-api-key', headers: { 'x-api-key': 'sk-mine' } },
    { came: 'api-key', headers: { 'api-key': 'sk-mine' } },
    {
      came: 'x-api-key beside an empty bearer',
      headers: { authorization: 'Bearer', 'x-api-key': 'sk-mine' },
    },
  ])('that came as $came is sent to each provider in its own header', async ({ headers }) => {
    const nothing = { authorization: undefined, 'x-api-key': undefined, 'api-key': undefined }
    expect(await keysSeen('claude/claude-x', headers)).toEqual({ ...nothing, 'x-api-key': 'sk-mine' })
    expect(await keysSeen('mock/m', headers)).toEqual({ ...nothing, authorization: 'Bearer sk-mine' })
  })

  it('stays a bearer token where it is one of OAuth', async () => {
    const seen = await keysSeen('claude/claude-x', { authorization: 'Bearer sk-ant-oat01-mine' })
    expect(seen).toMatchObject({ authorization: 'Bearer sk-ant-oat01-mine', 'x-api-key': undefined })
  })
})
