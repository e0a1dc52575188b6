/** `cache` over the questions that others which mean the same are answered by, beside a server that runs. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { ask, type Heard } from '../support/ask.ts'
import { type MockProvider, startMockProvider } from '../support/mock-provider/mock-provider.ts'
import { type QdrantDouble, startQdrantDouble } from '../support/qdrant-double/server.ts'
import { startTrimtab, type Trimtab } from '../support/start-trimtab.ts'

let mock: MockProvider
let qdrant: QdrantDouble
/** Keeps questions in `cache.db`, in Qdrant, and with keys. */
let here: Trimtab
let there: Trimtab
let guarded: Trimtab
let folder: string
const keys: Record<string, string> = {}

const SEMANTIC = 'semantic: { mode: on, max_wrong_rate: 5% }'
const POLICIES = {
  'faq.yaml': `cache: { exact: { mode: off }, ${SEMANTIC} }`,
  'warmed.yaml': `cache: { exact: { mode: off }, ${SEMANTIC} }`,
  'desk.yaml': `cache: { exact: { mode: off }, ${SEMANTIC} }`,
  'both.yaml': `cache: { exact: { mode: deterministic }, ${SEMANTIC} }`,
}

// Each command is a process of its own, and several of them make a test.
vi.setConfig({ testTimeout: 120_000 })

beforeAll(async () => {
  mock = await startMockProvider()
  qdrant = await startQdrantDouble()
  folder = mkdtempSync(join(tmpdir(), 'trimtab-questions-'))
  const config = `
default_provider: mock
embedding: { use: static }
providers: { mock: { base_url: "${mock.url}", api_key: k } }
`
  here = await startTrimtab({ config, policies: POLICIES })
  const vectors = `vectors: { use: qdrant, url: "${qdrant.url}", timeout: 5s }`
  there = await startTrimtab({ config: config + vectors, policies: POLICIES })
  guarded = await startTrimtab({ config: `access: { mode: keys }\n${config}`, policies: POLICIES })
  for (const [name, tenant] of [
    ['web', 'acme'],
    ['app', 'acme'],
    ['lone', 'other'],
  ] as const) {
    const made = await guarded.json('keys', 'create', '--name', name, '--tenant', tenant, '--json')
    keys[name] = (made as { key: string }).key
  }
})

afterAll(async () => {
  for (const place of [here, there, guarded]) await place.stop()
  await mock.close()
  await qdrant.close()
  rmSync(folder, { recursive: true, force: true })
})

interface Asking {
  workflow?: string
  tags?: string
  key?: string
  more?: object
}

const asks = (place: Trimtab, content: string, { workflow = 'faq', tags, key, more }: Asking = {}) =>
  ask(
    place.origin,
    { model: 'm', messages: [{ role: 'user', content }], ...more },
    {
      headers: {
        'x-trimtab-workflow': workflow,
        ...(tags === undefined ? {} : { 'x-trimtab-tags': tags }),
        ...(key === undefined ? {} : { authorization: `Bearer ${keys[key]}` }),
      },
    },
  )
const isHit = (heard: Heard): boolean => String(heard.headers['cache-status']).includes('detail=semantic')
const content = (heard: Heard): string => JSON.parse(heard.text).choices[0].message.content
const json = async (place: Trimtab, ...args: string[]) =>
  (await place.json('cache', ...args, '--json')) as Record<string, unknown>

/** Asked until it is answered from memory: answers are written behind the caller's back. */
async function remembered(place: Trimtab, question: string, asking: Asking = {}): Promise<void> {
  await asks(place, question, asking)
  await expect.poll(async () => isHit(await asks(place, question, asking)), { timeout: 10_000 }).toBe(true)
}

function fileOf(name: string, ...lines: readonly object[]): string {
  const file = join(folder, name)
  writeFileSync(file, lines.map((line) => JSON.stringify(line)).join('\n'))
  return file
}

const warm = (place: Trimtab, file: string, ...flags: string[]) =>
  place.command('cache', 'warm', file, '--policies', place.policiesFolder, ...flags)

describe('cache stats', () => {
  it('tells how many questions there are, and what was learned of each workflow', async () => {
    await remembered(here, 'Which animal is the fastest on land?', { workflow: 'desk' })
    await expect
      .poll(async () => (await json(here, 'stats')).semantic, { timeout: 20_000 })
      .toMatchObject({
        entries: 1,
        bytes: expect.any(Number),
        workflows: [
          {
            workflow: 'desk',
            embedder: expect.stringMatching(/^static/),
            warming: true,
            requests: expect.any(Number),
            audited: expect.any(Number),
            wrong: 0,
            wrong_per_hit: { lower: 0, upper: expect.any(Number) },
            similarities: expect.arrayContaining([expect.any(Number)]),
          },
        ],
      })
    const { stdout } = await here.command('cache', 'stats')
    expect(stdout).toMatch(/^exact {5}0 answers, 0\.0 MB\nsemantic {2}1 question, 0\.0 MB\n/)
    expect(stdout).toMatch(/workflow +may serve +audited +wrong +wrong per hit/)
    expect(stdout).toMatch(/\ndesk +\d+\.\d\d% +\d+ +0 /)
  })
})

