import { inspect } from 'node:util'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { buildRegistry, modelNotFound, type RegistryParts } from '../../src/providers/registry.ts'
import { Secret } from '../../src/providers/secret.ts'
import type { ProviderSettings } from '../../src/providers/settings.ts'
import { AccessToken } from '../../src/providers/tokens/access-token.ts'
import type { Transport } from '../../src/providers/transport.ts'
import { inferVendor, VENDOR_IDS, vendorOf } from '../../src/providers/vendors.ts'

const transport: Transport = {
  send() {
    throw new Error('nothing is sent here')
  },
}

describe('lookup', () => {
  const registry = build(
    [
      provider('openai', { vendor: 'openai' }),
      provider('gpu', { models: ['qwen3-4b', 'org/tiny'] }),
      provider('spare', { models: ['qwen3-4b'] }),
      provider('gemini', { vendor: 'gemini' }),
    ],
    { aliases: { fast: 'openai/gpt-5.5-mini', 'gpt-4': 'gpu/qwen3-4b', plain: 'qwen3-4b' } },
  )

  test.each([
    ['an alias', 'fast', 'openai/gpt-5.5-mini'],
    ['an alias before the family of its own name', 'gpt-4', 'gpu/qwen3-4b'],
    ['an alias of a bare name', 'plain', 'gpu/qwen3-4b'],
    ['provider/model, listed or not', 'spare/anything', 'spare/anything'],
    ['provider/model before a model of that whole name', 'gpu/org/tiny', 'gpu/org/tiny'],
    ['a listed model, first in file order', 'qwen3-4b', 'gpu/qwen3-4b'],
    ['a listed model whose name holds a slash', 'org/tiny', 'gpu/org/tiny'],
    ['the family gpt-*', 'gpt-5.5', 'openai/gpt-5.5'],
    ['the family o*', 'o4-mini', 'openai/o4-mini'],
    ['the family gemini-*', 'gemini-3-pro', 'gemini/gemini-3-pro'],
    ['the sandbox by its name', 'sandbox/x', 'sandbox/x'],
  ])('finds %s', (_, asked, expected) => {
    expect(found(registry, asked)).toBe(expected)
  })

  test.each(['llama', 'orca', 'nobody/llama', '/x', 'openai/', ''])('finds nothing for %j', (asked) => {
    expect(registry.lookup(asked)).toBeUndefined()
  })

  test('falls to default_provider, a part before / that names no provider belonging to the model', () => {
    const withDefault = build([provider('a'), provider('b')], { defaultProvider: 'b' })
    expect(found(withDefault, 'llama')).toBe('b/llama')
    expect(found(withDefault, 'meta/llama')).toBe('b/meta/llama')
  })

  test('falls to the only provider', () => {
    expect(found(build([provider('a')]), 'meta/llama')).toBe('a/meta/llama')
    expect(build([provider('a'), provider('b')]).defaultProvider).toBeUndefined()
    expect(build([]).lookup('llama')).toBeUndefined()
  })

  test('leads to the sandbox alone under --sandbox', () => {
    const sandboxed = build([provider('openai', { vendor: 'openai' })], {
      sandboxOnly: true,
      aliases: { fast: 'openai/gpt-5.5-mini' },
    })
    for (const asked of ['fast', 'openai/gpt-5.5', 'gpt-5.5', 'sandbox/x']) {
      expect(sandboxed.lookup(asked)?.provider).toMatchObject({ name: 'sandbox', free: true })
    }
    expect(found(sandboxed, 'openai/gpt-5.5')).toBe('sandbox/openai/gpt-5.5')
  })

  test('holds the order of the contract for any configuration', () => {
    const name = fc.constantFrom('a', 'b', 'c')
    const model = fc.constantFrom('m', 'n', 'a/m', 'x/m', 'gpt-1', 'o3')
    const settings = fc.uniqueArray(
      fc.record({ name, models: fc.uniqueArray(model), vendor: fc.constantFrom('openai', 'generic') }),
      { selector: (entry) => entry.name },
    )
    const aliases = fc.dictionary(fc.constantFrom('m', 'k', 'gpt-1'), fc.constantFrom('a/z', 'n', 'o3'))
    fc.assert(
      fc.property(
        settings,
        aliases,
        fc.option(name, { nil: undefined }),
        fc.oneof(model, fc.constant('k')),
        (entries, renamed, chosen, asked) => {
          const built = build(
            entries.map((entry) =>
              provider(entry.name, { models: entry.models, vendor: entry.vendor as 'openai' }),
            ),
            { aliases: renamed, defaultProvider: chosen },
          )
          const wanted = renamed[asked] ?? asked
          const [head = '', ...rest] = wanted.split('/')
          const explicit = rest.length > 0 && entries.some((entry) => entry.name === head)
          const owner =
            entries.find((entry) => entry.models.some((name) => name === wanted)) ??
            (/^(gpt-|o\d)/.test(wanted) ? entries.find((entry) => entry.vendor === 'openai') : undefined) ??
            entries.find((entry) => entry.name === chosen) ??
            (entries.length === 1 ? entries[0] : undefined)
          const expected = explicit ? wanted : owner === undefined ? undefined : `${owner.name}/${wanted}`
          expect(found(built, asked)).toBe(expected)
        },
      ),
    )
  })
})

