/** Long because every key, variable and mistake of the configuration has its row. */
import { readFileSync } from 'node:fs'
import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import { configProblemLine } from '../../src/config/config-problems.ts'
import { ENVIRONMENT_TWINS } from '../../src/config/environment.ts'
import { configSchema } from '../../src/config/schema.ts'
import { type Config, type ConfigSources, parseConfig } from '../../src/config.ts'
import { Secret } from '../../src/providers/secret.ts'

const KEYS = {
  OPENAI_API_KEY: 'sk-openai-0123456789',
  ANTHROPIC_API_KEY: 'sk-anthropic-0123456789',
  QDRANT_API_KEY: 'qd-0123456789',
}

/** The block of the contract, without `budgets`. */
const CONTRACT = `
listen: { host: 127.0.0.1, port: 8787 }
data: ./data
policies: ./policies
access: { mode: open, origins: [] }
default_provider: openai
providers:
  openai: { dialect: openai, base_url: https://api.openai.com/v1, api_key: "\${OPENAI_API_KEY}" }
  claude: { dialect: anthropic, api_key: "\${ANTHROPIC_API_KEY}" }
  mine: { dialect: openai, base_url: https://api.openai.com/v1, api_key: client }
  gpu:
    dialect: openai
    replicas: [http://10.0.0.1:8000/v1, http://10.0.0.2:8000/v1]
    models: { qwen3-4b: { context: 32768, has: [tools] } }
    cost: { usd_per_hour: 3.50 }
    max_in_flight: 12
  local:
    dialect: openai
    command: [llama-server, -m, models/small.gguf, --port, "{port}"]
  triton:
    dialect: kserve
    base_url: http://gpu:8000
    models: { whisper: { serves: audio/transcriptions, input: { WAV: file }, output: { text: TRANSCRIPT } } }
aliases: { fast: openai/gpt-5.5-mini }
embedding: { use: auto }
vectors: { use: qdrant, url: "https://q.example", api_key: "\${QDRANT_API_KEY}" }
prices:
  overrides: { gpu/qwen3-4b: { input: 0.02, output: 0.08, cache_read: 0.002 } }
  service_tiers: { batch: 0.5, flex: 0.5 }
`