describe('cache purge', () => {
  it('forgets the questions of a workflow on a running server, and those of no other', async () => {
    const question = 'How many strings does a violin have?'
    await remembered(here, question)
    await remembered(here, question, { workflow: 'desk' })
    const gone = await json(here, 'purge', '--workflow', 'desk')
    expect(gone).toMatchObject({ exact: 0, purged: gone.semantic })
    expect(gone.semantic).toBeGreaterThanOrEqual(1)
    expect(isHit(await asks(here, question, { workflow: 'desk' }))).toBe(false)
    expect(isHit(await asks(here, question))).toBe(true)
  })

  it('forgets what came with a tag', async () => {
    const [tagged, other] = ['What is the deepest lake on Earth?', 'Which metal melts in the hand?']
    await remembered(here, tagged, { tags: 'market=eu' })
    await remembered(here, other, { tags: 'market=us' })
    expect(await json(here, 'purge', '--tag', 'market=eu')).toMatchObject({ semantic: 1 })
    expect(isHit(await asks(here, tagged))).toBe(false)
    expect(isHit(await asks(here, other))).toBe(true)
  })

  it('forgets questions like a text, and keeps the others', async () => {
    const [like, other] = ['What is the longest river of Africa?', 'Who painted the Mona Lisa?']
    await remembered(here, like)
    await remembered(here, other)
    const nothing = await json(
      here,
      'purge',
      '--similar',
      'What is the longest river of Africa?',
      '--workflow',
      'desk',
    )
    expect(nothing).toMatchObject({ purged: 0 })
    const text = "What's the longest river of Africa"
    expect(await json(here, 'purge', '--similar', text)).toMatchObject({ semantic: 1, exact: 0 })
    expect(isHit(await asks(here, like))).toBe(false)
    expect(isHit(await asks(here, other))).toBe(true)
  })

  it('forgets what a key brought, or all of a tenant', async () => {
    const [one, two] = ['What is the hardest mineral?', 'Which planet has the most moons?']
    await remembered(guarded, one, { key: 'web' })
    await remembered(guarded, two, { key: 'app' })
    await remembered(guarded, two, { key: 'lone' })
    expect(await json(guarded, 'purge', '--key', 'web')).toMatchObject({ semantic: 1 })
    expect(isHit(await asks(guarded, one, { key: 'app' }))).toBe(false)
    expect(isHit(await asks(guarded, two, { key: 'web' }))).toBe(true)
    expect((await json(guarded, 'purge', '--tenant', 'acme')).semantic).toBeGreaterThanOrEqual(1)
    expect(isHit(await asks(guarded, two, { key: 'web' }))).toBe(false)
    expect(isHit(await asks(guarded, two, { key: 'lone' }))).toBe(true)
  })

  it.each([
    [
      '--similarity',
      ['--similar', 'x', '--similarity', 'high'],
      '--similarity must be a number from 0 to 1, not "high".',
    ],
    ['--tag', ['--tag', 'market'], '--tag must be NAME=VALUE, not "market".'],
  ])('says what is wrong with %s: exit 1', async (_, flags, sentence) => {
    const { code, stderr } = await here.command('cache', 'purge', ...flags)
    expect([code, stderr]).toEqual([1, `${sentence}\n`])
  })
})

describe('cache warm', () => {
  it('lets a question that means the same be answered, with and without a temperature', async () => {
    const file = fileOf(
      'pairs.jsonl',
      {
        question: 'What is the capital of France?',
        answer: 'Paris, we say.',
        model: 'm',
        workflow: 'warmed',
      },
      { question: 'Where is my parcel?', answer: 'On its way.', model: 'm', workflow: 'both' },
    )
    const { stdout, code } = await warm(here, file)
    expect([code, stdout]).toEqual([
      0,
      'Remembered 2 answers of your own, 1 of them also for questions that mean the same (not: 1 personal).\n',
    ])
    for (const other of ['Who wrote Emma?', 'Who wrote Faust?', 'Who wrote Candide?'])
      await asks(here, other, { workflow: 'warmed' })
    const before = mock.count
    for (const more of [{}, { temperature: 0 }, { stream: true }]) {
      const heard = await asks(here, 'What is the capital of France', { workflow: 'warmed', more })
      expect([more, isHit(heard)]).toEqual([more, true])
      expect(heard.text).toContain('Paris, we say.')
    }
    expect(heardModel(await asks(here, "What's the capital of France?", { workflow: 'warmed' }))).toBe(
      'operator/m',
    )
    // Nor is a model asked whether the operator is right.
    expect(mock.count).toBe(before)
    expect(JSON.parse((await warm(here, file, '--json')).stdout)).toMatchObject({
      pairs: 2,
      semantic: { pairs: 1, ineligible: { personal: 1 } },
    })
  })

  it('takes the place of what a model said', async () => {
    const question = 'What is the name of the harbour cat?'
    await remembered(here, question)
    const line = { question, answer: 'Tom.', model: 'm', workflow: 'faq' }
    expect((await warm(here, fileOf('cat.jsonl', line))).code).toBe(0)
    // Whether it is served just now or not: what a model says meanwhile does not take its place.
    await expect
      .poll(async () => content(await asks(here, question)), { timeout: 10_000, interval: 200 })
      .toBe('Tom.')
  })

  it('refuses what neither memory takes: exit 1', async () => {
    const line = { question: 'Where is my parcel?', answer: 'On its way.', model: 'm', workflow: 'faq' }
    const { code, stderr } = await warm(here, fileOf('mine.jsonl', line))
    expect(code).toBe(1)
    expect(stderr).toMatch(
      /mine\.jsonl:1 {2}The line cannot be remembered: .*faq does not take it \(off\), nor is it .* \(personal\)/,
    )
  })
})

