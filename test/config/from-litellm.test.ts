import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { runCommand } from '../support/start-trimtab.ts'

const fixtures = fileURLToPath(new URL('../fixtures/litellm/', import.meta.url))
const names = readdirSync(fixtures).filter((name) => name.endsWith('.yaml'))

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'trimtab-litellm-'))
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** What the program says of a file, what it wrote, and what `check` then says of that. */
async function convert(text: string) {
  writeFileSync(join(folder, 'config.yaml'), text)
  const init = await runCommand(['init', '--from', 'litellm', 'config.yaml'], undefined, folder)
  const variables = (/Set where trimtab runs: (.*)\.$/m.exec(init.stdout)?.[1] ?? '')
    .split(', ')
    .filter(Boolean)
  const env = Object.fromEntries([
    ...Object.entries(process.env).filter(([name]) => name === 'PATH'),
    ...variables.map((name) => [
      name,
      /BASE|URL/.test(name) ? 'https://stated.openai.azure.com' : 'sk-stated',
    ]),
  ])
  const command = (...args: string[]) => runCommand(args, env, folder)
  return { init, variables, command, notes: notesIn(init.stdout) }
}

function notesIn(stdout: string): string[] {
  return stdout
    .split('\n')
    .filter((line) => line.startsWith('  config.yaml:'))
    .map((line) => line.slice(2))
}

const fixture = (name: string) => readFileSync(join(fixtures, name), 'utf8')
const written = (path: string) => parse(readFileSync(join(folder, path), 'utf8')) as Record<string, unknown>