describe('parseConfig', () => {
  test('reads every key of the contract, and warns of none', () => {
    const { config, warnings } = accepted(parse(CONTRACT, KEYS))
    expect(config.listen).toEqual({ host: '127.0.0.1', port: 8787, maxBodyBytes: 10 * 1024 * 1024 })
    expect(config.defaultProvider).toBe('openai')
    expect(config.providers.map((provider) => provider.name)).toEqual([
      'openai',
      'claude',
      'mine',
      'gpu',
      'local',
      'triton',
    ])
    expect(config.providers[1]).toMatchObject({ vendor: 'anthropic' })
    expect(config.providers[3]).toMatchObject({
      vendor: 'generic',
      baseUrls: [
        { origin: 'http://10.0.0.1:8000', path: '/v1' },
        { origin: 'http://10.0.0.2:8000', path: '/v1' },
      ],
      models: new Map([['qwen3-4b', { contextTokens: 32768, has: ['tools'] }]]),
      maxInFlight: 12,
    })
    expect(config.priceOverrides).toEqual({
      'gpu/qwen3-4b': { input: 0.02, output: 0.08, cache_read: 0.002 },
    })
    expect(config.serviceTiers).toEqual({ batch: 0.5, flex: 0.5 })
    expect(config.providers[5]?.tensors?.models.get('whisper')).toMatchObject({
      serves: 'audio/transcriptions',
      inputs: [{ name: 'WAV', from: 'file', shape: ['rows', 1] }],
      outputs: new Map([['text', 'TRANSCRIPT']]),
    })
    expect(warnings).toEqual([])
  })

  test("reads the contract's budgets", () => {
    const text = `${CONTRACT}budgets:\n  - { per: month, limit: 2000 usd, time_zone: UTC, at: { 80%: notify, 100%: block } }\n`
    expect(accepted(parse(text, KEYS)).config.budgets).toMatchObject([
      {
        label: 'The budget of 2000 usd a month of this installation',
        period: { kind: 'month', timeZone: 'UTC' },
        blockNanoUsd: 2e12,
        steps: [{ atNanoUsd: 1.6e12, action: { kind: 'notify' } }],
      },
    ])
  })

  test('accepts the shipped example without a warning', () => {
    const text = readFileSync(new URL('../../trimtab.example.yaml', import.meta.url), 'utf8')
    const environment = Object.fromEntries(
      [...text.matchAll(/\$\{([A-Z_]+)\}/g)].map(([, name]) => [name, 'a-key-0123']),
    )
    expect(accepted(parse(text, environment)).warnings).toEqual([])
  })

  test('without a file keeps everything in .trimtab and discovers providers', () => {
    const { config } = accepted(parseConfig({ file: undefined, environment: {}, flags: {} }))
    expect(config).toEqual({
      file: undefined,
      listen: { host: '127.0.0.1', port: 8787, maxBodyBytes: 10 * 1024 * 1024 },
      data: '.trimtab/data',
      policies: '.trimtab/policies',
      durability: 'process',
      ledgerOnFailure: 'proceed',
      retention: { requestsMs: 90 * 864e5, rollupsMs: 730 * 864e5 },
      log: { level: 'info', access: undefined },
      traces: undefined,
      access: { mode: 'open', origins: [], teams: new Map() },
      defaultProvider: undefined,
      providers: [],
      discoverProviders: true,
      aliases: new Map(),
      embedding: {
        use: 'auto',
        local: { model: 'minilm', dtype: undefined, pooling: 'mean', threads: 1, timeoutMs: 250 },
      },
      reranker: undefined,
      priceOverrides: {},
      budgets: [],
      vectors: {
        use: 'embedded',
        timeoutMs: 50,
        memoryBytes: 512 * 1024 ** 2,
        diskBytes: 4 * 1024 ** 3,
        mostEntries: 1_000_000,
      },
      serviceTiers: {},
    } satisfies Config)
  })

  test('vectors: embedded within bounds, or Qdrant at an address; what the other would read is refused', () => {
    const qdrant = `vectors: { use: qdrant, url: "https://q.example/a", api_key: "\${KEY}", timeout: 30ms }`
    expect(accepted(parse(qdrant, { KEY: 'sk-hidden-0123' })).config.vectors).toEqual({
      use: 'qdrant',
      url: 'https://q.example/a',
      apiKey: 'sk-hidden-0123',
      timeoutMs: 30,
    })
    const variables = { TRIMTAB_VECTORS_MEMORY: '2GB', TRIMTAB_VECTORS_ENTRIES: '5000' }
    expect(accepted(parse('vectors: { disk: 10GB }', variables)).config.vectors).toMatchObject({
      use: 'embedded',
      memoryBytes: 2 * 1024 ** 3,
      diskBytes: 10 * 1024 ** 3,
      mostEntries: 5000,
    })
    const refused: [string, RegExp][] = [
      ['vectors: { use: qdrant }', /`vectors.use` must not be `qdrant` without vectors.url/],
      ['vectors: { url: "http://q" }', /`vectors.url` must not stand where vectors.use is `embedded`/],
      ['vectors: { use: qdrant, url: "http://q", memory: 1GB }', /`vectors.memory` must not stand where/],
      ['vectors: { use: qdrant, url: "http://user:pass@q" }', /`vectors.url` must be an address such as/],
      [
        'vectors: { use: qdrant, url: "http://q", timeout: 1m }',
        /`vectors.timeout` must be a duration .*at most 10s/,
      ],
      ['vectors: { use: sqlite }', /`vectors.use` must be/],
      ['vectors: { uses: qdrant }', /did you mean `use`/],
    ]
    for (const [text, problem] of refused) expect(refusals(parse(text)).join('\n')).toMatch(problem)
    expect(refusals(parse('vectors: { api_key: "no spaces here" }')).join()).not.toContain('spaces here')
  })

  test('retention: days, weeks, years or forever, and no sums for less than what they sum up', () => {
    expect(accepted(parse('retention: { requests: 4w }')).config.retention).toEqual({
      requestsMs: 28 * 864e5,
      rollupsMs: 730 * 864e5,
    })
    const { config } = accepted(parse('', { TRIMTAB_RETENTION_REQUESTS: 'forever' }))
    expect(config.retention).toEqual({ requestsMs: Infinity, rollupsMs: Infinity })
    expect(refusals(parse('retention: { requests: 90m }'))[0]).toMatch(/`retention.requests` must be a time/)
    expect(refusals(parse('retention: { requests: 2y, rollups: 90d }'))[0]).toMatch(/must not be shorter/)
  })

  test('counts folders of the file from the file, and others from the working directory', () => {
    expect(accepted(parse('data: ./d\npolicies: /etc/p')).config).toMatchObject({
      data: 'conf/d',
      policies: '/etc/p',
    })
    expect(accepted(parse('')).config).toMatchObject({ data: 'conf/data', policies: 'conf/policies' })
    const { config } = accepted(parse('data: ./d', { TRIMTAB_DATA: 'e', TRIMTAB_POLICIES: './p' }))
    expect(config).toMatchObject({ data: 'e', policies: './p' })
  })

  test('reads where a log and traces go, from variables too, and refuses what is no address', () => {
    const { config } = accepted(
      parse('log: { level: warn, access: on }\ntraces: { endpoint: "http://collector:4318" }', {
        TRIMTAB_LOG_ACCESS: 'off',
        TRIMTAB_TRACES_ENDPOINT: 'https://other/otlp',
      }),
    )
    expect(config.log).toEqual({ level: 'warn', access: false })
    expect(config.traces).toEqual({ endpoint: 'https://other/otlp', headers: undefined })
    expect(refusals(parse('log: { level: loud }'))[0]).toMatch(/`log.level` must be/)
    const secret = 'traces: { endpoint: "http://user:hidden@c", headers: { a: "no\u00e9" } }'
    expect(refusals(parse(secret))).toHaveLength(2)
    expect(refusals(parse(secret)).join()).not.toContain('é')
    expect(refusals(parse('traces: {}'))[0]).toMatch(/`traces.endpoint` is missing/)
  })

  test('lets flags win over the environment, that over the file, and all over defaults', () => {
    const file = 'listen: { host: localhost, port: 1 }'
    const environment = { TRIMTAB_PORT: '2' }
    expect(accepted(parse(file)).config.listen).toMatchObject({ host: 'localhost', port: 1 })
    expect(accepted(parse(file, environment)).config.listen).toMatchObject({ host: 'localhost', port: 2 })
    const flagged = accepted(parse(file, environment, { port: '3' })).config
    expect(flagged.listen).toMatchObject({ host: 'localhost', port: 3 })
  })

  test('reads structured keys from the environment as YAML, JSON or a list with commas', () => {
    const { config } = accepted(
      parseConfig({
        file: undefined,
        environment: {
          ...KEYS,
          TRIMTAB_PROVIDERS: `{"openai": {"api_key": "\${OPENAI_API_KEY}"}}`,
          TRIMTAB_ALIASES: 'fast: openai/gpt-5.5-mini\nslow: openai/gpt-5.5',
          TRIMTAB_ACCESS_ORIGINS: 'https://a.example, https://b.example',
        },
        flags: {},
      }),
    )
    expect(config.providers.map((provider) => provider.name)).toEqual(['openai'])
    expect(config.aliases.get('slow')).toBe('openai/gpt-5.5')
    expect(config.access.origins).toEqual(['https://a.example', 'https://b.example'])
  })

  test('has an environment twin for every key', () => {
    const twins = new Set(ENVIRONMENT_TWINS.map((twin) => twin.path.join('.')))
    for (const [key, schema] of Object.entries(configSchema.shape)) {
      expect(twins).toContain(key)
      const inner = schema.unwrap()
      if ('shape' in inner)
        for (const name of Object.keys(inner.shape)) expect(twins).toContain(`${key}.${name}`)
    }
  })

  test('keeps secrets out of JSON, texts and inspection', () => {
    const { config } = accepted(parse(CONTRACT, KEYS))
    const key = config.providers[0]?.accounts[0]?.key
    expect(key).toBeInstanceOf(Secret)
    expect(key instanceof Secret && key.reveal()).toBe(KEYS.OPENAI_API_KEY)
    for (const shown of [
      JSON.stringify(config.providers),
      `${key}`,
      inspect(config, { depth: 9, showHidden: true }),
    ]) {
      expect(shown).not.toContain(KEYS.OPENAI_API_KEY)
    }
  })

  test('resolves references with a default, and escapes', () => {
    const { config } = accepted(parse(`aliases: { a: "x/\${MODEL:-small}", b: "$\${MODEL}" }`))
    expect([...config.aliases]).toEqual([
      ['a', 'x/small'],
      ['b', `\${MODEL}`],
    ])
  })

  test('does not print what a misplaced reference refers to', () => {
    const [line] = refusals(parse(`access: { mode: "\${OPENAI_API_KEY}" }`, KEYS))
    expect(line).toContain(`\`access.mode\` must be \`open\` or \`keys\`, not \`\${OPENAI_API_KEY}\``)
  })
})