describe('nearest', () => {
  const registry = build(
    [provider('openai', { models: ['gpt-5.5', 'gpt-5.5-mini'] }), provider('gpu', { models: ['qwen3-4b'] })],
    {
      aliases: { fast: 'gpt-5.5-mini' },
    },
  )

  test.each([
    ['gtp-5.5', 'gpt-5.5'],
    ['qwen3-4B-', 'qwen3-4b'],
    ['fsat', 'fast'],
    ['opnai/gpt-5.5', 'openai/gpt-5.5'],
    ['supprt', 'support'],
  ])('for %s is %s first', (asked, expected) => {
    expect(registry.nearest(asked, ['support'])[0]).toBe(expected)
  })

  test('is nothing for a far name, and quick for a huge one', () => {
    expect(registry.nearest('completely-different-thing')).toEqual([])
    expect(registry.nearest('x'.repeat(1_000_000))).toEqual([])
  })

  test('words the failure with names, or with the providers', () => {
    const failure = modelNotFound(registry, 'gtp-5.5')
    expect([failure.code, failure.status, failure.param]).toEqual(['model_not_found', 404, 'model'])
    expect(failure.message).toBe('No provider here is known for the model "gtp-5.5": did you mean gpt-5.5?')
    expect(modelNotFound(registry, 'completely-different-thing').message).toContain(
      'ask for provider/model, the provider being one of openai, gpu, sandbox.',
    )
  })
})

describe('list', () => {
  test('names what lookup leads to, for any configuration', () => {
    const registry = build([provider('a', { models: ['m', 'n'] }), provider('b', { models: ['m'] })], {
      aliases: { fast: 'a/n', lost: 'nobody' },
    })
    expect(registry.list()).toEqual([
      { id: 'fast', provider: 'a' },
      { id: 'm', provider: 'a' },
      { id: 'n', provider: 'a' },
      { id: 'b/m', provider: 'b' },
    ])
    for (const entry of registry.list()) expect(registry.lookup(entry.id)?.provider.name).toBe(entry.provider)
    const standing = ['m', 'n', 'a/m', 'fast', 'nobody'].map((model) => registry.listedBy(model))
    expect(standing).toEqual([['a', 'b'], ['a'], [], [], []])
    const target = registry.lookup('a/m')
    expect(target && registry.confirms(target)).toBe(true)
    const unlisted = registry.lookup('a/other')
    expect(unlisted && registry.confirms(unlisted)).toBe(false)
  })
})

