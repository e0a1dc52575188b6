/** Routing that learns: real sockets, a real `routing.db`, and two models that a provider plays. */
import { rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openLedgerReader } from '../../src/platform/node/node-ledger.ts'
import { ask, type Heard } from '../support/ask.ts'
import { readLedger, settledLedger } from '../support/ledger-file.ts'
import { type MockProvider, startMockProvider } from '../support/mock-provider/mock-provider.ts'
import type { SeenRequest } from '../support/mock-provider/seen-request.ts'
import { seeded } from '../support/seeded.ts'
import { type Inside, startInside } from '../support/start-inside.ts'
import { savePolicy, saying } from './semantic-setup.ts'

const POLICY = `
tiers: { small: { use: mock/small }, large: { use: mock/large } }
route:
  mode: on
  learn: { share: 100% }
  max_quality_loss: 10%
  rules: [{ name: any, to: [small, large] }]
`
const ONE_AT_A_TIME = 6

let mock: MockProvider
let trimtab: Inside

async function start(policy = POLICY): Promise<void> {
  trimtab = await startInside({
    config: `
default_provider: mock
providers: { mock: { base_url: "${mock.url}" } }
prices: { overrides: { mock/small: { input: 1, output: 1 }, mock/large: { input: 10, output: 10 } } }
`,
    policies: { 'faq.yaml': policy },
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

async function askMany(count: number): Promise<Heard[]> {
  const heard: Heard[] = []
  for (let sent = 0; sent < count; sent += ONE_AT_A_TIME) {
    const wave = Array.from({ length: ONE_AT_A_TIME }, () => asked(question()))
    heard.push(...(await Promise.all(wave)))
    await settledLedger(trimtab.ledgerFile)
  }
  return heard
}

const tierOf = (heard: Heard): string => String(heard.headers['x-trimtab-tier'])

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
    await askMany(330)
    await expect.poll(() => rows('SELECT number FROM learn_versions'), { timeout: 10_000 }).toHaveLength(1)
    const later = await Promise.all(
      Array.from({ length: 20 }, () => asked('Which colour has the sky coal 5?')),
    )
    expect(new Set(later.map(tierOf))).toEqual(new Set(['small']))
    expect(tierOf(await asked('Add up the numbers of the sky rose 12, please.'))).toBe('large')
    await settledLedger(trimtab.ledgerFile)
    // The small model forgets its colours.
    mock.script(answersOf(() => false))
    await askMany(60)
    await expect
      .poll(() => rows('SELECT status FROM learn_versions'), { timeout: 10_000 })
      .toEqual([{ status: 'reverted' }])
    expect(tierOf(await asked('Which colour has the sky coal 5?'))).toBe('large')
    expect(trimtab.warnings.join('\n')).toContain('learned version 1 was taken back')
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
