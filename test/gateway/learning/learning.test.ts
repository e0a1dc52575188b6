/** Routing that learns: real sockets, a real `routing.db`, and two models that a provider plays. */
import { rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { learnAdvice, learnAdviceLines } from '../../../src/commands/learn-advice.ts'
import { learningList, learningRollback } from '../../../src/commands/learning.ts'
import type { Output } from '../../../src/commands/output.ts'
import { openLedgerReader } from '../../../src/platform/node/node-ledger.ts'
import { readLearning, readLearnStore, withLearnStore } from '../../../src/platform/node/open-learning.ts'
import { ShippedModels } from '../../../src/platform/node/shipped-models.ts'
import { learnedFigures } from '../../../src/storage/learned-figures.ts'
import type { SqliteLearnStore } from '../../../src/storage/sqlite-learn-store.ts'
import { policySet } from '../../policy/support.ts'
import { ask, type Heard } from '../../support/ask.ts'
import { readLedger, settledLedger } from '../../support/ledger-file.ts'
import { type MockProvider, startMockProvider } from '../../support/mock-provider/mock-provider.ts'
import type { SeenRequest } from '../../support/mock-provider/seen-request.ts'
import { seeded } from '../../support/seeded.ts'
import { type Inside, startInside } from '../../support/start-inside.ts'
import { savePolicy, saying } from '../memory/semantic-setup.ts'

const POLICY = `
tiers: { small: { use: mock/small }, large: { use: mock/large } }
route:
  mode: on
  learn: { share: 100% }
  max_quality_loss: 10%
  rules: [{ name: any, to: [small, large] }]
`
const ONE_AT_A_TIME = 6
const MOST_ASKED = 1500

let mock: MockProvider
let trimtab: Inside

async function start(policy = POLICY, key = '', file = 'faq.yaml'): Promise<void> {
  trimtab = await startInside({
    config: `
default_provider: mock
providers: { mock: { base_url: "${mock.url}"${key} }, other: { base_url: "${mock.url}"${key} } }
prices: { overrides: { mock/small: { input: 1, output: 1 }, mock/large: { input: 10, output: 10 } } }
`,
    policies: { [file]: policy },
  })
}

beforeEach(async () => {
  mock = await startMockProvider({ keep: 50 })
})

afterEach(async () => {
  await trimtab.stop({ keep: true })
  rmSync(dirname(trimtab.dataFolder), { recursive: true, force: true })
  await mock.close()
})

/** The small model knows the colours of things, and nothing of numbers. */
function answersOf(
  isSmallRight: (question: string) => boolean,
): (seen: SeenRequest) => ReturnType<typeof saying> {
  return ({ body }) => {
    const { model, messages } = body as { model: string; messages: { content: string }[] }
    const question = messages.at(-1)?.content ?? ''
    const right = `It is ${question.length * 7}.`
    return saying(model === 'large' || isSmallRight(question) ? right : 'It is 0.')
  }
}

const isAboutColours = (question: string): boolean => question.includes('colour')

const THINGS = [
  'sky',
  'sea',
  'grass',
  'snow',
  'sand',
  'coal',
  'brick',
  'lemon',
  'plum',
  'rose',
  'milk',
  'rust',
]
const random = seeded(3)
const one = (list: readonly string[]): string => list[Math.floor(random() * list.length)] as string

function question(): string {
  const thing = `${one(THINGS)} ${one(THINGS)} ${Math.floor(random() * 1000)}`
  return random() < 0.5 ? `Which colour has the ${thing}?` : `Add up the numbers of the ${thing}, please.`
}

function asked(content: string, more: object = {}): Promise<Heard> {
  return ask(
    trimtab.origin,
    { model: 'faq', messages: [{ role: 'user', content }], ...more },
    { headers: { 'x-trimtab-workflow': 'faq' } },
  )
}

function rows<Row>(sql: string): Row[] {
  const database = new Database(join(trimtab.dataFolder, 'routing.db'), { readonly: true })
  try {
    return database.prepare<[], Row>(sql).all()
  } finally {
    database.close()
  }
}

const labels = (): number => rows<{ n: number }>('SELECT count(*) AS n FROM learn_labels')[0]?.n ?? 0

/** Asks until it is so. How many labels are taken meanwhile depends on how soon the other tier answers. */
async function askUntil(isSo: () => boolean): Promise<void> {
  for (let sent = 0; !isSo(); sent += ONE_AT_A_TIME) {
    if (sent > MOST_ASKED)
      throw new Error(`It is not so after ${sent} requests, of which ${labels()} are labels.`)
    await Promise.all(Array.from({ length: ONE_AT_A_TIME }, () => asked(question())))
    await settledLedger(trimtab.ledgerFile)
  }
}

const versions = (): string[] =>
  rows<{ status: string }>('SELECT status FROM learn_versions').map(({ status }) => status)

const tierOf = (heard: Heard): string => String(heard.headers['x-trimtab-tier'])

async function expectReported(): Promise<void> {
  const { reader, close } = openLedgerReader(trimtab.ledgerFile)
  const query = { since: 0, until: Date.now() + 1, timeZone: 'UTC', by: ['workflow' as const] }
  const { rows } = await reader.report(query)
  close()
  expect(rows[0]?.learning?.requests).toBeGreaterThanOrEqual(20)
  expect(rows[0]?.learning?.saved_usd).toBeCloseTo(rows[0]?.savings.small_model ?? 0, 12)
  const audits = async () => (await readLearnStore(trimtab.dataFolder, learnedFigures)) ?? []
  // Written once a second.
  await expect.poll(async () => (await audits())[0]?.audited ?? 0).toBeGreaterThanOrEqual(20)
  expect(await audits()).toMatchObject([{ workflow: 'faq', version: 1, lost: 0 }])
  const policies = policySet({ 'faq.yaml': POLICY.replace('max_quality_loss: 10%', 'max_quality_loss: 2%') })
  const advice = await readLearnStore(trimtab.dataFolder, (store) =>
    learnAdvice(store, { policies, rows, months: 0.5 }),
  )
  const saved = rows[0]?.learning?.saved_usd ?? 0
  expect(advice).toMatchObject([{ version: 1, max_quality_loss: 0.02, saved_usd_per_month: 2 * saved }])
  // All that may begin there does: a wider bound has nothing to add.
  expect(advice?.[0]?.forecasts).toEqual([])
  const [low = 0, high = 0] = advice?.[0]?.saved_usd_per_month_interval ?? []
  expect(low).toBeLessThan(2 * saved)
  expect(high).toBeGreaterThan(2 * saved)
  expect(learnAdviceLines(advice ?? [])[0]).toMatch(/^faq: learned version 1 .* begins [\d.]+% of requests/)
}

/** By commands beside the server, and put in force again. */
async function takenBackByHand(): Promise<void> {
  const easy = 'Which colour has the sky coal 5?'
  const told = await toldBy((store, output) => learningList({}, store, output))
  expect(told.join('\n')).toMatch(/faq +mock\/small +mock\/large .* 1 +\d/)
  const reading = await readLearning(trimtab.dataFolder, new ShippedModels())
  const scope = { workflow: 'faq', pair: 'mock/small > mock/large' }
  const policy = { share: 1, judge: undefined, maxQualityLoss: 0.1 }
  const begin = (most: number) =>
    reading?.learning.begin(scope, { ...policy, maxQualityLoss: most }, { text: easy, tokens: 30, turns: 1 })
  expect(begin(0.1)).toMatchObject({ at: 'small', version: 1 })
  expect(begin(0.001)).toMatchObject({
    at: 'large',
    reason: 'version 1 may lose more than `max_quality_loss`',
  })
  await reading?.close()
  const now = Date.now()
  expect(await toldBy((store, output) => learningRollback('faq', {}, { store, now }, output))).toEqual([
    'faq (mock/small > mock/large): its requests begin at the large tier, in place of version 1.',
  ])
  await expect.poll(async () => tierOf(await asked(easy)), { timeout: 1000 }).toBe('large')
  expect(await toldBy((store, output) => learningRollback('faq', {}, { store, now }, output))).toEqual([
    'No learned version of faq is in force.',
  ])
  await toldBy((store, output) => learningRollback('faq', { to: '1' }, { store, now }, output))
  await expect.poll(async () => tierOf(await asked(easy)), { timeout: 1000 }).toBe('small')
  await settledLedger(trimtab.ledgerFile)
}

async function toldBy(command: (store: SqliteLearnStore, output: Output) => number): Promise<string[]> {
  const lines: string[] = []
  const output = { out: (line: string) => lines.push(line), error: (line: string) => lines.push(line) }
  await withLearnStore(trimtab.dataFolder, (store) => command(store, output))
  return lines
}

describe('a workflow that learns', () => {
  it('begins at the large tier, labels what it is drawn for, and keeps no text', async () => {
    mock.script(answersOf(isAboutColours))
    await start()
    const heard = await asked('Which colour has the velvet curtain?')
    expect(tierOf(heard)).toBe('large')
    await expect.poll(labels).toBe(1)
    expect(rows('SELECT begun_at, agrees FROM learn_labels')).toEqual([{ begun_at: 'large', agrees: 1 }])
    await settledLedger(trimtab.ledgerFile)
    const [, audit] = readLedger(trimtab.ledgerFile)
    const { reader, close } = openLedgerReader(trimtab.ledgerFile)
    const own = await reader.request(String(heard.headers['x-trimtab-request-id']))
    close()
    expect(own?.decision).toMatchObject({
      learning: {
        begins: 'large',
        reason: 'no learned version is in force',
        pair: 'mock/small > mock/large',
      },
    })
    expect(audit).toMatchObject({ workflow: 'faq', attempts: [{ model: 'small' }] })
    const file = new Database(join(trimtab.dataFolder, 'routing.db'))
    expect(file.serialize().includes('velvet')).toBe(false)
    file.close()
  })

  it.each([
    ['tools', { tools: [{ type: 'function', function: { name: 'f', parameters: {} } }] }],
    ['several answers', { n: 2 }],
  ])('asks nobody else where there are %s', async (_, more) => {
    mock.script(answersOf(isAboutColours))
    await start()
    expect(tierOf(await asked('Which colour has the curtain?', more))).toBe('large')
    await settledLedger(trimtab.ledgerFile)
    expect(readLedger(trimtab.ledgerFile)).toHaveLength(1)
  })

  it.each([
    ['a stream', 'chat/completions', { stream: true }],
    ['messages', 'messages', { max_tokens: 100 }],
    ['a stream of messages', 'messages', { max_tokens: 100, stream: true }],
  ])('learns from %s', async (_, endpoint, more) => {
    await start()
    const body = {
      model: 'faq',
      messages: [{ role: 'user', content: 'Which colour has the door?' }],
      ...more,
    }
    const heard = await ask(trimtab.origin, body, { path: `/v1/${endpoint}` })
    expect(heard.status).toBe(200)
    await expect.poll(labels).toBe(1)
  })

  it('has its judge tell what words do not, and only that', async () => {
    const answers: Record<string, string> = {
      small: 'The sea looks blue because water takes the red out of the light that falls into it.',
      large: 'Water absorbs long waves, so what comes back to us of sunlight are the short ones: blue.',
    }
    let verdict = 'same'
    mock.script(({ body }) => saying(answers[String((body as { model: string }).model)] ?? verdict))
    await start(POLICY.replace('share: 100%', 'share: 100%, judge: mock/judge'))
    await asked('Why is the sea blue?')
    await expect.poll(labels).toBe(1)
    verdict = 'different'
    await asked('Why is the sea so blue?')
    await expect.poll(labels).toBe(2)
    verdict = 'who knows'
    await asked('Why is the sea so very blue?')
    await expect.poll(labels).toBe(3)
    answers.small = answers.large as string
    await asked('Why is the sea that blue?')
    await expect.poll(labels).toBe(4)
    expect(
      rows<{ agrees: number | null }>('SELECT agrees FROM learn_labels').map(({ agrees }) => agrees),
    ).toEqual([1, 0, null, 1])
    const judged = mock.requests.filter(({ body }) => (body as { model: string }).model === 'judge')
    expect(judged).toHaveLength(3)
  })

  it('takes no label once a budget degrades', async () => {
    mock.script(answersOf(isAboutColours))
    const budget = 'budgets: [{ per: day, limit: 0.05 usd, at: { 1%: { degrade: small } } }]'
    await start(`${POLICY}${budget}`)
    await asked('Which colour has the door?')
    await settledLedger(trimtab.ledgerFile)
    expect(tierOf(await asked('Which colour has the window?'))).toBe('small')
    await settledLedger(trimtab.ledgerFile)
    expect(
      readLedger(trimtab.ledgerFile).filter(({ attempts }) => attempts[0]?.model === 'large'),
    ).toHaveLength(1)
  })

  it('asks the other tier, though the session keeps to the one that answered', async () => {
    mock.script(answersOf(isAboutColours))
    await start(`${POLICY}session: { switch_penalty: 1 usd }\n`)
    const headers = { 'x-trimtab-workflow': 'faq', 'x-trimtab-session': 'one' }
    const messages = [{ role: 'user', content: 'Add up the numbers of the door, please.' }]
    await ask(trimtab.origin, { model: 'faq', messages }, { headers })
    await expect.poll(labels).toBe(1)
    expect(mock.requests.map(({ body }) => body?.model)).toEqual(['large', 'small'])
    expect(rows<{ agrees: number }>('SELECT agrees FROM learn_labels')).toEqual([{ agrees: 0 }])
  })

  it('asks the other tier for an answer that ends where the rule ends it', async () => {
    mock.script(answersOf(isAboutColours))
    await start(
      POLICY.replace('to: [small, large]', "to: [small, large], output: { max_tokens: 99, stop: ['END'] }"),
    )
    await asked('Which colour has the door?')
    await expect.poll(labels).toBe(1)
    expect(mock.requests.map(({ body }) => body?.stop)).toEqual([['END'], ['END']])
    expect(mock.requests.map(({ body }) => body?.max_completion_tokens ?? body?.max_tokens)).toEqual([99, 99])
  })

  it('never escalates from the large tier, where it begins, to the small one behind it', async () => {
    const answers = answersOf(isAboutColours)
    const sorry = saying("I'm sorry, but I can't help with that.")
    mock.script((seen) => (seen.body?.model === 'large' ? sorry : answers(seen)))
    await start(`${POLICY.replace('share: 100%', 'share: 1%')}escalate: on\nlimits: { retries: 0 }\n`)
    const attemptsOf = async (content: string): Promise<string[]> => {
      const heard = await asked(content)
      await settledLedger(trimtab.ledgerFile)
      const id = heard.headers['x-trimtab-request-id']
      const row = readLedger(trimtab.ledgerFile).find((request) => request.id === id)
      return row?.attempts.map(({ model, outcome }) => `${model} ${outcome}`) ?? []
    }
    expect(await attemptsOf('Which colour has the door?')).toEqual(['large answered'])
    mock.script((seen) => (seen.body?.model === 'large' ? { kind: 'status', status: 503 } : sorry))
    expect(await attemptsOf('Which colour has the window?')).toEqual(['large failed', 'small answered'])
  })

  it('labels fewer once the policy has its first labels, whatever its callers name their workflows', async () => {
    const draws = seeded(5)
    // Between the share and what it is at first: who is still at its first labels is always drawn.
    const drawn = vi.spyOn(Math, 'random').mockImplementation(() => 0.06 + draws() * 0.1)
    try {
      mock.script(answersOf(isAboutColours))
      await start(POLICY.replace('share: 100%', 'share: 5%'), '', 'default.yaml')
      const headers = { 'x-trimtab-workflow': 'unheard-of' }
      const asksSmall = async (times: number): Promise<number> => {
        const small = () =>
          readLedger(trimtab.ledgerFile).filter(({ attempts }) => attempts[0]?.model === 'small').length
        const before = small()
        for (let sent = 0; sent < times; sent++) {
          const messages = [{ role: 'user', content: question() }]
          await ask(trimtab.origin, { model: 'auto', messages }, { headers })
          await settledLedger(trimtab.ledgerFile)
        }
        return small() - before
      }
      expect(await asksSmall(5)).toBeGreaterThan(3)
      await expect.poll(labels).toBe(5)
      const database = new Database(join(trimtab.dataFolder, 'routing.db'))
      database.exec(`UPDATE learn_standings SET standing = json_set(standing, '$.labels', 5000)`)
      database.close()
      await expect.poll(() => asksSmall(5), { timeout: 5000 }).toBe(0)
    } finally {
      drawn.mockRestore()
    }
  })

  it("shows no other provider the caller's own key", async () => {
    mock.script(answersOf(isAboutColours))
    await start(POLICY.replace('use: mock/small', 'use: other/small'), ', api_key: client')
    const heard = await ask(
      trimtab.origin,
      { model: 'faq', messages: [{ role: 'user', content: 'Which colour has the door?' }] },
      { headers: { authorization: 'Bearer sk-mine' } },
    )
    expect(tierOf(heard)).toBe('large')
    await settledLedger(trimtab.ledgerFile)
    expect(readLedger(trimtab.ledgerFile)).toHaveLength(1)
  })

  it('takes no label of a model that is down', async () => {
    const answers = answersOf(isAboutColours)
    mock.script((seen) =>
      (seen.body as { model: string }).model === 'small' ? { kind: 'status', status: 400 } : answers(seen),
    )
    await start()
    await asked('Which colour has the curtain?')
    await settledLedger(trimtab.ledgerFile)
    await expect.poll(() => readLedger(trimtab.ledgerFile).length).toBe(2)
    await trimtab.stop({ graceMs: 1000, keep: true })
    expect(labels()).toBe(0)
    await start()
  })

  it('begins easy requests at the small tier once that is proven, and no more once it is not', async () => {
    mock.script(answersOf(isAboutColours))
    await start()
    await askUntil(() => versions().length > 0)
    await expect.poll(async () => tierOf(await asked('Which colour has the sky coal 5?'))).toBe('small')
    const later = await Promise.all(
      Array.from({ length: 20 }, () => asked('Which colour has the sky coal 5?')),
    )
    expect(new Set(later.map(tierOf))).toEqual(new Set(['small']))
    expect(tierOf(await asked('Add up the numbers of the sky rose 12, please.'))).toBe('large')
    await settledLedger(trimtab.ledgerFile)
    await expectReported()
    await takenBackByHand()
    // The small model forgets its colours.
    mock.script(answersOf(() => false))
    await askUntil(() => versions()[0] === 'reverted')
    await expect.poll(async () => tierOf(await asked('Which colour has the sky coal 5?'))).toBe('large')
    expect(trimtab.warnings.join('\n')).toContain('learned version 1 was taken back')
  }, 120_000)

  it('tells rules how hard a request is by what was learned, and says so wherever it is asked', async () => {
    mock.script(answersOf(isAboutColours))
    const any = '{ name: any, to: [small, large] }'
    const easy = '{ name: easy, when: { difficulty: { below: 0.25 } }, to: [small, large] }'
    await start(POLICY.replace(any, `${easy}, ${any}`))
    await askUntil(() => versions().length > 0)
    const text = 'Which colour has the sky coal 5?'
    const decisionOf = async (content: string) => {
      const id = String((await asked(content)).headers['x-trimtab-request-id'])
      await settledLedger(trimtab.ledgerFile)
      const { reader, close } = openLedgerReader(trimtab.ledgerFile)
      const decision = (await reader.request(id))?.decision
      close()
      return decision
    }
    await expect.poll(async () => (await decisionOf(text))?.rule).toBe('easy')
    const told = await decisionOf(text)
    expect(told?.facts).toMatchObject({ difficulty_version: told?.learning?.version })
    expect(told?.facts?.difficulty).toBe(told?.learning?.difficulty)
    const hard = await decisionOf('Add up the numbers of the sky rose 12, please.')
    expect(hard?.rule).toBe('any')
    expect(hard?.facts?.difficulty).toBeGreaterThan(0.5)
    const reading = await readLearning(trimtab.dataFolder, new ShippedModels())
    const tokens = Number(told?.facts?.tokens)
    const read = reading?.learning.difficultyOf('faq', { text, tokens, turns: 1 })
    expect(read?.difficulty).toBe(told?.facts?.difficulty)
    expect(read?.why()[0]).toMatch(/^version \d+, learned of the workflow's own traffic$/)
    expect(reading?.learning.difficultyOf('another', { text, tokens, turns: 1 })).toBeUndefined()
    await reading?.close()
  }, 120_000)

  it('learns in shadow of requests that one of its tiers answers, and changes nothing', async () => {
    mock.script(answersOf(isAboutColours))
    await start(POLICY.replace('mode: on', 'mode: shadow'))
    const heard = await asked('Which colour has the curtain?', { model: 'mock/large' })
    expect(heard.headers['x-trimtab-tier']).toBeUndefined()
    await expect.poll(labels).toBe(1)
    await asked('Which colour has the curtain?', { model: 'mock/another' })
    await settledLedger(trimtab.ledgerFile)
    savePolicy(trimtab, 'faq.yaml', POLICY.replace('learn: { share: 100% }', 'learn: off'))
    await expect.poll(async () => tierOf(await asked('Which colour has the door?'))).toBe('small')
    expect(labels()).toBe(1)
  })
})