describe('providers', () => {
  test('reach every replica under every account, each with an id of its own', () => {
    const built = build([
      {
        ...provider('gpu'),
        baseUrls: [
          { origin: 'http://10.0.0.1:8000', path: '/v1' },
          { origin: 'https://models.example', path: '/api' },
        ],
        accounts: [
          { name: 'a', key: new Secret('key-a') },
          { name: 'b', key: 'none' },
        ],
      },
    ])
    const replicas = built.providers.get('gpu')?.replicas ?? []
    expect(replicas.map((replica) => replica.id)).toEqual([
      'gpu/10.0.0.1:8000/a',
      'gpu/10.0.0.1:8000/b',
      'gpu/models.example:443/a',
      'gpu/models.example:443/b',
    ])
    expect(replicas[0]?.credential).toMatchObject({
      kind: 'key',
      header: 'authorization',
      value: 'Bearer key-a',
    })
    expect(replicas[3]?.credential).toEqual({ kind: 'none' })
    for (const shown of [JSON.stringify(replicas), inspect(replicas, { depth: 9 })])
      expect(shown).not.toContain('key-a')
  })

  test('differ in their paths where only that tells them apart', () => {
    const baseUrls = ['/a', '/b'].map((path) => ({ origin: 'http://h:1', path }))
    const ids = build([{ ...provider('x'), baseUrls }])
      .providers.get('x')
      ?.replicas.map((replica) => replica.id)
    expect(ids).toEqual(['x/http://h:1/a/default', 'x/http://h:1/b/default'])
  })

  test.each(['', '/openai'])('speak Azure’s layout, whether its endpoint is written with %j', (path) => {
    const azure = build([
      {
        ...provider('azure', { vendor: 'azure' }),
        baseUrls: [{ origin: 'https://r.openai.azure.com', path }],
        accounts: [{ name: 'default', key: new Secret('k') }],
      },
    ]).providers.get('azure')
    const replica = azure?.replicas[0]
    expect(`${replica?.basePath}${azure?.path('chat/completions', 'my dep/1')}?${azure?.query}`).toBe(
      '/openai/deployments/my%20dep%2F1/chat/completions?api-version=2024-10-21',
    )
    expect(azure?.path('models', '')).toBe('/openai/models')
    expect(replica?.credential).toMatchObject({ header: 'api-key', value: 'k' })
  })

  test.each([
    ['', '/v1'],
    ['/v1', '/v1'],
    ['/proxy/v1', '/proxy/v1'],
  ])('speak Anthropic’s, whose SDKs are given an address without its path: %j', (path, basePath) => {
    const settings = {
      ...provider('claude', { vendor: 'anthropic' }),
      baseUrls: [{ origin: 'https://gw.example', path }],
    }
    const claude = build([settings]).providers.get('claude')
    expect(`${claude?.replicas[0]?.basePath}${claude?.path('messages', 'm')}`).toBe(`${basePath}/messages`)
  })

  test('let the operator differ from the vendor’s row', () => {
    const custom = build([
      {
        ...provider('mistral', { vendor: 'mistral' }),
        accounts: [{ name: 'default', key: new Secret('k') }],
        overrides: {
          keyHeader: 'X-Key',
          path: '/v2/{endpoint}/{model}',
          query: 'a=b',
          headers: { 'X-Project': 'p' },
          supportsStreamOptions: true,
        },
      },
    ]).providers.get('mistral')
    expect(custom?.path('embeddings', 'm')).toBe('/v2/embeddings/m')
    expect(custom).toMatchObject({
      query: 'a=b',
      extraHeaders: ['x-project', 'p'],
      supportsStreamOptions: true,
    })
    expect(custom?.replicas[0]?.credential).toMatchObject({ header: 'x-key', value: 'k' })
    expect(vendorOf('mistral').supportsStreamOptions).toBe(false)
  })
})

test('passesCredentials is told by any provider with api_key: client', () => {
  const client = { ...provider('mine'), accounts: [{ name: 'default', key: 'client' as const }] }
  expect(build([provider('a'), client]).passesCredentials).toBe(true)
  expect(build([provider('a')]).passesCredentials).toBe(false)
  expect(build([client], { sandboxOnly: true }).passesCredentials).toBe(false)
})

describe('inferVendor', () => {
  test('recognises every hosted vendor by its own address, under any name', () => {
    for (const id of VENDOR_IDS) {
      const { baseUrl, address } = vendorOf(id)
      if (baseUrl !== undefined && address !== undefined) expect(inferVendor('mine', baseUrl)).toBe(id)
    }
  })

  test.each([
    ['mine', 'https://r.openai.azure.com', 'azure'],
    ['azure', 'https://r.openai.azure.com/openai/v1', 'azure-v1'],
    ['openai', 'https://r.services.ai.azure.com/openai/v1', 'azure-v1'],
    ['openai', 'http://10.0.0.1:8000/v1', 'openai'],
    ['gpu', 'http://10.0.0.1:8000/v1', 'generic'],
    ['toString', undefined, 'generic'],
  ])('takes %s at %s for %s', (name, address, expected) => {
    expect(inferVendor(name, address)).toBe(expected)
  })
})

function provider(
  name: string,
  {
    vendor = 'generic',
    models = [],
  }: { vendor?: ProviderSettings['vendor']; models?: readonly string[] } = {},
): ProviderSettings {
  return {
    name,
    vendor,
    baseUrls: [{ origin: `http://${name}.example`, path: '/v1' }],
    accounts: [{ name: 'default', key: 'none' }],
    models: new Map(models.map((model) => [model, {}])),
    maxInFlight: undefined,
    overrides: {},
  }
}

function build(
  providers: readonly ProviderSettings[],
  {
    aliases = {},
    ...rest
  }: Partial<Omit<RegistryParts, 'aliases' | 'providers'>> & {
    aliases?: Readonly<Record<string, string>>
  } = {},
) {
  return buildRegistry({
    providers,
    aliases: new Map(Object.entries(aliases)),
    defaultProvider: undefined,
    network: transport,
    tokenOf: () => new AccessToken(() => Promise.reject(new Error('no token is asked for here')), Date.now),
    sandbox: transport,
    sandboxOnly: false,
    now: Date.now,
    ...rest,
  })
}

function found(registry: ReturnType<typeof buildRegistry>, asked: string): string | undefined {
  const target = registry.lookup(asked)
  return target && `${target.provider.name}/${target.model}`
}