describe('cache export and import', () => {
  it('carry questions with their answers to another server', async () => {
    const question = 'What is the boiling point of ethanol?'
    await remembered(here, question, { tags: 'market=eu' })
    const [file, told] = [join(folder, 'export.jsonl'), await asks(here, question, { tags: 'market=eu' })]
    const { stdout } = await here.command('cache', 'export', file)
    expect(stdout).toMatch(/holds \d+ remembered answers? and \d+ questions with theirs/)
    await json(here, 'purge', '--tag', 'market=eu')
    expect(await json(here, 'import', file)).toMatchObject({
      questions: 1,
      other_embedders: {},
      older: expect.any(Number),
      damaged: 0,
    })
    const again = await asks(here, "What's the boiling point of ethanol")
    expect([isHit(again), content(again)]).toEqual([true, content(told)])
    expect(await json(here, 'purge', '--tag', 'market=eu')).toMatchObject({ semantic: 1 })
  })

  it('leave out questions of another embedder, and name it', async () => {
    await remembered(here, 'Which gas do plants take in?')
    const file = join(folder, 'other.jsonl')
    await here.command('cache', 'export', file)
    const lines = readFileSync(file, 'utf8').trim().split('\n')
    const mine = lines.find((line) => line.includes('Which gas do plants take in?')) ?? ''
    writeFileSync(file, [lines[0], mine.replace(/"embedder":"[^"]+"/, '"embedder":"elder-1"')].join('\n'))
    expect(await json(here, 'import', file)).toMatchObject({
      questions: 0,
      other_embedders: { 'elder-1': 1 },
    })
    expect((await here.command('cache', 'import', file)).stdout).toContain(
      '1 question of the embedder elder-1 left out',
    )
    writeFileSync(file, [lines[0], mine.replace('"key":', '"kee":')].join('\n'))
    const { code, stderr } = await here.command('cache', 'import', file)
    expect(code).toBe(1)
    expect(stderr).toMatch(/other\.jsonl:2 {2}The line has an answer that has a wrong `key`/)
  })
})

describe('with Qdrant', () => {
  it('questions are warmed, counted, exported and purged there', async () => {
    const line = {
      question: 'What is the chemical symbol of gold?',
      answer: 'Au, we say.',
      model: 'm',
      workflow: 'faq',
    }
    const other = {
      question: 'Which river flows through Paris?',
      answer: 'The Seine.',
      model: 'm',
      workflow: 'desk',
    }
    expect((await warm(there, fileOf('berth.jsonl', line, other))).code).toBe(0)
    expect(await json(there, 'stats')).toMatchObject({ semantic: { entries: 4, bytes: null } })
    expect((await there.command('cache', 'stats')).stdout).toContain('semantic  4 questions, in Qdrant')
    const rephrased = "What's the chemical symbol of gold"
    expect(content(await asks(there, rephrased))).toBe('Au, we say.')
    const file = join(folder, 'qdrant.jsonl')
    expect(await json(there, 'export', file)).toMatchObject({ exported: 0, questions: 4 })
    expect(await json(there, 'purge', '--similar', 'What is the chemical symbol of gold?')).toMatchObject({
      semantic: 2,
    })
    expect(isHit(await asks(there, rephrased))).toBe(false)
    expect(await json(there, 'purge', '--workflow', 'desk')).toMatchObject({ semantic: 2 })
    expect(isHit(await asks(there, 'Which river flows through Paris?', { workflow: 'desk' }))).toBe(false)
    await expect
      .poll(async () => ((await json(there, 'stats')).semantic as { entries: number }).entries)
      .toBe(2)
    expect((await json(there, 'purge')).semantic).toBe(2)
    expect((await json(there, 'import', file)).questions).toBe(4)
    expect(content(await asks(there, rephrased))).toBe('Au, we say.')
    expect(qdrant.faults).toEqual([])
  })

  it('a Qdrant that does not answer is one sentence: exit 2', async () => {
    qdrant.mode = 'refuse'
    const { code, stderr } = await there.command('cache', 'purge', '--workflow', 'faq')
    qdrant.mode = 'well'
    expect(code).toBe(2)
    expect(stderr.trim().split('\n')).toEqual([
      expect.stringMatching(
        /^Qdrant at http:\/\/127\.0\.0\.1:\d+ cannot be asked for the remembered questions: /,
      ),
    ])
  })
})

const heardModel = (heard: Heard): unknown => heard.headers['x-trimtab-model']