const HOST = 'listen: { host: 127.0.0.1 }'

test.each([
  [
    'vertex: { region: europe-west4, project: my-project, credentials: google }',
    'https://europe-west4-aiplatform.googleapis.com',
    '/v1/projects/my-project/locations/europe-west4/endpoints/openapi',
    'google',
  ],
  [
    'vertex: { region: global, project: my-project, credentials: google }',
    'https://aiplatform.googleapis.com',
    '/v1/projects/my-project/locations/global/endpoints/openapi',
    'google',
  ],
  [
    'bedrock: { region: us-west-2, api_key: k }',
    'https://bedrock-runtime.us-west-2.amazonaws.com',
    '/openai/v1',
    {},
  ],
  [
    'azure-v1: { base_url: "https://x.openai.azure.com/openai/v1", credentials: entra }',
    'https://x.openai.azure.com',
    '/openai/v1',
    'entra',
  ],
])('parseConfig reads a cloud: %s', (provider, origin, path, key) => {
  const { config, warnings } = accepted(parse(`providers: { ${provider} }`))
  expect(warnings).toEqual([])
  expect(config.providers[0]).toMatchObject({
    vendor: provider.split(':')[0],
    baseUrls: [{ origin, path }],
    accounts: [{ key }],
  })
})

test.each<[string, string, Partial<ConfigSources>, string]>([
  ['broken YAML', 'listen: { port: 1', {}, 'conf/trimtab.yaml:1:18  This is not valid YAML'],
  ['a key twice', 'data: a\ndata: b', {}, 'conf/trimtab.yaml:2:1  The key `data` is here twice'],
  ['a text for a file', 'hello', {}, 'conf/trimtab.yaml:1:1  The configuration must be a mapping'],
  [
    'an unknown key',
    'listen:\n  prot: 1',
    {},
    'conf/trimtab.yaml:2:3  `listen.prot` is not a key here; did you mean `port`?',
  ],
  [
    'an unknown top key',
    'provders: {}',
    {},
    'conf/trimtab.yaml:1:1  `provders` is not a key here; did you mean `providers`?',
  ],
  [
    'a wrong port',
    'listen: { port: 70000 }',
    {},
    'conf/trimtab.yaml:1:17  `listen.port` must be a whole number from 0 to 65535, not `70000`.',
  ],
  ['a wrong size', 'listen: { max_body: 10XB }', {}, '`listen.max_body` must be a size such as `10MB`'],
  [
    'a wrong mode',
    'access: { mode: key }',
    {},
    '`access.mode` must be `open` or `keys`, not `key`; did you mean `keys`?',
  ],
  [
    'a missing variable',
    `providers:\n  openai: { api_key: "\${OPENAI_API_KEY}" }`,
    {},
    'conf/trimtab.yaml:2:22  `providers.openai.api_key` needs the environment variable OPENAI_API_KEY, which is not set.',
  ],
  [
    'a wrong variable',
    HOST,
    { environment: { TRIMTAB_PORT: 'abc' } },
    'TRIMTAB_PORT: `listen.port` must be a whole number from 0 to 65535, not `abc`.',
  ],
  [
    'broken YAML in a variable',
    HOST,
    { environment: { TRIMTAB_PROVIDERS: '{a: ' } },
    'TRIMTAB_PROVIDERS: This is not valid YAML',
  ],
  ['a wrong flag', HOST, { flags: { port: '1.5' } }, '--port: `listen.port` must be a whole number'],
  ['an open door', 'listen: { host: 0.0.0.0 }', {}, '`listen.host` must be a loopback address'],
  [
    'a wrong origin',
    'access: { origins: [app.example] }',
    {},
    '`access.origins` must list origins such as https://app.example, not `app.example`.',
  ],
  [
    'limits of teams where nobody has a team',
    'access: { mode: open, teams: { web: { rpm: 5 } } }',
    {},
    'conf/trimtab.yaml:1:30  `access.teams` must not stand where access.mode is `open`: teams are of keys, so that nobody would be limited.',
  ],
  [
    'a limit that limits nothing',
    'access: { mode: keys, teams: { web: {} } }',
    {},
    '`access.teams.web` must state `rpm`, `tpm` or both.',
  ],
  [
    'an unknown default',
    'default_provider: opnai\nproviders: { openai: {} }',
    {},
    '`default_provider` must name one of the providers, not `opnai`; did you mean `openai`?',
  ],
  [
    'an alias of an alias',
    'aliases: { a: b, b: openai/x }',
    {},
    '`aliases.a` must name a model, not `b`, which is an alias itself.',
  ],
  ['an unknown vendor', 'providers: { a: { vendor: olama } }', {}, 'did you mean `ollama`?'],
  ['a provider without an address', 'providers: { a: {} }', {}, '`providers.a.base_url` is missing'],
  [
    'an address without a scheme',
    'providers: { a: { base_url: host/v1 } }',
    {},
    '`providers.a.base_url` must be an address like https://host/v1.',
  ],
  [
    'another scheme',
    'providers: { a: { base_url: "ftp://host/v1" } }',
    {},
    '`providers.a.base_url` must be an http:// or https:// address.',
  ],
  [
    'a password in an address',
    'providers: { a: { base_url: "https://u:p@host/v1" } }',
    {},
    '`providers.a.base_url` must be an address without a user name or password',
  ],
  [
    'a query in an address',
    'providers: { a: { base_url: "https://host/v1?x=1" } }',
    {},
    '`providers.a.base_url` must be an address without ? or #',
  ],
  [
    'itself as a provider',
    'providers: { a: { base_url: "http://localhost:8787/v1" } }',
    {},
    '`providers.a.base_url` must not be the address of trimtab itself',
  ],
  [
    'two kinds of address',
    'providers: { a: { base_url: "http://h/v1", replicas: ["http://i/v1"] } }',
    {},
    '`providers.a.replicas` must not stand beside base_url',
  ],
  [
    'a replica twice',
    'providers: { a: { replicas: ["http://h/v1", "http://h/v1/"] } }',
    {},
    '`providers.a.replicas.1` must not be listed twice.',
  ],
  [
    'two kinds of key',
    'providers: { openai: { api_key: k, accounts: [{ name: a, api_key: k }] } }',
    {},
    '`providers.openai.accounts` must not stand beside api_key',
  ],
  [
    'an account twice',
    'providers: { openai: { accounts: [{ name: a, api_key: k }, { name: a, api_key: l }] } }',
    {},
    '`providers.openai.accounts.1.name` must not be listed twice.',
  ],
  [
    'a key that no header carries',
    'providers: { openai: { api_key: "ключ" } }',
    {},
    '`providers.openai.api_key` must be a text of printable ASCII characters',
  ],
  [
    'client keys in keys mode',
    'access: { mode: keys }\nproviders: { openai: { api_key: client } }',
    {},
    '`providers.openai.api_key` must not be `client` where access.mode is `keys`',
  ],
  [
    'client among accounts',
    'providers: { openai: { accounts: [{ name: a, api_key: client }] } }',
    {},
    '`providers.openai.accounts.0.api_key` must not be `client`',
  ],
  [
    'a slash in a name',
    'providers: { a/b: { base_url: "http://h/v1" } }',
    {},
    '`providers.a/b` must be named with letters',
  ],
  [
    'the name sandbox',
    'providers: { sandbox: { base_url: "http://h/v1" } }',
    {},
    '`providers.sandbox` must be named otherwise',
  ],
  [
    'a wrong path',
    'providers: { openai: { path: /chat } }',
    {},
    '`providers.openai.path` must be a path such as `/{endpoint}`',
  ],
  [
    'a wrong price',
    'prices: { overrides: { a/b: { input: -1 } } }',
    {},
    '`prices.overrides.a/b.input` must be a number from 0',
  ],
  [
    'a price that no model can have',
    'prices: { overrides: { gpt-4o: { input: 1, output: 2 } } }',
    {},
    '`prices.overrides.gpt-4o` must be named `provider/model`, or `provider/*` for all its models',
  ],
  [
    'a price of some models of a provider',
    'prices: { overrides: { "gpu/qwen*": { input: 1, output: 2 } } }',
    {},
    '`prices.overrides.gpu/qwen*` must be named `provider/model`, or `provider/*` for all its models',
  ],
  [
    'a price of all models of all providers',
    'prices: { overrides: { "*/*": { input: 1, output: 2 } } }',
    {},
    '`prices.overrides.*/*` must be named `provider/model`, or `provider/*` for all its models',
  ],
  [
    'a token beside a key',
    'providers: { azure-v1: { base_url: "https://x.example/v1", api_key: k, credentials: entra } }',
    {},
    '`providers.azure-v1.credentials` must not stand beside api_key',
  ],
  [
    'a cloud that is none',
    'providers: { vertex: { region: global, project: p, credentials: gogle } }',
    {},
    '`providers.vertex.credentials` must be `google` or `entra`',
  ],
  [
    'Vertex AI without a token',
    'providers: { vertex: { region: global, project: p } }',
    {},
    '`providers.vertex.credentials` is missing: state `credentials: google`',
  ],
  [
    'Vertex AI without a project',
    'providers: { vertex: { region: global, credentials: google } }',
    {},
    '`providers.vertex.project` is missing',
  ],
  [
    'Bedrock without a region',
    'providers: { bedrock: { api_key: k } }',
    {},
    '`providers.bedrock.region` is missing',
  ],
  [
    'a region that would be another host',
    'providers: { bedrock: { api_key: k, region: "evil.example/" } }',
    {},
    '`providers.bedrock.region` must be a region such as',
  ],
  [
    'a region where no address has one',
    'providers: { openai: { api_key: k, region: us-east-1 } }',
    {},
    '`providers.openai.region` has no place',
  ],
])('parseConfig refuses %s in one sentence', (_, text, sources, expected) => {
  const lines = refusals(parse(text, sources.environment, sources.flags))
  expect(
    lines.filter((line) => line.includes(expected)),
    lines.join('\n'),
  ).toHaveLength(1)
})

