/** Requests to clouds carry a token that trimtab fetched itself, from servers that check as the real ones do. */
import { generateKeyPairSync } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ask, chat, type Heard } from '../support/ask.ts'
import { type MockProvider, startMockProvider } from '../support/mock-provider/mock-provider.ts'
import { type Inside, startInside } from '../support/start-inside.ts'
import {
  APPLICATION,
  KEY_ID,
  SERVICE_ACCOUNT,
  startTokenServer,
  TENANT,
  type TokenServer,
  USER,
} from '../support/token-server.ts'

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

async function askOf(credentials: string, environment: NodeJS.ProcessEnv): Promise<Heard> {
  trimtab ??= await startInside({
    config: `providers:\n  cloud: { vendor: azure-v1, base_url: "${mock.url}", credentials: ${credentials} }\n`,
    environment,
    policies: { 'default.yaml': 'workflow: default\nlimits: { retries: 0 }' },
  })
  return ask(trimtab.origin, chat('m'))
}

const file = (content: unknown): string => {
  const path = join(folder, 'credentials.json')
  writeFileSync(path, JSON.stringify(content))
  return path
}
const serviceAccount = (differing: Readonly<Record<string, unknown>> = {}) => ({
  GOOGLE_APPLICATION_CREDENTIALS: file({
    type: 'service_account',
    client_email: SERVICE_ACCOUNT,
    private_key: tokens.privateKey,
    private_key_id: KEY_ID,
    token_uri: tokens.tokenUri,
    ...differing,
  }),
})
const user = (differing: Readonly<Record<string, unknown>> = {}) => ({
  type: 'authorized_user',
  ...USER,
  token_uri: tokens.tokenUri,
  ...differing,
})
const application = (differing: NodeJS.ProcessEnv = {}) => ({
  AZURE_TENANT_ID: TENANT,
  AZURE_CLIENT_ID: APPLICATION.id,
  AZURE_CLIENT_SECRET: APPLICATION.secret,
  AZURE_AUTHORITY_HOST: tokens.origin,
  ...differing,
})

/** What the provider was shown is the token that was issued last, and no key. */
function expectTokenShown(heard: Heard): void {
  expect(heard.status).toBe(200)
  const shown = mock.requests.at(-1)?.headers
  expect(tokens.issued).toHaveLength(1)
  expect(shown?.authorization).toBe(`Bearer ${tokens.issued[0]}`)
  expect(shown?.['api-key']).toBeUndefined()
}

describe('credentials: google', () => {
  test("a service account's key is exchanged for a token, once", async () => {
    expectTokenShown(await askOf('google', serviceAccount()))
    const more = await Promise.all([1, 2, 3].map(() => askOf('google', {})))
    expect(more.map(({ status }) => status)).toEqual([200, 200, 200])
    expect(tokens.asked).toEqual(['POST /token'])
  })

  test('requests that come together wait for one token', async () => {
    trimtab = await startInside({
      config: `providers:\n  cloud: { base_url: "${mock.url}", credentials: google }\n`,
      environment: serviceAccount(),
    })
    const { origin } = trimtab
    const heard = await Promise.all([1, 2, 3, 4].map((n) => ask(origin, chat(`m-${n}`))))
    expect(heard.map(({ status }) => status)).toEqual([200, 200, 200, 200])
    expect(tokens.asked).toHaveLength(1)
  })

  test('what gcloud wrote is found in its usual place', async () => {
    const gcloud = join(folder, '.config', 'gcloud')
    mkdirSync(gcloud, { recursive: true })
    writeFileSync(join(gcloud, 'application_default_credentials.json'), JSON.stringify(user()))
    expectTokenShown(await askOf('google', { HOME: folder }))
  })

  test("without a file, the machine's own account is asked for", async () => {
    const host = new URL(tokens.origin).host
    expectTokenShown(await askOf('google', { HOME: folder, GCE_METADATA_HOST: host }))
    expect(tokens.asked[0]).toMatch(/^GET \/computeMetadata/)
  })

  test.each([
    ['a key of another account', () => serviceAccount({ private_key: otherKey() }), 'Invalid JWT Signature'],
    ['an unknown account', () => serviceAccount({ client_email: 'who@example' }), 'account not found'],
    ['no key', () => serviceAccount({ private_key: '' }), 'has no private_key'],
    [
      'a key that is none',
      () => serviceAccount({ private_key: 'abc' }),
      'cannot be read; download a new key',
    ],
    [
      'a user who has left',
      () => ({ GOOGLE_APPLICATION_CREDENTIALS: file(user({ refresh_token: 'x' })) }),
      'gcloud auth',
    ],
    [
      'an unknown type',
      () => ({ GOOGLE_APPLICATION_CREDENTIALS: file({ type: 'external_account' }) }),
      'external_account',
    ],
    [
      'a missing file',
      () => ({ GOOGLE_APPLICATION_CREDENTIALS: join(folder, 'no') }),
      'names a file that cannot be read',
    ],
    [
      'a file that is no JSON object',
      () => ({ GOOGLE_APPLICATION_CREDENTIALS: file([]) }),
      'holds no JSON object',
    ],
  ])('%s is told in one sentence, and the provider is not asked', async (_, environment, expected) => {
    expectRefused(await askOf('google', environment()), expected)
  })
})

describe('credentials: entra', () => {
  test("an application's secret is exchanged for a token", async () => {
    expectTokenShown(await askOf('entra', application()))
    expect(tokens.asked).toEqual([`POST /${TENANT}/oauth2/v2.0/token`])
  })

  test("a workload's token is exchanged for one of Azure's", async () => {
    const path = join(folder, 'workload')
    writeFileSync(path, 'token-of-the-workload\n')
    const { AZURE_CLIENT_SECRET: _, ...rest } = application()
    expectTokenShown(await askOf('entra', { ...rest, AZURE_FEDERATED_TOKEN_FILE: path }))
  })

  test.each([undefined, APPLICATION.id])("the machine's managed identity %s", async (identity) => {
    const environment = { AZURE_POD_IDENTITY_AUTHORITY_HOST: tokens.origin, AZURE_CLIENT_ID: identity }
    expectTokenShown(await askOf('entra', environment))
  })

  test.each([
    [
      'a wrong secret',
      { AZURE_CLIENT_SECRET: 'wrong' },
      'AADSTS7000215: Invalid client secret provided); check',
    ],
    ['an unknown application', { AZURE_CLIENT_ID: 'other' }, 'AADSTS700016'],
    ['no tenant', { AZURE_TENANT_ID: undefined }, 'Entra needs AZURE_TENANT_ID beside'],
  ])('%s is told in one sentence, and the provider is not asked', async (_, differing, expected) => {
    expectRefused(await askOf('entra', application(differing)), expected)
  })
})

function expectRefused(heard: Heard, expected: string): void {
  expect(heard.status).toBe(502)
  const { error } = JSON.parse(heard.text) as { error: { code: string; message: string } }
  expect(error.code).toBe('provider_authentication')
  expect(error.message).toContain(expected)
  expect(error.message).toMatch(/^Provider cloud was not asked: [^\n]+\.$/)
  for (const secret of [APPLICATION.secret, USER.client_secret, 'PRIVATE KEY'])
    expect(error.message).not.toContain(secret)
  expect(mock.count).toBe(0)
}

function otherKey(): string {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  return String(privateKey.export({ type: 'pkcs8', format: 'pem' }))
}
