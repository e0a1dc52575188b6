import { randomBytes } from 'node:crypto'
import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import { requireModelAllowed } from '../../src/access/allowed.ts'
import { generateApiKey } from '../../src/access/api-key.ts'
import { createAuthenticator } from '../../src/access/authenticate.ts'
import { type Caller, isLoopbackHost } from '../../src/access/caller.ts'
import type { KeyRecord } from '../../src/access/key-store.ts'
import type { Principal } from '../../src/access/principal.ts'
import { memoryKeys, sha256 } from './memory-keys.ts'

const NOW = Date.UTC(2026, 10, 25)

describe('open mode', () => {
  const authenticate = authenticator({ origins: ['https://App.example'] })

  test('knows one tenant, whatever key is sent, and passes none on', async () => {
    const expected = { tenant: 'default', key: undefined, credential: undefined, allowedModels: undefined }
    expect(await authenticate(caller())).toMatchObject(expected)
    expect(await authenticate(caller({ authorization: 'Bearer sk-anything' }))).toMatchObject(expected)
  })

  test.each([
    'example.com',
    '10.0.0.1:8787',
    'localhost.example.com',
    '127.0.0.1.example.com',
    '',
    undefined,
  ])('refuses the host %j', async (host) => {
    await expect(authenticate({ ...caller(), host })).rejects.toMatchObject({
      code: 'forbidden_host',
      message:
        'Without keys, trimtab answers only callers on this machine that address it as localhost: set access.mode to keys to serve others.',
    })
  })

  test('refuses a caller from another machine, whatever host it names', async () => {
    await expect(authenticate({ ...caller(), remoteIsLoopback: false })).rejects.toMatchObject({
      code: 'forbidden_host',
    })
    expect(await authenticate({ ...caller(), remoteIsLoopback: true })).toMatchObject({ tenant: 'default' })
  })

  test('refuses every origin that is not listed', async () => {
    expect(await authenticate({ ...caller(), origin: 'https://app.example' })).toMatchObject({
      tenant: 'default',
    })
    for (const origin of ['https://evil.example', 'null', 'http://localhost:8787', 'http://app.example']) {
      await expect(authenticate({ ...caller(), origin })).rejects.toMatchObject({
        code: 'forbidden_origin',
        message: `Pages of ${origin} may not call trimtab: add the origin to access.origins to let them.`,
      })
    }
  })
})

describe('open mode with api_key: client', () => {
  const authenticate = authenticator({ passesCredentials: () => true })

  test.each([
    ['authorization', 'Bearer sk-mine'],
    ['authorization', 'bearer  sk-mine'],
    ['x-api-key', 'sk-mine'],
    ['api-key', 'sk-mine'],
  ])('separates tenants by credential, and keeps it in the header it came in: %s', async (header, value) => {
    const principal = await authenticate(caller({ [header]: value }))
    expect(principal.tenant).toBe(sha256('sk-mine'))
    expect(principal.credential).toEqual({ header, value })
    for (const shown of [JSON.stringify(principal), inspect(principal)])
      expect(shown).not.toContain('sk-mine')
  })

  test('lets a caller without a credential be the default tenant', async () => {
    expect(await authenticate(caller())).toMatchObject({ tenant: 'default', credential: undefined })
  })
})

