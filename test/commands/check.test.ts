import { createHash } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { confirmModel } from '../../src/cli/command-catalog.ts'
import { scorerFault } from '../../src/cli/scorer-fault.ts'
import { check } from '../../src/commands/check.ts'
import { parseConfig } from '../../src/config.ts'
import { readPolicyPaths } from '../../src/platform/node/policy-files.ts'

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trimtab-check-'))
})

afterEach(() => rm(folder, { recursive: true, force: true }))

const TIERS = 'tiers:\n  small: { use: [gpu/qwen3-4b, opnai/gpt-5.5] }\n'

async function run(
  files: Readonly<Record<string, string>>,
  given: { files?: string[]; strict?: boolean; json?: boolean; imagesFault?: string } = {},
) {
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text)
  const out: string[] = []
  const errors: string[] = []
  const code = await check(
    {
      files: (given.files ?? []).map((name) => join(folder, name)),
      strict: false,
      json: false,
      ...without(given),
    },
    {
      policiesFolder: folder,
      readPaths: readPolicyPaths,
      digestOf: (text) => createHash('sha256').update(text).digest('hex'),
      collections: ['help-center'],
      imagesFault: async () => given.imagesFault,
      scorerFault: ({ model }) => (model === 'gpu/embedder' ? 'answers /v1/embeddings' : undefined),
      confirmModel: (name) => {
        if (name === 'qwen3-4b') return { listedBy: ['gpu', 'local'] }
        return name.startsWith('gpu/') ? 'known' : 'unknown'
      },
    },
    { out: (line) => out.push(line.replaceAll(`${folder}/`, '')), error: (line) => errors.push(line) },
  )
  return { code, out, errors }
}

describe('check', () => {
  test('a sound folder: 0', async () => {
    expect(await run({ 'a.yaml': '', 'b.yaml': 'limits: { retries: 1 }' })).toEqual({
      code: 0,
      out: ['2 policy files: fine.'],
      errors: [],
    })
  })

  test('file:line:column, the value and a suggestion: 1', async () => {
    const { code, out } = await run({
      'a.yaml': 'limits: { retries: two }\nfallbck: {}',
      'b.yaml': 'prioriti: batch',
    })
    expect(code).toBe(1)
    expect(out).toEqual([
      'a.yaml:1:20  `limits.retries` must be a whole number from 0 to 10, not `two`.',
      'a.yaml:2:1  `fallbck` is not a key here; did you mean `fallback`?',
      'b.yaml:1:1  `prioriti` is not a key here; did you mean `priority`?',
      '2 policy files: 3 errors.',
    ])
  })

  test('only the files named', async () => {
    expect(await run({ 'a.yaml': '[', 'b.yaml': '' }, { files: ['b.yaml'] })).toMatchObject({
      code: 0,
      out: ['1 policy file: fine.'],
    })
  })

  test('a model that cannot be confirmed is a warning: 0', async () => {
    const { code, out } = await run({ 'a.yaml': TIERS })
    expect(code).toBe(0)
    expect(out).toEqual([
      "a.yaml:2:32  warning: No configured provider lists the model `opnai/gpt-5.5`; check its spelling, or list it under the provider's `models`.",
      '1 policy file: 1 warning.',
    ])
  })

  test('who tells difficulty is confirmed as well, written short or long', async () => {
    const { out } = await run({
      'a.yaml': 'route: { difficulty: opnai/hard }',
      'b.yaml': 'route:\n  difficulty:\n    model: opnai/hard\n',
      'c.yaml': 'route: { difficulty: gpu/hard }',
    })
    expect(out.map((line) => line.split(';')[0])).toEqual([
      'a.yaml:1:22  warning: No configured provider lists the model `opnai/hard`',
      'b.yaml:3:12  warning: No configured provider lists the model `opnai/hard`',
      '3 policy files: 2 warnings.',
    ])
  })

  test('a model that several providers list is a warning, also under --strict: 0', async () => {
    const { code, out } = await run({ 'a.yaml': 'tiers: { small: { use: qwen3-4b } }' }, { strict: true })
    expect(code).toBe(0)
    expect(out[0]).toBe(
      'a.yaml:1:24  warning: `qwen3-4b` leads to gpu, but local has it too; write `gpu/qwen3-4b` to be sure.',
    )
  })

  test('under --strict a model that cannot be confirmed is an error: 1', async () => {
    const { code, out } = await run({ 'a.yaml': TIERS }, { strict: true })
    expect([code, out.at(-1)]).toEqual([1, '1 policy file: 1 error.'])
  })

  test('warnings of other kinds do not fail under --strict', async () => {
    const { code, out } = await run({ 'a.yaml': 'route: { max_quality_loss: 2% }' }, { strict: true })
    expect([code, out.at(-1)]).toEqual([0, '1 policy file: 1 warning.'])
  })

  test('what images need and is not there is told where a policy asks for it', async () => {
    const files = { 'a.yaml': 'input:\n  images: downscale\n', 'b.yaml': 'input: { images: off }' }
    const imagesFault = 'the package `sharp` is not installed'
    expect((await run(files, { imagesFault })).out).toEqual([
      'a.yaml:2:11  warning: Images are not made smaller here: the package `sharp` is not installed.',
      '2 policy files: 1 warning.',
    ])
    expect((await run(files)).out).toEqual(['2 policy files: fine.'])
  })

  test('overlaps are told', async () => {
    const { code, out } = await run({
      'a.yaml': 'match: { keys: ["a*"] }',
      'b.yaml': 'match: { keys: ["*b"] }',
    })
    expect(code).toBe(0)
    expect(out[0]).toBe(
      'b.yaml:1:1  warning: A request can match both `a` (a.yaml) and `b`; the first file wins.',
    )
  })

  test('--json prints JSON alone', async () => {
    const { code, out } = await run({ 'a.yaml': 'limits: { retries: two }' }, { json: true })
    expect(code).toBe(1)
    expect(JSON.parse(out.join('\n'))).toEqual({
      ok: false,
      files: ['a.yaml'],
      problems: [
        {
          file: 'a.yaml',
          line: 1,
          column: 20,
          severity: 'error',
          message: '`limits.retries` must be a whole number from 0 to 10, not `two`.',
          value: '"two"',
        },
      ],
    })
  })

  test('a file that cannot be read: 1', async () => {
    const { code, out, errors } = await run({}, { files: ['none.yaml'] })
    expect([code, out]).toEqual([1, []])
    expect(errors[0]).toContain('none.yaml cannot be read')
  })

  test('a folder without policies is fine', async () => {
    expect(await run({})).toMatchObject({ code: 0, out: ['0 policy files: fine.'] })
  })
})

