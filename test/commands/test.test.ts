import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { runCommand } from '../support/start-trimtab.ts'

const CONFIG =
  'providers: { gpu: { vendor: vllm, base_url: "http://127.0.0.1:9/v1", models: [small, large] } }\n'
const POLICY = `workflow: support
match: { keys: ["desk-*"] }
tiers: { small: { use: gpu/small }, large: { use: gpu/large } }
route:
  mode: shadow
  rules:
    - { name: eu, when: { tags: { market: eu } }, to: large }
    - { name: easy, when: { tokens: { below: 400 } }, to: [small, large] }
    - { name: rest, to: large }
`

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'trimtab-test-command-'))
  mkdirSync(join(folder, 'policies'))
  writeFileSync(join(folder, 'trimtab.yaml'), CONFIG)
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

function run(tests: string, ...args: string[]) {
  writeFileSync(join(folder, 'policies', 'support.yaml'), POLICY + tests)
  return runCommand(['test', ...args], undefined, folder)
}

describe('test', () => {
  test('examples that come out as expected, also of a route in shadow: 0', async () => {
    const { code, stdout } = await run(`tests:
  - { prompt: "How do I reset my password?", expect: { rule: easy, tier: small, target: gpu/small } }
  - { prompt: "How do I reset my password?", tags: { market: eu }, expect: { rule: eu } }
  - { request: { model: large, messages: [] }, key: desk-7, expect: { workflow: support } }
  - { request: { messages: [] }, key: web, expect: { workflow: default, rule: none } }
`)
    expect(stdout.split('\n')).toEqual([
      'ok    policies/support.yaml:11  How do I reset my password?  ->  rule easy, tier small, target gpu/small',
      'ok    policies/support.yaml:12  How do I reset my password?  ->  rule eu',
      'ok    policies/support.yaml:13  {"model":"large","messages":[]}  ->  workflow support',
      'ok    policies/support.yaml:14  {"messages":[]}  ->  workflow default, rule none',
      '4 tests: all as expected.',
      '',
    ])
    expect(code).toBe(0)
  })

  test('a tier of documents is asked first, and so is the first of models behind it', async () => {
    const documents = `workflow: asked
tiers: { docs: { collection: help }, small: { use: gpu/small }, large: { use: gpu/large } }
route: [{ to: [docs, small, large] }]
tests: [{ prompt: Hi, expect: { tier: docs } }, { prompt: Hi, expect: { tier: small } }, { prompt: Hi, expect: { tier: large } }]
`
    writeFileSync(join(folder, 'policies', 'asked.yaml'), documents)
    const { code, stdout } = await run('')
    expect(stdout.split('\n')).toEqual([
      'ok    policies/asked.yaml:4  Hi  ->  tier docs, then small',
      'ok    policies/asked.yaml:4  Hi  ->  tier docs, then small',
      'FAIL  policies/asked.yaml:4  Hi  ->  expected tier large, but got docs, then small',
      '3 tests: 1 came out otherwise.',
      '',
    ])
    expect(code).toBe(1)
  })

  test('of a policy with a canary are of that policy, whatever share follows the other', async () => {
    writeFileSync(
      join(folder, 'policies', 'next.yaml'),
      'workflow: next\ntiers: { large: { use: gpu/large } }\nroute: [{ to: large }]\ntests: [{ prompt: Hi, expect: { rule: rule-1, tier: large } }]\n',
    )
    const { code, stdout } = await run(
      'canary: { policy: next, share: 100% }\ntests: [{ prompt: "Hi", expect: { rule: easy, tier: small } }]\n',
    )
    expect(stdout).toContain('2 tests: all as expected.')
    expect(code).toBe(0)
  })

  test('an example that comes out otherwise: 1, with what came instead', async () => {
    const { code, stdout } = await run(
      'tests: [{ prompt: "Hi", expect: { rule: rest, tier: large } }, { prompt: "Hi", expect: { tier: small } }]\n',
    )
    expect(stdout.split('\n')).toEqual([
      'FAIL  policies/support.yaml:10  Hi  ->  expected rule rest, but got easy; expected tier large, but got small',
      'ok    policies/support.yaml:10  Hi  ->  tier small',
      '2 tests: 1 came out otherwise.',
      '',
    ])
    expect(code).toBe(1)
  })

  test('--json prints JSON alone', async () => {
    const { code, stdout } = await run('tests: [{ prompt: "Hi", expect: { rule: rest } }]\n', '--json')
    expect(code).toBe(1)
    expect(JSON.parse(stdout)).toMatchObject({
      ok: false,
      tests: [{ workflow: 'support', expected: { rule: 'rest' }, got: { rule: 'easy' }, passed: false }],
    })
  })

  test('`tests` is no inactive key any more', async () => {
    await run('tests: [{ prompt: "Hi", expect: { rule: easy } }]\n')
    const { stdout } = await runCommand(['check'], undefined, folder)
    expect(stdout).toBe('1 policy file: fine.\n')
  })

  test('without any test: 0, and says so', async () => {
    expect(await run('')).toMatchObject({
      code: 0,
      stdout: 'No policy has tests: add some under `tests:`.\n',
    })
  })

  test.each<[string, string, RegExp]>([
    [
      'neither prompt nor request',
      'tests: [{ expect: { rule: easy } }]',
      /must have either `prompt` or `request`/,
    ],
    ['nothing expected', 'tests: [{ prompt: x, expect: {} }]', /must expect something/],
    ['a broken policy', 'limits: { retries: many }', /support\.yaml:10:20 {2}`limits\.retries`/],
  ])('%s: 1, at its place', async (_, tests, message) => {
    const { code, stderr } = await run(`${tests}\n`)
    expect(code).toBe(1)
    expect(stderr).toMatch(message)
  })
})