describe('keys mode', () => {
  const { id, key } = generateApiKey(randomBytes)
  const record: KeyRecord = {
    id,
    name: 'shop',
    digest: sha256(key),
    tenant: 'acme',
    team: 'web',
    models: ['gpt-*'],
    workflows: ['support'],
    requestsPerMinute: undefined,
    tokensPerMinute: undefined,
    createdAt: 0,
    expiresAt: undefined,
    revokedAt: undefined,
  }

  test.each([
    ['authorization', `Bearer ${key}`],
    ['x-api-key', key],
    ['api-key', key],
  ])('knows a key in %s, from anywhere', async (header, value) => {
    const authenticate = authenticator({ mode: 'keys' }, [record])
    const principal = await authenticate({
      ...caller({ [header]: value }),
      host: 'gw.example',
      origin: 'https://x.example',
    })
    expect(principal).toEqual({
      tenant: 'acme',
      team: 'web',
      key: { id, name: 'shop' },
      allowedModels: ['gpt-*'],
      allowedWorkflows: ['support'],
      credential: undefined,
    } satisfies Principal)
  })

  const sameId = `${key.slice(0, -1)}${key.endsWith('0') ? '1' : '0'}`
  test.each([
    [
      'no key',
      {},
      record,
      'missing_api_key',
      'No API key was sent: send one made by `trimtab keys create` as `Authorization: Bearer tt_…`.',
    ],
    [
      'another vendor’s key',
      { authorization: 'Bearer sk-x' },
      record,
      'invalid_api_key',
      'The API key that was sent is not one of this trimtab: make one with `trimtab keys create`.',
    ],
    [
      'an unknown key',
      { authorization: `Bearer ${generateApiKey(randomBytes).key}` },
      record,
      'invalid_api_key',
      'The API key that was sent is not one of this trimtab: make one with `trimtab keys create`.',
    ],
    [
      'a known id with a wrong secret',
      { authorization: `Bearer ${sameId}` },
      record,
      'invalid_api_key',
      'The API key that was sent is not one of this trimtab: make one with `trimtab keys create`.',
    ],
    [
      'a wrong secret of a revoked key',
      { authorization: `Bearer ${sameId}` },
      { ...record, revokedAt: 1 },
      'invalid_api_key',
      'The API key that was sent is not one of this trimtab: make one with `trimtab keys create`.',
    ],
    [
      'a revoked key',
      { authorization: `Bearer ${key}` },
      { ...record, revokedAt: 0 },
      'invalid_api_key',
      'The API key "shop" was revoked at 1970-01-01T00:00:00.000Z: use another one.',
    ],
    [
      'an expired key',
      { authorization: `Bearer ${key}` },
      { ...record, expiresAt: NOW },
      'expired_api_key',
      'The API key "shop" expired at 2026-11-25T00:00:00.000Z: use another one.',
    ],
  ])('refuses %s', async (_, headers, stored, code, message) => {
    const failure = await authenticator({ mode: 'keys' }, [stored])(caller(headers)).catch((error) => error)
    expect(failure).toMatchObject({ code, status: 401, worthRetrying: false })
    expect(failure.message).toBe(message)
  })

  test('knows a key until it expires, and not once it is revoked', async () => {
    const keys = memoryKeys([{ ...record, expiresAt: NOW + 1 }])
    const authenticate = authenticator({ mode: 'keys', keys })
    const headers = caller({ authorization: `Bearer ${key}` })
    expect((await authenticate(headers)).tenant).toBe('acme')
    await keys.revoke(id, NOW)
    await expect(authenticate(headers)).rejects.toMatchObject({ code: 'invalid_api_key' })
  })

  test('knows the limits of a key and of its team, and none where neither has any', async () => {
    const team = { requestsPerMinute: 600, tokensPerMinute: undefined }
    const limitsOf = async (stored: Partial<KeyRecord>, teams: [string, typeof team][]) => {
      const mode = { mode: 'keys', teams: new Map(teams) } as const
      const authenticate = authenticator(mode, [
        { ...record, requestsPerMinute: undefined, tokensPerMinute: undefined, ...stored },
      ])
      return (await authenticate(caller({ authorization: `Bearer ${key}` }))).limits
    }
    const ofTeam = { id: 'team web', label: 'The team "web"', ...team }
    const ofKey = { id: `key ${id}`, label: 'The API key "shop"', requestsPerMinute: 60, tokensPerMinute: 9 }
    const bounds = { requestsPerMinute: 60, tokensPerMinute: 9 }
    expect(await limitsOf({ team: 'web', ...bounds }, [['web', team]])).toEqual([ofKey, ofTeam])
    expect(await limitsOf({ team: 'web' }, [['web', team]])).toEqual([ofTeam])
    expect(await limitsOf({ team: 'other', ...bounds }, [['web', team]])).toEqual([ofKey])
    expect(await limitsOf({ team: undefined }, [['web', team]])).toBeUndefined()
  })

  test('refuses everyone where keys cannot be read', async () => {
    const keys = { ...memoryKeys(), find: () => Promise.reject(new Error('disk')) }
    const authenticate = authenticator({ mode: 'keys', keys })
    await expect(authenticate(caller({ authorization: `Bearer ${key}` }))).rejects.toThrow('disk')
  })
})

test.each([
  ['localhost', true],
  ['LOCALHOST:8787', true],
  ['app.localhost:1', true],
  ['127.0.0.1:8787', true],
  ['127.1.2.3', true],
  ['[::1]:8787', true],
  ['::1', false],
  ['[::2]', false],
  ['localhost:80@evil', false],
  ['128.0.0.1', false],
])('isLoopbackHost(%j) is %s', (host, expected) => {
  expect(isLoopbackHost(host)).toBe(expected)
})

describe('allowed', () => {
  const principal: Principal = {
    tenant: 't',
    team: undefined,
    key: { id: 'i', name: 'shop' },
    allowedModels: ['gpt-*', 'gpu/*', 'fast'],
    allowedWorkflows: ['support'],
    credential: undefined,
  }

  test.each([
    ['gpt-5.5', { provider: 'openai', model: 'gpt-5.5' }],
    ['openai/gpt-5.5', { provider: 'openai', model: 'gpt-5.5' }],
    ['qwen', { provider: 'gpu', model: 'qwen' }],
    ['fast', { provider: 'claude', model: 'claude-haiku' }],
    ['fast', undefined],
  ])('lets %s pass', (asked, target) => {
    expect(() => requireModelAllowed(principal, asked, target)).not.toThrow()
  })

  test('refuses other models, naming those allowed', () => {
    expect(() =>
      requireModelAllowed(principal, 'claude-opus', { provider: 'claude', model: 'claude-opus' }),
    ).toThrow(
      expect.objectContaining({
        code: 'model_not_allowed',
        message: 'The API key "shop" may not use the model claude-opus: it is limited to gpt-*, gpu/*, fast.',
      }),
    )
  })

  test('lets anything pass where nothing is stated', () => {
    const free = { ...principal, allowedModels: undefined }
    expect(() => requireModelAllowed(free, 'x', undefined)).not.toThrow()
  })
})

function authenticator(parts: Partial<Parameters<typeof createAuthenticator>[0]>, records: KeyRecord[] = []) {
  return createAuthenticator({
    mode: 'open',
    origins: [],
    passesCredentials: () => false,
    keys: memoryKeys(records),
    teams: new Map(),
    sha256,
    now: () => NOW,
    ...parts,
  })
}

function caller(headers: Record<string, string> = {}): Caller {
  return { header: (name) => headers[name], host: '127.0.0.1:8787', origin: undefined }
}
