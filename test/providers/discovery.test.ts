import { describe, expect, test } from 'vitest'
import { discoverProviders, modelNames } from '../../src/providers/discovery.ts'
import { Secret } from '../../src/providers/secret.ts'

const LISTEN = { host: '127.0.0.1', port: 8787 }

const CALLERS_OWN = ['openai', 'anthropic'].map((name) => ({ name, accounts: [{ key: 'client' }] }))

describe('discoverProviders', () => {
  test('finds providers by their keys, in the order of the vendors', async () => {
    const { providers, notes } = await discover({
      GROQ_API_KEY: 'g',
      OPENAI_API_KEY: 'o',
      GEMINI_API_KEY: '  ',
    })
    expect(providers.map((provider) => [provider.name, provider.baseUrls[0]])).toEqual([
      ['openai', { origin: 'https://api.openai.com', path: '/v1' }],
      ['groq', { origin: 'https://api.groq.com', path: '/openai/v1' }],
    ])
    const key = providers[0]?.accounts[0]?.key
    expect(key instanceof Secret && key.reveal()).toBe('o')
    expect(notes).toEqual([])
  })

  test('takes an address from its variable, with the key or without one', async () => {
    const { providers } = await discover({ OPENAI_BASE_URL: 'http://gpu:8000/v1/' })
    expect(providers).toMatchObject([
      { name: 'openai', baseUrls: [{ origin: 'http://gpu:8000', path: '/v1' }], accounts: [{ key: 'none' }] },
    ])
    const azure = await discover({
      AZURE_OPENAI_API_KEY: 'k',
      AZURE_OPENAI_ENDPOINT: 'https://r.openai.azure.com/',
    })
    expect(azure.providers).toMatchObject([{ name: 'azure', vendor: 'azure' }])
    expect((await discover({ AZURE_OPENAI_API_KEY: 'k' })).providers).toMatchObject(CALLERS_OWN)
  })

  test.each([
    'http://localhost:8787/v1',
    'http://127.0.0.1:8787',
    'http://[::1]:8787/v1',
    'http://0.0.0.0:8787/v1',
  ])('leaves OPENAI_BASE_URL aside where it is trimtab itself: %s', async (address) => {
    const { providers, notes } = await discover({ OPENAI_API_KEY: 'o', OPENAI_BASE_URL: address })
    expect(providers).toMatchObject([{ name: 'openai', baseUrls: [{ origin: 'https://api.openai.com' }] }])
    expect(notes).toEqual([
      'OPENAI_BASE_URL is left aside: it is the address of trimtab itself, meant for applications.',
    ])
  })

  test('leaves aside a key of trimtab’s own, and an address that is none', async () => {
    const { providers, notes } = await discover({
      OPENAI_API_KEY: `tt_0123456789_${'0'.repeat(40)}`,
      OPENAI_BASE_URL: 'localhost',
    })
    expect(providers).toMatchObject(CALLERS_OWN)
    expect(notes).toEqual([
      'OPENAI_API_KEY is left aside: it holds a key made by trimtab, meant for applications.',
      'OPENAI_BASE_URL is left aside: it must be an address like https://host/v1.',
    ])
  })

  test('finds local servers by their ports, with the models they list', async () => {
    const asked: string[] = []
    const { providers } = await discover({}, (origin) => {
      asked.push(origin)
      return origin.endsWith(':11434') ? ['llama3:latest'] : undefined
    })
    expect(asked.sort()).toEqual(
      [1234, 8000, 8080, 11434, 30000].map((port) => `http://127.0.0.1:${port}`).sort(),
    )
    expect(providers).toMatchObject([{ name: 'ollama', accounts: [{ key: 'none' }] }])
    expect([...(providers[0]?.models.keys() ?? [])]).toEqual(['llama3:latest'])
  })

  test('does not ask its own port, nor name one server twice', async () => {
    const asked: string[] = []
    const { providers } = await discover(
      { OPENAI_BASE_URL: 'http://localhost:8000/v1' },
      (origin) => {
        asked.push(origin)
        return ['m']
      },
      { host: '0.0.0.0', port: 8080 },
    )
    expect(asked).not.toContain('http://127.0.0.1:8080')
    expect(providers.map((provider) => provider.name)).toEqual(['openai', 'ollama', 'sglang', 'lmstudio'])
  })

  test('Bedrock’s key is taken where a region is known, and is no provider without', async () => {
    const key = { AWS_BEARER_TOKEN_BEDROCK: 'bedrock-key' }
    const { providers } = await discover({ ...key, AWS_REGION: 'eu-central-1' })
    expect(providers).toMatchObject([
      {
        vendor: 'bedrock',
        baseUrls: [{ origin: 'https://bedrock-runtime.eu-central-1.amazonaws.com', path: '/openai/v1' }],
      },
    ])
    const { notes } = await discover(key)
    expect(notes).toContain('AWS_BEARER_TOKEN_BEDROCK is left aside: set AWS_REGION, too.')
  })

  test('where nothing is found passes the caller’s key on to OpenAI, but not in keys mode', async () => {
    expect((await discover({})).providers).toMatchObject(CALLERS_OWN)
    const closed = await discoverProviders({
      environment: {},
      listen: LISTEN,
      accessMode: 'keys',
      probe: async () => undefined,
    })
    expect(closed).toEqual({
      providers: [],
      notes: ['No provider was found: set OPENAI_API_KEY, or name one under providers in trimtab.yaml.'],
    })
  })
})

test.each([
  [{ object: 'list', data: [{ id: 'a' }, { id: 'b', object: 'model' }] }, ['a', 'b']],
  [{ data: [] }, []],
  [{ data: [{ name: 'a' }] }, undefined],
  [{ data: [{ id: '' }] }, undefined],
  [{ models: [] }, undefined],
  ['<html>', undefined],
  [null, undefined],
])('modelNames reads %j as %j', (answer, expected) => {
  expect(modelNames(answer)).toEqual(expected)
})

function discover(
  environment: Record<string, string>,
  probe: (origin: string) => string[] | undefined = () => undefined,
  listen = LISTEN,
) {
  return discoverProviders({
    environment,
    listen,
    accessMode: 'open',
    probe: async (origin) => probe(origin),
  })
}
