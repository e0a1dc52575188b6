/** What `/v1/models` lists for a key is what the key may call, and the other way round. */

import { createHash, randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createKey } from '../../src/commands/keys.ts'
import { type MockProvider, startMockProvider } from '../support/mock-provider/mock-provider.ts'
import { type InMemoryApp, inMemoryApp } from './in-memory-app.ts'

let mock: MockProvider
let world: InMemoryApp

const ROUTE = 'tiers: { only: { use: mock/gpt-4o-mini } }\nroute: [{ name: all, to: only }]'
/** Everything that some key may see. */
const NAMES = [
  'fast',
  'slow',
  'gpt-4o-mini',
  'gpt-5.5',
  'claude-opus',
  'other/gpt-5.5',
  'support',
  'research',
]

beforeAll(async () => {
  mock = await startMockProvider()
  world = inMemoryApp(
    `
access: { mode: keys }
default_provider: mock
aliases: { fast: mock/gpt-4o-mini, slow: other/claude-opus }
providers:
  mock: { base_url: "${mock.url}", api_key: k, models: [gpt-4o-mini, gpt-5.5] }
  other: { base_url: "${mock.url}", api_key: k, models: [claude-opus, gpt-5.5] }
`,
    { 'support.yaml': `match: { keys: ["desk-*"] }\n${ROUTE}`, 'research.yaml': ROUTE },
  )
})

afterAll(() => mock.close())

interface Limits {
  name?: string
  models?: string
  workflows?: string
}

describe('a key', () => {
  test.each<[string, Limits, readonly string[]]>([
    ['without limits', {}, NAMES],
    [
      'for gpt-* may use an alias that leads to one',
      { models: 'gpt-*' },
      ['fast', 'gpt-4o-mini', 'gpt-5.5', 'other/gpt-5.5'],
    ],
    ['for an alias alone', { models: 'slow' }, ['slow']],
    ['for one provider', { models: 'other/*' }, ['slow', 'claude-opus', 'other/gpt-5.5']],
    ['for a workflow’s name', { models: 'support' }, ['support']],
    [
      'for one workflow, and any model in it',
      { workflows: 'research' },
      NAMES.filter((name) => name !== 'support'),
    ],
    [
      'that a policy names is bound to its workflow',
      { name: 'desk-1' },
      NAMES.filter((name) => name !== 'research'),
    ],
  ])('%s: what is listed can be called, and nothing else', async (_, limits, expected) => {
    const key = await keyOf(limits)
    expect((await listed(key)).sort()).toEqual([...expected].sort())
    const called = await Promise.all(
      NAMES.map(async (name) => ((await mayCall(key, name, limits)) ? [name] : [])),
    )
    expect(called.flat().sort()).toEqual([...expected].sort())
  })

  test('asks for one model as for the list', async () => {
    const key = await keyOf({ models: 'gpt-*' })
    const get = (id: string) =>
      world.app.request(`http://localhost/v1/models/${id}`, { headers: bearer(key) })
    expect((await get('fast')).status).toBe(200)
    expect((await get('slow')).status).toBe(404)
  })
})

describe('a key that is limited to models, where its request is passed through', () => {
  const form = (...fields: readonly string[]) =>
    `${fields.map((field) => `--b\r\ncontent-disposition: form-data; name="model"${field}\r\n`).join('')}--b--\r\n`
  const SPEECH = '{"model": "claude-opus", "input": "a", "voice": "alloy"}'

  test.each([
    ['by a type that is none of JSON', '/v1/audio/speech', 'text/plain', SPEECH, 403],
    [
      'by a form without its boundary',
      '/v1/audio/transcriptions',
      'multipart/form-data',
      form('\r\n\r\nclaude-opus'),
      403,
    ],
    ['where something is to be kept', '/v1/fine_tuning/jobs', 'text/plain', '{"model": "claude-opus"}', 403],
    [
      'behind one that it may use',
      '/v1/audio/transcriptions',
      'multipart/form-data; boundary=b',
      form('\r\n\r\ngpt-5.5', '\r\n\r\nclaude-opus'),
      400,
    ],
    [
      'behind one that it may use, as a file',
      '/v1/audio/transcriptions',
      'multipart/form-data; boundary=b',
      form('\r\n\r\ngpt-5.5', '; filename="a"\r\n\r\nclaude-opus'),
      400,
    ],
  ])('cannot name another %s', async (_, path, type, body, status) => {
    const key = await keyOf({ models: 'gpt-*' })
    const before = mock.count
    const headers = { ...bearer(key), 'content-type': type }
    const answer = await world.app.request(`http://localhost${path}`, { method: 'POST', body, headers })
    const { error } = (await answer.json()) as { error: { param: string } }
    expect([answer.status, error.param, mock.count]).toEqual([status, 'model', before])
  })
})

const bearer = (key: string) => ({ authorization: `Bearer ${key}` })

async function keyOf({ name = 'any', ...limits }: Limits): Promise<string> {
  let printed = ''
  const out = (line: string): void => {
    printed += line
  }
  const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')
  const parts = { keys: world.keys, randomBytes, sha256, now: Date.now }
  await createKey({ name, ...limits, json: true }, parts, { out, error: () => {} })
  return (JSON.parse(printed) as { key: string }).key
}

async function listed(key: string): Promise<string[]> {
  const answer = await world.app.request('http://localhost/v1/models', { headers: bearer(key) })
  return ((await answer.json()) as { data: { id: string }[] }).data.map(({ id }) => id)
}

/** In a workflow of the key's, where it is bound to some and the model is none itself. */
async function mayCall(key: string, model: string, { name, workflows }: Limits): Promise<boolean> {
  const bound = workflows ?? (name === undefined ? undefined : 'support')
  const isWorkflow = model === 'support' || model === 'research'
  const labelled = bound === undefined || isWorkflow ? {} : { 'x-trimtab-workflow': bound }
  const answer = await world.app.request('http://localhost/v1/chat/completions', {
    method: 'POST',
    body: JSON.stringify({ model, messages: [{ role: 'user', content: 'hi' }] }),
    headers: { ...bearer(key), ...labelled, 'content-type': 'application/json' },
  })
  expect([200, 403]).toContain(answer.status)
  return answer.status === 200
}
