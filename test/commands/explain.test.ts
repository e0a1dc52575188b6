import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Explanation } from '../../src/gateway/explained/explain.ts'
import type { RequestDetail } from '../../src/metering/reports.ts'
import { ask } from '../support/ask.ts'
import { type MockProvider, startMockProvider } from '../support/mock-provider/mock-provider.ts'
import { picture } from '../support/picture.ts'
import { startTrimtab, type Trimtab } from '../support/start-trimtab.ts'

let mock: MockProvider
let trimtab: Trimtab

const SUPPORT = `workflow: support
match: { tags: { job: "help-*" } }
tiers:
  small: { use: gpu/qwen3-4b }
  large: { use: [openai/gpt-4o, gpu/big] }
route:
  mode: shadow
  rules:
    - { name: images, when: { has: [image] }, to: large }
    - { name: short, when: { tokens: { below: 400 } }, to: [small, large], output: { max_tokens: 30 } }
    - { name: rest, to: large }
`
const CLIMBS = `tiers: { small: { use: gpu/qwen3-4b }, large: { use: openai/gpt-4o } }
escalate: on
`

beforeAll(async () => {
  mock = await startMockProvider()
  trimtab = await startTrimtab({
    config: [
      'providers:',
      `  gpu: { vendor: vllm, base_url: "${mock.url}", models: [qwen3-4b] }`,
      `  openai: { base_url: "${mock.url}", api_key: k, models: [gpt-4o] }`,
      'aliases: { fast: gpu/qwen3-4b }',
      'prices: { overrides: { gpu/qwen3-4b: { input: 1, output: 2 } } }',
    ].join('\n'),
    policies: {
      'support.yaml': SUPPORT,
      'climbs.yaml': CLIMBS,
      'learns.yaml': `${CLIMBS}route: { learn: on }\n`,
      'brief.yaml': `${CLIMBS}output: { max_tokens: 70 }\nroute: [{ name: all, to: [small, large] }]\n`,
      'screens.yaml': 'input: { images: { max_edge: 100 } }',
    },
  })
})

afterAll(async () => {
  await trimtab.stop()
  await mock.close()
})

const explained = async (...args: string[]) =>
  (await trimtab.json('explain', '--json', '--policies', trimtab.policiesFolder, ...args)) as Explanation
const told = (...args: string[]) => trimtab.command('explain', '--policies', trimtab.policiesFolder, ...args)

/** The decision that the running server recorded for the same request. */
async function decided(body: object, headers: Record<string, string>): Promise<RequestDetail> {
  const answer = await ask(trimtab.origin, body, { headers })
  const id = String(answer.headers['x-trimtab-request-id'])
  await expect
    .poll(async () => (await trimtab.json('requests', id, '--json')) as RequestDetail, { timeout: 10_000 })
    .toMatchObject({ status: 200 })
  return (await trimtab.json('requests', id, '--json')) as RequestDetail
}