test('parseConfig says once of a missing variable that it is missing', () => {
  expect(refusals(parse(`listen: { port: "\${SOME_PORT}" }`))).toEqual([
    'conf/trimtab.yaml:1:17  `listen.port` needs the environment variable SOME_PORT, which is not set.',
  ])
})

test('parseConfig lists all errors at once', () => {
  expect(refusals(parse('listen: { port: x, hots: y }\naccess: { mode: z }'))).toHaveLength(3)
})

test('parseConfig warns of a mistyped variable and leaves other ones alone', () => {
  const { warnings } = accepted(
    parse('', { TRIMTAB_PROT: '1', TRIMTAB_ADMIN_KEY: 'x', TRIMTAB_SOMETHING_OF_MINE: 'y' }),
  )
  expect(warnings.map(configProblemLine)).toEqual([
    'TRIMTAB_PROT: warning: The variable stands for no key; did you mean `TRIMTAB_PORT`?',
  ])
})

function parse(
  text: string,
  environment: ConfigSources['environment'] = {},
  flags: ConfigSources['flags'] = {},
) {
  return parseConfig({ file: { path: 'conf/trimtab.yaml', text }, environment, flags })
}

function accepted(parsed: ReturnType<typeof parseConfig>) {
  if (parsed.kind === 'refused') throw new Error(parsed.problems.map(configProblemLine).join('\n'))
  return parsed
}

function refusals(parsed: ReturnType<typeof parseConfig>): string[] {
  if (parsed.kind === 'config') throw new Error('nothing was refused')
  return parsed.problems.map(configProblemLine)
}

test('parseConfig refuses a mistyped dialect with the nearest, and says nothing else of it', () => {
  const lines = refusals(parse('providers:\n  a: { dialect: antropic, base_url: "http://127.0.0.1:9" }\n'))
  expect(lines).toEqual([
    expect.stringMatching(
      /:2:17 .*`providers\.a\.dialect` must be `openai`, .*, not `antropic`; did you mean `anthropic`\?$/,
    ),
  ])
})