describe('init --from litellm', () => {
  test('there are ten examples', () => {
    expect(names).toHaveLength(10)
  })

  test.each(names)('%s converts, and checks clean', async (name) => {
    const { init, command } = await convert(fixture(name))
    expect(init).toMatchObject({ code: 0, stderr: '' })
    const checked = await command('check', '--json')
    expect(JSON.parse(checked.stdout)).toMatchObject({ ok: true, problems: [] })
    expect([checked.code, checked.stderr]).toEqual([0, ''])
  })

  test('keys, addresses and versions of deployments become providers, names become aliases', async () => {
    const { variables, notes } = await convert(fixture('01-quick-start.yaml'))
    expect(written('trimtab.yaml')).toEqual({
      providers: {
        azure: {
          base_url: `\${AZURE_API_BASE}`,
          api_key: `\${AZURE_API_KEY}`,
          query: 'api-version=2024-10-21',
          models: ['prod-gpt-4o'],
        },
        openai: { api_key: `\${OPENAI_API_KEY}`, models: ['gpt-4o-mini'] },
      },
      aliases: { 'gpt-4o': 'azure/prod-gpt-4o', 'gpt-4o-mini': 'openai/gpt-4o-mini' },
    })
    expect(variables).toEqual(['AZURE_API_BASE', 'AZURE_API_KEY', 'OPENAI_API_KEY'])
    expect(notes).toEqual([])
  })

  test('deployments of one name become a weighted tier that its other names lead to as well', async () => {
    const { notes, command } = await convert(fixture('02-load-balancing.yaml'))
    expect(written('policies/to-gpt-4o.yaml')).toEqual({
      workflow: 'to-gpt-4o',
      match: { models: ['gpt-4o', 'gpt-4', 'smart'] },
      tiers: {
        main: {
          use: [
            { model: 'azure/gpt-4o-europe', weight: 60 },
            { model: 'azure-2/gpt-4o-canada', weight: 240 },
            { model: 'openai/gpt-4o', weight: 600 },
          ],
          strategy: 'weighted',
        },
      },
      route: [{ name: 'all', to: ['main'] }],
      fallback: { on: [429, '5xx', 'timeout'] },
      limits: { timeout: '30s', retries: 2 },
    })
    expect(notes[0]).toMatch(/^config\.yaml:9 {2}model_list\.litellm_params\.rpm: is taken as a weight/)
    const explained = JSON.parse((await command('explain', '--model', 'smart', 'hello', '--json')).stdout)
    expect(explained).toMatchObject({
      workflow: { name: 'to-gpt-4o', because: 'match' },
      rule: 'all',
      failure: null,
    })
    expect(explained.targets).toHaveLength(3)
  })

  test.each([
    ['least-busy', 'least_busy'],
    ['latency-based-routing', 'latency'],
    ['usage-based-routing-v2', 'usage'],
    ['cost-based-routing', 'cost'],
  ])('the strategy %s becomes %s', async (theirs, ours) => {
    const members = ['azure/europe', 'openai/gpt-4o'].map(
      (model) =>
        `  - { model_name: big, litellm_params: { model: ${model}, api_key: k, api_base: "http://127.0.0.1:9" } }`,
    )
    const router = `router_settings: { routing_strategy: ${theirs} }`
    const { notes } = await convert(['model_list:', ...members, router].join('\n'))
    expect(notes.filter((note) => note.includes('routing_strategy'))).toEqual([])
    expect(written('policies/to-big.yaml').tiers).toEqual({
      main: { use: ['azure/europe', 'local/gpt-4o'], strategy: ours },
    })
  })

  test('fallbacks become tiers after the first, for the causes that were meant', async () => {
    const { notes } = await convert(fixture('03-fallbacks.yaml'))
    expect(written('policies/to-fast.yaml')).toMatchObject({
      route: [{ to: ['main', 'careful', 'long'] }],
      fallback: { on: [429, '5xx', 'timeout', 'context_window', 'content_filter'] },
      limits: { timeout: '20s', retries: 3 },
    })
    expect(written('policies/to-careful.yaml')).toMatchObject({ route: [{ to: ['main', 'long', 'fast'] }] })
    expect(readdirSync(join(folder, 'policies')).sort()).toEqual([
      '.schema',
      'default.yaml',
      'to-careful.yaml',
      'to-fast.yaml',
    ])
    expect(notes.map((note) => note.replace(/^config\.yaml:\d+ {2}/, ''))).toEqual([
      expect.stringMatching(/^litellm_settings\.drop_params: has no twin/),
      expect.stringMatching(/^litellm_settings\.allowed_fails: has no twin/),
    ])
  })

  test('what cannot be asked is left out and told, one line each, and leaves nothing that leads there', async () => {
    const { notes } = await convert(fixture('08-clouds.yaml'))
    expect(notes.filter((note) => note.includes('is left out'))).toEqual([
      expect.stringMatching(
        /^config\.yaml:5 .*its endpoint in OpenAI's dialect does not have this model; the deployment is left out\.$/,
      ),
      expect.stringMatching(/cohere has no twin yet/),
      expect.stringMatching(/claude of gemini leads to no deployment here and is left out\.$/),
    ])
    expect(written('policies/to-gemini.yaml')).toMatchObject({
      tiers: { main: { use: ['vertex/google/gemini-2.5-flash', 'gemini/gemini-2.5-flash'] } },
    })
    expect(readdirSync(join(folder, 'policies'))).not.toContain('to-claude.yaml')
  })

  test('Vertex AI and Bedrock are asked at their endpoints in OpenAI’s dialect', async () => {
    const { notes, command } = await convert(`
model_list:
  - model_name: flash
    litellm_params: { model: vertex_ai/gemini-2.5-flash, vertex_project: my-project, vertex_location: us-central1 }
  - model_name: everywhere
    litellm_params: { model: vertex_ai/meta/llama-4, vertex_project: my-project, vertex_location: global }
  - model_name: claude
    litellm_params: { model: vertex_ai/claude-sonnet-4-5, vertex_project: my-project, vertex_location: us-east5 }
  - model_name: open
    litellm_params:
      model: bedrock/converse/openai.gpt-oss-120b-1:0
      aws_region_name: us-west-2
      aws_access_key_id: os.environ/AWS_ACCESS_KEY_ID
  - model_name: elsewhere
    litellm_params: { model: bedrock/eu-central-1/openai.gpt-oss-20b-1:0, api_key: os.environ/BEDROCK_KEY }
`)
    const address =
      'https://aiplatform.googleapis.com/v1/projects/my-project/locations/global/endpoints/openapi'
    expect(written('trimtab.yaml')).toMatchObject({
      providers: {
        vertex: { region: 'us-central1', project: 'my-project', credentials: 'google' },
        'vertex-2': { base_url: address, credentials: 'google' },
        bedrock: { region: 'us-west-2', api_key: `\${AWS_BEARER_TOKEN_BEDROCK}` },
        'bedrock-2': { region: 'eu-central-1', api_key: `\${BEDROCK_KEY}` },
      },
      aliases: {
        flash: 'vertex/google/gemini-2.5-flash',
        everywhere: 'vertex-2/meta/llama-4',
        open: 'bedrock/openai.gpt-oss-120b-1:0',
        elsewhere: 'bedrock-2/openai.gpt-oss-20b-1:0',
      },
    })
    expect(notes).toEqual([
      expect.stringMatching(/claude-sonnet-4-5: .* has no Claude; the deployment is left out\.$/),
      expect.stringMatching(/aws_access_key_id: has no twin: .*AWS_BEARER_TOKEN_BEDROCK\.$/),
    ])
    const { code, stderr } = await command('check')
    expect([code, stderr]).toEqual([0, ''])
  })

  test('a master key asks for keys, and a cache for an exact one', async () => {
    await convert(fixture('07-keys-and-database.yaml'))
    expect(written('trimtab.yaml')).toMatchObject({ access: { mode: 'keys' } })
    rmSync(folder, { recursive: true })
    folder = mkdtempSync(join(tmpdir(), 'trimtab-litellm-'))
    await convert(fixture('06-caching.yaml'))
    expect(written('policies/default.yaml')).toEqual({
      workflow: 'default',
      cache: { exact: { mode: 'on', ttl: '600s' } },
    })
  })

  test('every key that was not taken over is named', async () => {
    const { notes } = await convert(`model_list:
  - model_name: a
    litellm_params: { model: openai/a, api_key: k, some_new_key: 1 }
router_settings: { another_new_key: 2 }
general_settings: { a_third: true }
whole_section: { x: 1 }
`)
    expect(notes).toEqual([
      'config.yaml:3  model_list.litellm_params.some_new_key: has no twin and is left out.',
      'config.yaml:4  router_settings.another_new_key: has no twin and is left out.',
      'config.yaml:5  general_settings.a_third: has no twin and is left out.',
      'config.yaml:6  whole_section: has no twin and is left out.',
    ])
  })

  test('files that are there are kept', async () => {
    writeFileSync(join(folder, 'trimtab.yaml'), 'mine: true\n')
    const { init } = await convert(fixture('01-quick-start.yaml'))
    expect(init.stdout).toContain('kept   trimtab.yaml (it was there already)')
    expect(written('trimtab.yaml')).toEqual({ mine: true })
  })

  test.each<[string, string[], RegExp]>([
    ['no file', ['init', '--from', 'litellm'], /^Name the file to convert/],
    ['another tool', ['init', '--from', 'kong', 'x.yaml'], /^--from must be litellm/],
    [
      'a file that is not there',
      ['init', '--from', 'litellm', 'none.yaml'],
      /^The file none\.yaml cannot be read: ENOENT/,
    ],
    [
      'a file of something else',
      ['init', '--from', 'litellm', 'other.yaml'],
      /^other\.yaml has no `model_list`/,
    ],
    [
      'no YAML',
      ['init', '--from', 'litellm', 'broken.yaml'],
      /^broken\.yaml:2:\d+ {2}This is not valid YAML/,
    ],
  ])('%s: exit 1 and one sentence, nothing written', async (_, args, message) => {
    writeFileSync(join(folder, 'other.yaml'), 'a: 1\n')
    writeFileSync(join(folder, 'broken.yaml'), 'a: [\n')
    const { code, stderr, stdout } = await runCommand(args, undefined, folder)
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr.trimEnd()).toMatch(message)
    expect(readdirSync(folder).sort()).toEqual(['broken.yaml', 'other.yaml'])
  })
})
