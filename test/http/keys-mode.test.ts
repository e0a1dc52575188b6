import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type MockProvider, startMockProvider } from '../support/mock-provider/mock-provider.ts'
import { parseMetrics, sampleSum } from '../support/prometheus-text.ts'
import { startTrimtab, type Trimtab } from '../support/start-trimtab.ts'

let mock: MockProvider
let trimtab: Trimtab

interface CreatedKey {
  id: string
  key: string
  name: string
  tenant: string
}

beforeAll(async () => {
  mock = await startMockProvider({ apiKey: 'provider-key' })
  const config = `
access: { mode: keys }
providers: { mock: { base_url: "${mock.url}", api_key: provider-key, models: [gpt-4o-mini, gpt-5.5] } }
`
  const route = 'tiers: { only: { use: mock/gpt-4o-mini } }\nroute: [{ name: all, to: only }]'
  const policies = { 'support.yaml': `match: { keys: ["support-*"] }\n${route}`, 'research.yaml': route }
  trimtab = await startTrimtab({ config, policies })
})

afterAll(async () => {
  await trimtab?.stop()
  await mock?.close()
})

describe('keys mode', () => {
  test('a key that was made while the server runs is let in, in each of the headers that SDKs use', async () => {
    const { key } = await create('--name', 'shop')
    for (const headers of [{ authorization: `Bearer ${key}` }, { 'x-api-key': key }, { 'api-key': key }]) {
      expect((await send(headers)).status).toBe(200)
    }
    expect(JSON.stringify(mock.requests.at(-1)?.rawHeaders)).not.toContain(key)
  })

  test('metrics are for this machine, and for the admin key where a proxy stands between', async () => {
    const read = (headers: Record<string, string>) => fetch(`${trimtab.origin}/metrics`, { headers })
    const here = await read({})
    expect(here.status).toBe(200)
    const metrics = parseMetrics(await here.text())
    for (const name of ['process_resident_memory_bytes', 'trimtab_event_loop_delay_seconds']) {
      expect(metrics.get(name)?.samples.length).toBeGreaterThan(0)
    }
    expect(sampleSum(metrics, 'trimtab_build_info', { node: process.version })).toBe(1)
    const forwarded = { 'x-forwarded-for': '203.0.113.7' }
    expect((await read(forwarded)).status).toBe(401)
    const adminKey = readFileSync(join(trimtab.dataFolder, 'admin-key'), 'utf8').trim()
    expect((await read({ ...forwarded, authorization: `Bearer ${adminKey}` })).status).toBe(200)
  })

  test('no key is 401 and says how to get one', async () => {
    await expectRefusal(await send({}), 401, 'missing_api_key', /trimtab keys create/)
  })

  test.each([
    ['of another kind', 'sk-somebody-elses-key'],
    ['that nobody made', `tt_0123456789_${'0'.repeat(40)}`],
  ])('a key %s is 401', async (_, key) => {
    await expectRefusal(await ask(key), 401, 'invalid_api_key', /not one of this trimtab/)
  })

  test('a key whose secret is wrong in its last letter is 401', async () => {
    const { key } = await create('--name', 'nearly')
    const wrong = key.slice(0, -1) + (key.endsWith('0') ? '1' : '0')
    await expectRefusal(await ask(wrong), 401, 'invalid_api_key', /not one of this trimtab/)
  })

  test('a revoked key stops working within a second, on the running server', async () => {
    const { id, key } = await create('--name', 'leaked')
    expect((await ask(key)).status).toBe(200)
    expect(await trimtab.command('keys', 'revoke', id)).toMatchObject({ code: 0 })
    await pause(1000)
    await expectRefusal(await ask(key), 401, 'invalid_api_key', /"leaked" was revoked at 20/)
  })

  test('a key past its expiry is 401', async () => {
    const expires = new Date(Date.now() + 3000).toISOString()
    const { key } = await create('--name', 'brief', '--expires', expires)
    expect((await ask(key)).status).toBe(200)
    await pause(Math.max(0, Date.parse(expires) - Date.now()) + 5)
    await expectRefusal(await ask(key), 401, 'expired_api_key', /"brief" expired at 20/)
  })

  test('a key may ask for its models only, and sees no other', async () => {
    const { key } = await create('--name', 'small', '--models', 'gpt-4o-*')
    expect((await ask(key)).status).toBe(200)
    await expectRefusal(
      await ask(key, 'gpt-5.5'),
      403,
      'model_not_allowed',
      /"small" may not use the model gpt-5\.5/,
    )
    const list = await fetch(`${trimtab.baseUrl}/models`, { headers: { 'x-api-key': key } })
    const { data } = (await list.json()) as { data: { id: string }[] }
    expect(data.map(({ id }) => id)).toEqual(['gpt-4o-mini'])
  })

  test('a key may use its workflows only', async () => {
    const { key } = await create('--name', 'one-workflow', '--workflows', 'research')
    expect((await ask(key, 'research')).status).toBe(200)
    await expectRefusal(
      await ask(key, 'support'),
      403,
      'workflow_not_allowed',
      /one-workflow.*may not use the workflow `support`/,
    )
  })

  test('a key that a policy names by its `match.keys` may use that workflow only', async () => {
    const { key } = await create('--name', 'support-desk')
    const answer = await ask(key, 'auto')
    expect(answer.headers.get('x-trimtab-tier')).toBe('only')
    await expectRefusal(await ask(key, 'research'), 403, 'workflow_not_allowed', /research/)
  })

  test('another host and a page are fine: the key is what counts', async () => {
    const { key } = await create('--name', 'page')
    const answer = await send({ authorization: `Bearer ${key}`, origin: 'https://app.example' })
    expect(answer.status).toBe(200)
  })

  test('requests are in the ledger under the key and its tenant; keys are in no output', async () => {
    const { key, tenant } = await create('--name', 'ledger')
    const answer = await ask(key)
    const id = answer.headers.get('x-trimtab-request-id') ?? ''
    expect(await trimtab.json('requests', id, '--json')).toMatchObject({ key: 'ledger', tenant, status: 200 })
    const list = await trimtab.command('keys', 'list', '--json')
    expect(list.stdout + trimtab.output()).not.toContain(key.slice(-40))
  })
})

async function create(...options: string[]): Promise<CreatedKey> {
  return (await trimtab.json('keys', 'create', ...options, '--json')) as CreatedKey
}

function ask(key: string, model = 'gpt-4o-mini'): Promise<Response> {
  return send({ authorization: `Bearer ${key}` }, model)
}

function send(headers: Readonly<Record<string, string>>, model = 'gpt-4o-mini'): Promise<Response> {
  const body = JSON.stringify({ model, messages: [{ role: 'user', content: 'hi' }] })
  return fetch(`${trimtab.baseUrl}/chat/completions`, { method: 'POST', body, headers })
}

async function expectRefusal(answer: Response, status: number, code: string, message: RegExp): Promise<void> {
  const body = (await answer.json()) as { error: Record<string, string> }
  expect(body.error).toMatchObject({ code, message: expect.stringMatching(message) })
  expect(answer.status).toBe(status)
  expect(answer.headers.get('x-should-retry')).toBe('false')
}