describe('explain', () => {
  test('tells that the next tier is asked only where one is behind the first', async () => {
    expect((await explained('Hello', '--model', 'climbs')).escalate).toMatchObject({ refused: true })
    const learns = await explained('Hello', '--model', 'learns')
    expect(learns.targets.map(({ tier }) => tier)).toEqual(['large', 'small'])
    expect(learns.escalate).toBeNull()
  })

  test.each<[string, object, Record<string, string>]>([
    ['a workflow asked for by name', { model: 'support' }, {}],
    [
      'a workflow by header, in shadow',
      { model: 'gpt-4o', stream: true },
      { 'x-trimtab-workflow': 'support' },
    ],
    ['a workflow by its tags', { model: 'auto' }, { 'x-trimtab-tags': 'job=help-desk' }],
    ['a label without a policy', { model: 'fast' }, { 'x-trimtab-workflow': 'other' }],
    ['a long request', { model: 'support', messages: [{ role: 'user', content: 'tide '.repeat(400) }] }, {}],
  ])('foretells what the server then records: %s', async (_, part, headers) => {
    const body = { messages: [{ role: 'user', content: 'Where is my parcel?' }], ...part }
    const file = join(trimtab.folder, 'request.json')
    writeFileSync(file, JSON.stringify(body))
    const flags = [
      ...(headers['x-trimtab-workflow'] ? ['--workflow', headers['x-trimtab-workflow']] : []),
      ...(headers['x-trimtab-tags'] ? ['--tags', headers['x-trimtab-tags']] : []),
    ]
    const foretold = await explained('--file', file, ...flags)
    const { decision, workflow, rule, attempts } = await decided(body, headers)
    expect(foretold.workflow.name).toBe(workflow)
    expect(foretold.workflow.digest).toBe(decision?.policy.digest)
    expect(foretold.rule).toBe(rule)
    expect(foretold.reasons).toEqual(decision?.reasons)
    expect(foretold.facts).toMatchObject(decision?.facts ?? {})
    expect(foretold.targets.map(({ target, tier }) => ({ target, tier: tier ?? undefined }))).toEqual(
      decision?.candidates,
    )
    expect(foretold.targets[0]?.target).toBe(`${attempts[0]?.provider}/${attempts[0]?.model}`)
    expect(foretold.targets[0]?.edits).toEqual(decision?.edits)
  })

  test('foretells to which size images are made', async () => {
    const url = `data:image/png;base64,${(await picture(300, 200)).toString('base64')}`
    const content = [{ type: 'image_url', image_url: { url } }]
    const body = { model: 'gpt-4o', messages: [{ role: 'user', content }] }
    const file = join(trimtab.folder, 'image.json')
    writeFileSync(file, JSON.stringify(body))
    const { targets } = await explained('--file', file, '--workflow', 'screens')
    expect(targets[0]?.edits).toEqual(['images made smaller: 300x200 to 100x66'])
    const { decision } = await decided(body, { 'x-trimtab-workflow': 'screens' })
    expect(decision?.edits).toEqual(targets[0]?.edits)
  })

  test('tells each rule with the first condition that failed, or what it met', async () => {
    const { rules } = await explained('--model', 'support', 'Where is my parcel?')
    expect(rules).toEqual([
      {
        name: 'images',
        to: ['large'],
        outcome: 'fails',
        because: 'wants image; the request has text alone',
      },
      {
        name: 'short',
        to: ['small', 'large'],
        outcome: 'matches',
        because: expect.stringMatching(/^about \d+ tokens, below 400$/),
      },
      { name: 'rest', to: ['large'], outcome: 'not reached', because: '' },
    ])
  })

  test('prices the first target: input as a whole, output by the thousand', async () => {
    const { estimate } = await explained('--model', 'support', 'Where is my parcel?')
    expect(estimate).toEqual({
      input_tokens: estimate?.input_tokens,
      input_usd: (estimate?.input_tokens ?? 0) / 1e6,
      output_usd_per_1k_tokens: 0.002,
      price: 'override',
    })
  })

  test('reads as sentences', async () => {
    const { stdout, code } = await told('--model', 'support', 'Where is my parcel?')
    expect(code).toBe(0)
    expect(stdout).toContain('because the model asked for is its name.')
    expect(stdout).toContain('  => short')
    expect(stdout).toMatch(/small {2}gpu\/qwen3-4b {3}lists it/)
    expect(stdout).toMatch(/large {2}gpu\/big {8}does not list it; asked all the same/)
    expect(stdout).toContain('The answer is capped at 30 tokens (rule short).')
    expect(stdout).toMatch(/It moves on at: 429, 5xx/)
  })

  test('a cap that is the policy’s own is not told as its rule’s', async () => {
    const { stdout } = await told('--workflow', 'brief', '--model', 'auto', 'Where is my parcel?')
    expect(stdout).toContain('The answer is capped at 70 tokens.')
    expect(await explained('--model', 'brief', 'Hi')).toMatchObject({ rule: 'all', max_tokens_by: 'policy' })
    expect(await explained('--model', 'support', 'Hi')).toMatchObject({ max_tokens_by: 'rule' })
  })

  test('what the caller would be refused for: exit 1, with the gateway’s own words', async () => {
    const { stdout, code } = await told('--model', 'no/such', 'Where is my parcel?')
    expect(code).toBe(1)
    expect(stdout).toMatch(/It would be refused with 404 model_not_found: No provider here is known/)
    const answer = await ask(trimtab.origin, { model: 'no/such', messages: [] })
    expect(stdout).toContain(JSON.parse(answer.text).error.message)
  })

  test.each<[string, string[], RegExp]>([
    ['nothing asked', [], /^Give either a prompt or --file request\.json\.$/],
    ['both', ['hello', '--file', 'x.json'], /^Give either a prompt or --file/],
    ['a file that is not there', ['--file', 'none.json'], /^The request none\.json cannot be read: ENOENT/],
    ['a file that is no JSON', ['--file', 'support.yaml'], /^The request body is not valid JSON: .* line 1/],
  ])('%s: exit 1 and one sentence', async (_, args, message) => {
    writeFileSync(join(trimtab.folder, 'support.yaml'), SUPPORT)
    const { stdout, stderr, code } = await told(...args)
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr.trimEnd()).toMatch(message)
    expect(stderr.trimEnd()).not.toContain('\n')
  })

  test('broken policies are told at their place: exit 1', async () => {
    writeFileSync(join(trimtab.folder, 'broken.yaml'), 'limits: { retries: many }')
    const { stderr, code } = await trimtab.command(
      'explain',
      'hello',
      '--policies',
      join(trimtab.folder, 'broken.yaml'),
    )
    expect(code).toBe(1)
    expect(stderr).toMatch(/broken\.yaml:1:20 {2}`limits\.retries` must be/)
  })
})

test('explain reads what the user says last, and tells by which words', async () => {
  const poem = 'Write a poem about the sea.'
  const { facts, why } = await explained('--workflow', 'support', poem)
  expect(facts).toMatchObject({
    task: 'creative_writing',
    language: 'en',
    code: false,
    time_dependent: false,
    turns: 1,
    output_shape: 'text',
    difficulty: 'unknown',
  })
  expect(why.task[0]).toBe('write … poem')
  expect(why.difficulty).toEqual(['unlike the exam questions that difficulty was learned on'])
  const { stdout } = await told('--workflow', 'support', poem)
  expect(stdout).toMatch(/^ {2}task +creative_writing +by: write … poem/m)
  expect(stdout).toMatch(/^ {2}difficulty +unknown \(as hard\)/m)
})
