import { describe, expect, test } from 'vitest'
import { configProblemLine } from '../../src/config/config-problems.ts'
import { parseConfig } from '../../src/config.ts'

function parse(text: string, more: { startsProcesses?: boolean; environment?: Record<string, string> } = {}) {
  return parseConfig({ file: { path: 'conf/trimtab.yaml', text }, environment: {}, flags: {}, ...more })
}

function refusals(text: string, more: Parameters<typeof parse>[1] = {}): string[] {
  const parsed = parse(text, more)
  return parsed.kind === 'refused' ? parsed.problems.map(configProblemLine) : []
}

function provider(text: string) {
  const parsed = parse(text)
  if (parsed.kind === 'refused') throw new Error(parsed.problems.map(configProblemLine).join('\n'))
  expect(parsed.warnings).toEqual([])
  return parsed.config.providers[0]
}

const local = (keys: string): string => `providers:\n  local: { ${keys} }\n`
const COMMAND = 'command: [serve, --port, "{port}"]'

describe('a provider with a command', () => {
  test('runs in the folder of the file, with ten minutes to get ready', () => {
    expect(provider(local(COMMAND))).toMatchObject({
      name: 'local',
      vendor: 'generic',
      baseUrls: [{ path: '/v1' }],
      command: {
        words: ['serve', '--port', '{port}'],
        environment: {},
        directory: 'conf/',
        readyPath: undefined,
        readyTimeoutMs: 600_000,
      },
    })
  })

  test('takes every key of its own', () => {
    const keys = `command: [ollama, serve], environment: { OLLAMA_HOST: "127.0.0.1:{port}", LAYERS: 12, DEBUG: true }`
    expect(
      provider(local(`${keys}, directory: models, ready: /v1/models?x=1, ready_timeout: 90s`))?.command,
    ).toEqual({
      words: ['ollama', 'serve'],
      environment: { OLLAMA_HOST: '127.0.0.1:{port}', LAYERS: '12', DEBUG: 'true' },
      directory: 'conf/models',
      readyPath: '/v1/models?x=1',
      readyTimeoutMs: 90_000,
    })
    expect(provider(local(`${COMMAND}, directory: /srv/models`))?.command?.directory).toBe('/srv/models')
  })

  test('is started as often as its replicas say', () => {
    const settings = provider(local(`${COMMAND}, replicas: 2`))
    expect(settings?.command?.replicas).toBe(2)
    expect(settings?.baseUrls.map(({ origin }) => origin)).toEqual(['http://command', 'http://command-2'])
    expect(refusals(local(`${COMMAND}, replicas: ["http://a/v1"]`))[0]).toMatch(
      /must not stand beside command/,
    )
    expect(refusals(local('base_url: "http://a/v1", replicas: 2'))[0]).toMatch(/only of a command are copies/)
  })

  test('runs in the working directory where the environment states it', () => {
    const environment = {
      TRIMTAB_PROVIDERS: `{ local: { ${COMMAND} }, other: { ${COMMAND}, directory: m } }`,
    }
    const parsed = parse('aliases: {}', { environment })
    expect(
      parsed.kind === 'config' && parsed.config.providers.map(({ command }) => command?.directory),
    ).toEqual(['.', 'm'])
  })

  test('is of a hosted vendor only where that is stated', () => {
    const vendorOf = (name: string, keys = '') =>
      provider(`providers: { ${name}: { ${COMMAND}${keys} } }`)?.vendor
    expect([vendorOf('openai'), vendorOf('llamacpp'), vendorOf('local', ', vendor: vllm')]).toEqual([
      'generic',
      'llamacpp',
      'vllm',
    ])
  })

  test.each<[string, string, string]>([
    ['no program', 'command: []', '2:21  `providers.local.command` must name at least the program'],
    ['a text', 'command: serve', '2:21  `providers.local.command` must be a list, not `serve`.'],
    [
      'no place for the port',
      'command: [serve]',
      '2:21  `providers.local.command` must contain `{port}`, here or in environment',
    ],
    [
      'an address beside it',
      `${COMMAND}, base_url: "http://h/v1"`,
      '2:58  `providers.local.base_url` must not stand beside command',
    ],
    [
      'replicas beside it',
      `${COMMAND}, replicas: ["http://h/v1"]`,
      '2:58  `providers.local.replicas` must not stand beside command',
    ],
    [
      'a wrong path',
      `${COMMAND}, ready: health`,
      '2:55  `providers.local.ready` must be a path such as `/health`',
    ],
    [
      'a wrong time',
      `${COMMAND}, ready_timeout: soon`,
      '2:63  `providers.local.ready_timeout` must be a duration such as',
    ],
    [
      'a wrong variable',
      `${COMMAND}, environment: { "A-B": x }`,
      '2:70  `providers.local.environment.A-B` must be named with letters, digits and `_` alone.',
    ],
    [
      'a variable that is no text, which is not shown',
      `${COMMAND}, environment: { A: [secret] }`,
      '2:66  `providers.local.environment.A` must be a text.',
    ],
    [
      'its keys without it',
      'base_url: "http://h/v1", ready: /health',
      '2:44  `providers.local.ready` must not stand without command',
    ],
    [
      'a typo',
      `${COMMAND}, redy: /health`,
      '`providers.local.redy` is not a key here; did you mean `ready`?',
    ],
  ])('is refused with %s, at its place', (_, keys, expected) => {
    const lines = refusals(local(keys))
    expect(lines, lines.join('\n')).toHaveLength(1)
    expect(lines[0]).toContain(expected)
    expect(lines[0]).toMatch(/^conf\/trimtab\.yaml:2:\d+ {2}/)
    expect(lines[0]).not.toContain('secret')
  })

  test('is refused where no process can be started, as on Workers', () => {
    expect(refusals(local(COMMAND), { startsProcesses: false })).toEqual([
      'conf/trimtab.yaml:2:21  `providers.local.command` must not stand on this platform, where trimtab starts no processes: start the server otherwise, and state its base_url.',
    ])
  })
})
