/** What becomes of requests where a cloud's token is slow, missing, or repeated by the provider. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { commandCatalog } from '../../src/cli/command-catalog.ts'
import { checkProviders } from '../../src/commands/doctor-providers.ts'
import { parseConfig } from '../../src/config.ts'
import { ask, chat, startAsking } from '../support/ask.ts'
import { type MockProvider, startMockProvider } from '../support/mock-provider/mock-provider.ts'
import { type Inside, startInside } from '../support/start-inside.ts'
import { KEY_ID, SERVICE_ACCOUNT, startTokenServer, type TokenServer } from '../support/token-server.ts'

let folder: string
let tokens: TokenServer
let mock: MockProvider
let trimtab: Inside | undefined

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'trimtab-cloud-'))
  tokens = await startTokenServer()
  mock = await startMockProvider()
})

afterEach(async () => {
  await trimtab?.stop()
  trimtab = undefined
  await mock.close()
  await tokens.close()
  rmSync(folder, { recursive: true, force: true })
})

function serviceAccount() {
  const path = join(folder, 'credentials.json')
  const account = {
    type: 'service_account',
    client_email: SERVICE_ACCOUNT,
    private_key: tokens.privateKey,
    private_key_id: KEY_ID,
    token_uri: tokens.tokenUri,
  }
  writeFileSync(path, JSON.stringify(account))
  return { GOOGLE_APPLICATION_CREDENTIALS: path }
}

describe('a token server that is down', () => {
  test('moves requests on to the next target, and is asked again by the next request', async () => {
    tokens.broken = 503
    trimtab = await startInside({
      config: `providers:\n  cloud: { base_url: "${mock.url}", credentials: google }\n  other: { base_url: "${mock.url}", api_key: sk-other-0123456789 }\n`,
      policies: {
        'default.yaml':
          'workflow: default\ntiers: { one: { use: [cloud/m, other/m] } }\nroute: { mode: on, rules: [{ name: all, to: one }] }\nfallback: { on: [5xx] }\nlimits: { retries: 0 }',
      },
      environment: serviceAccount(),
    })
    expect((await ask(trimtab.origin, chat('m'))).headers['x-trimtab-model']).toBe('other/m')
    tokens.broken = undefined
    expect((await ask(trimtab.origin, chat('m'))).headers['x-trimtab-model']).toBe('cloud/m')
  })

  test('holds nobody beyond the policy’s deadline, and is not waited for by those who leave', async () => {
    tokens.silent = true
    trimtab = await startInside({
      config: `providers:\n  cloud: { base_url: "${mock.url}", credentials: google }\n`,
      policies: { 'default.yaml': 'workflow: default\nlimits: { timeout: 1s, retries: 0 }' },
      environment: serviceAccount(),
    })
    const asking = startAsking(trimtab.origin, chat('m'))
    const late = await ask(trimtab.origin, chat('m-2'))
    expect(late.status).toBe(504)
    asking.leave()
    expect(mock.count).toBe(0)
    expect(tokens.asked).toHaveLength(1)
  })

  test('is told where there is no other', async () => {
    tokens.broken = 503
    trimtab = await startInside({
      config: `providers:\n  cloud: { base_url: "${mock.url}", credentials: google }\n`,
      policies: { 'default.yaml': 'workflow: default\nlimits: { retries: 0 }' },
      environment: serviceAccount(),
    })
    const heard = await ask(trimtab.origin, chat('m'))
    expect(heard.status).toBe(502)
    expect(heard.text).toContain('Google gives no token just now (status 503)')
    expect(mock.count).toBe(0)
  })
})

test('an answer that repeats the token is cleaned of it', async () => {
  trimtab = await startInside({
    config: `providers:\n  cloud: { base_url: "${mock.url}", credentials: google }\n`,
    environment: serviceAccount(),
  })
  mock.script((seen) => ({ kind: 'status', status: 400, message: `You sent ${seen.headers.authorization}` }))
  const heard = await ask(trimtab.origin, chat('m'))
  expect(tokens.issued).toHaveLength(1)
  expect(heard.text).toContain('You sent Bearer …')
  expect(heard.text).not.toContain(tokens.issued[0])
})

test('models are listed, and doctor looks, with the token too', async () => {
  trimtab = await startInside({
    config: `providers:\n  cloud: { base_url: "${mock.url}", credentials: google }\n`,
    environment: serviceAccount(),
  })
  await ask(trimtab.origin, '', { path: '/v1/models', method: 'GET' })
  expect(mock.requests.at(-1)).toMatchObject({
    url: '/v1/models',
    headers: { authorization: `Bearer ${tokens.issued[0]}` },
  })
  tokens.broken = 503
  const parsed = parseConfig({
    file: { path: trimtab.configFile, text: readFileSync(trimtab.configFile, 'utf8') },
    environment: {},
    flags: {},
  })
  if (parsed.kind === 'refused') throw new Error('The configuration is refused.')
  const { registry } = await commandCatalog(parsed.config, serviceAccount())
  expect(await checkProviders(registry, new Set(), Date.now)).toContainEqual({
    name: 'provider cloud',
    state: 'fail',
    message: 'Google gives no token just now (status 503).',
  })
})
