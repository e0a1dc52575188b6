import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { createAuthenticator } from '../../src/access/authenticate.ts'
import { createKey, listKeys, revokeKey } from '../../src/commands/keys.ts'
import { memoryKeys, sha256 } from '../access/memory-keys.ts'

const NOW = Date.UTC(2026, 10, 25)

describe('keys create', () => {
  test('prints {id, key, name, tenant} and stores no secret', async () => {
    const { parts, output } = setUp()
    expect(await createKey({ name: 'shop', json: true }, parts, output)).toBe(0)
    const printed = JSON.parse(output.lines.join('\n'))
    expect(Object.keys(printed)).toEqual(['id', 'key', 'name', 'tenant'])
    expect(printed).toMatchObject({ name: 'shop', tenant: `key-${printed.id}` })
    expect(JSON.stringify(parts.keys.records)).not.toContain(printed.key)
    expect(JSON.stringify(parts.keys.records)).not.toContain(printed.key.slice(-40))
    expect(output.errors).toEqual([])
  })

  test('makes a key that authenticates, with what it was given', async () => {
    const { parts, output } = setUp()
    const options = {
      name: 'shop',
      tenant: 'acme',
      team: 'web',
      models: 'gpt-*, gpu/*',
      workflows: 'support',
      rpm: '60',
      tpm: '1000',
      expires: '30d',
    }
    expect(await createKey(options, parts, output)).toBe(0)
    const authenticate = createAuthenticator({
      mode: 'keys',
      origins: [],
      passesCredentials: () => false,
      teams: new Map(),
      ...parts,
    })
    const principal = await authenticate({ header: () => output.lines[0], host: 'x', origin: undefined })
    expect(principal).toMatchObject({
      tenant: 'acme',
      team: 'web',
      allowedModels: ['gpt-*', 'gpu/*'],
      allowedWorkflows: ['support'],
    })
    expect(parts.keys.records[0]).toMatchObject({
      requestsPerMinute: 60,
      tokensPerMinute: 1000,
      expiresAt: NOW + 30 * 86_400_000,
    })
    expect(principal.limits).toMatchObject([{ requestsPerMinute: 60, tokensPerMinute: 1000 }])
  })

  test.each([
    ['45m', NOW + 45 * 60_000],
    ['2w', NOW + 14 * 86_400_000],
    ['2027-01-31', Date.UTC(2027, 0, 31)],
    ['2027-01-31T12:00:00+02:00', Date.UTC(2027, 0, 31, 10)],
  ])('reads --expires %s', async (expires, at) => {
    const { parts, output } = setUp()
    expect(await createKey({ name: 'k', expires }, parts, output)).toBe(0)
    expect(parts.keys.records[0]?.expiresAt).toBe(at)
  })

  test.each([
    [{ name: '' }, '--name must be 1 to 100 characters without control characters or outer spaces.'],
    [{ name: 'a\nb' }, '--name must be 1 to 100 characters without control characters or outer spaces.'],
    [
      { name: 'k', tenant: ' t' },
      '--tenant must be 1 to 100 characters without control characters or outer spaces.',
    ],
    [
      { name: 'k', models: ' , ' },
      '--models names nothing: give names separated by commas, or leave it out.',
    ],
    [
      { name: 'k', workflows: '' },
      '--workflows names nothing: give names separated by commas, or leave it out.',
    ],
    [{ name: 'k', rpm: '0' }, '--rpm must be a whole number above 0, not "0".'],
    [{ name: 'k', tpm: '1e3' }, '--tpm must be a whole number above 0, not "1e3".'],
    [
      { name: 'k', expires: '9999999999w' },
      '--expires must be like 30d, 12h or 2027-01-31, not "9999999999w".',
    ],
    [{ name: 'k', expires: 'soon' }, '--expires must be like 30d, 12h or 2027-01-31, not "soon".'],
    [{ name: 'k', expires: '2020-01-01' }, '--expires 2020-01-01 lies in the past.'],
  ])('refuses %j in one sentence', async (options, message) => {
    const { parts, output } = setUp()
    expect(await createKey(options, parts, output)).toBe(1)
    expect(output).toMatchObject({ lines: [], errors: [message] })
    expect(parts.keys.records).toEqual([])
  })
})

describe('keys list and revoke', () => {
  test('show what became of each key, and never a secret', async () => {
    const { parts, output } = setUp()
    await createKey({ name: 'old', expires: '1h' }, parts, output)
    await createKey({ name: 'new' }, { ...parts, now: () => NOW + 1 }, output)
    const [old, recent] = parts.keys.records
    expect(await revokeKey(recent?.id ?? '', parts, output)).toBe(0)
    const later = { ...parts, now: () => NOW + 3_600_000 }

    const json = setUp().output
    expect(await listKeys({ json: true }, later, json)).toBe(0)
    expect(JSON.parse(json.lines.join('\n')).keys).toMatchObject([
      {
        id: recent?.id,
        name: 'new',
        state: 'revoked',
        revoked_at: '2026-11-25T00:00:00.000Z',
        expires_at: null,
      },
      {
        id: old?.id,
        name: 'old',
        state: 'expired',
        revoked_at: null,
        expires_at: '2026-11-25T01:00:00.000Z',
      },
    ])
    expect(json.lines.join('\n')).not.toContain(old?.digest)

    const table = setUp().output
    expect(await listKeys({}, parts, table)).toBe(0)
    const lines = table.lines.join('\n').split('\n')
    expect(lines).toHaveLength(4)
    expect(lines[3]).toMatch(/^\S+ {2}old {3}key-\S+ {2}active/)
  })

  test('say what to do where there is nothing', async () => {
    const { parts, output } = setUp()
    expect(await listKeys({}, parts, output)).toBe(0)
    expect(output.lines).toEqual(['No keys yet: make one with `trimtab keys create --name NAME`.'])
    expect(await revokeKey('nobody', parts, output)).toBe(1)
    expect(output.errors).toEqual(['No key has the id nobody: `trimtab keys list` shows them.'])
  })
})

function setUp() {
  const lines: string[] = []
  const errors: string[] = []
  return {
    parts: { keys: memoryKeys(), randomBytes: (count: number) => randomBytes(count), sha256, now: () => NOW },
    output: {
      lines,
      errors,
      out: (line: string) => lines.push(line),
      error: (line: string) => errors.push(line),
    },
  }
}