test('a classifier of difficulty that cannot tell it', async () => {
  const rules = 'rules: [{ when: { difficulty: { below: 0.5 } }, to: small }]'
  const policy = (model: string) =>
    `tiers: { small: { use: gpu/qwen3-4b } }\nroute:\n  difficulty: ${model}\n  ${rules}\n`
  const { code, out } = await run({ 'a.yaml': policy('gpu/embedder'), 'b.yaml': policy('gpu/guard') })
  expect([code, out]).toEqual([
    0,
    [
      'a.yaml:3:15  warning: `gpu/embedder` answers /v1/embeddings; the prior tells `difficulty` in its place.',
      '2 policy files: 1 warning.',
    ],
  ])
})

test('scorerFault tells what a configuration alone knows of a classifier', async () => {
  const text = `
providers:
  tei: { dialect: tei, base_url: "http://127.0.0.1:9", models: { bge: { serves: embeddings }, told: { serves: moderations } } }
  triton:
    dialect: kserve
    base_url: "http://127.0.0.1:9"
    models:
      one: { serves: moderations, input: { TEXT: text }, output: { scores: S }, labels: [difficult] }
      two: { serves: moderations, input: { TEXT: text }, output: { scores: S }, labels: [easy, difficult] }
  claude: { dialect: anthropic, base_url: "http://127.0.0.1:9" }
  openai: { api_key: sk-x }
  mine: { base_url: "http://127.0.0.1:9/v1", api_key: client }
`
  const faultIn = async (config: string, model: string, label = 'hard') => {
    const parsed = parseConfig({ file: { path: 'trimtab.yaml', text: config }, environment: {}, flags: {} })
    if (parsed.kind === 'refused') throw new Error(JSON.stringify(parsed.problems))
    return (await scorerFault(parsed.config, {}))({ model, label, timeoutMs: 200 })
  }
  for (const model of ['tei/told', 'triton/one', 'openai/omni-moderation-latest', 'mine/guard', 'nobody/x'])
    expect(await faultIn(text, model)).toBeUndefined()
  expect(await faultIn(text, 'triton/two', 'easy')).toBeUndefined()
  expect(await faultIn(text, 'triton/two')).toBe('has no label `hard` among its easy, difficult')
  expect(await faultIn(text, 'tei/bge')).toBe('answers /v1/embeddings, not /v1/moderations')
  expect(await faultIn(text, 'claude/c')).toContain("Anthropic's API")
  expect(await faultIn(text, 'openai/gpt-5.5')).toContain('none of the models')
  const two = `${text}  other: { base_url: "http://127.0.0.1:9/v1", api_key: client }\n`
  expect(await faultIn(two, 'mine/guard')).toContain("takes callers' own keys, as other does too")
})

test('confirmModel tells what a configuration knows of each name that a policy may write', async () => {
  const text = `
providers:
  gpu: { base_url: "http://127.0.0.1:9/v1", models: [qwen3-4b, phi-4] }
  local: { base_url: "http://127.0.0.1:9/v1", models: [qwen3-4b] }
aliases: { fast: gpu/phi-4 }
`
  const parsed = parseConfig({ file: { path: 'trimtab.yaml', text }, environment: {}, flags: {} })
  if (parsed.kind === 'refused') throw new Error(JSON.stringify(parsed.problems))
  const standing = await confirmModel(parsed.config, {})
  expect(standing('qwen3-4b')).toEqual({ listedBy: ['gpu', 'local'] })
  for (const name of ['phi-4', 'fast', 'gpu/qwen3-4b', 'local/*']) expect(standing(name)).toBe('known')
  for (const name of ['local/phi-4', 'other', 'nobody/*']) expect(standing(name)).toBe('unknown')
})

function without({
  files: _,
  imagesFault: __,
  ...rest
}: {
  files?: string[]
  strict?: boolean
  json?: boolean
  imagesFault?: string
}) {
  return rest
}
