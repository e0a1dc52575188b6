/** What `explain` tells of questions that mean the same, held against what the running server then does. */

import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { Foretold } from '../../src/gateway/explained/foretell.ts'
import { ask, type Heard } from '../support/ask.ts'
import { type MockProvider, startMockProvider } from '../support/mock-provider/mock-provider.ts'
import { startTrimtab, type Trimtab } from '../support/start-trimtab.ts'

let mock: MockProvider
let trimtab: Trimtab
let encoding: Trimtab

const semantic = (mode: string): string =>
  `cache: { exact: { mode: off }, semantic: { mode: ${mode}, max_wrong_rate: 5%, ttl: 2h } }`
const POLICIES = {
  'faq.yaml': semantic('on'),
  'watched.yaml': semantic('shadow'),
  'plain.yaml': 'cache: { exact: { mode: off } }',
}

// Each command is a process of its own, and several of them make a test.
vi.setConfig({ testTimeout: 120_000 })

beforeAll(async () => {
  mock = await startMockProvider()
  const config = (use: string): string => `
default_provider: mock
embedding: { use: ${use} }
providers: { mock: { base_url: "${mock.url}", api_key: k } }
`
  trimtab = await startTrimtab({ config: config('static'), policies: POLICIES })
  encoding = await startTrimtab({ config: config('encoder'), policies: POLICIES })
})

afterAll(async () => {
  await trimtab.stop()
  await encoding.stop()
  await mock.close()
})

const asks = (place: Trimtab, content: string, workflow = 'faq'): Promise<Heard> =>
  ask(
    place.origin,
    { model: 'm', messages: [{ role: 'user', content }] },
    { headers: { 'x-trimtab-workflow': workflow } },
  )
const flags = (place: Trimtab, workflow: string): string[] => [
  '--workflow',
  workflow,
  '--model',
  'm',
  '--policies',
  place.policiesFolder,
]
const explains = async (place: Trimtab, prompt: string, workflow = 'faq') => {
  const foretold = (await place.json('explain', prompt, ...flags(place, workflow), '--json')) as Foretold
  return foretold.cache.semantic
}
const text = async (place: Trimtab, prompt: string, workflow = 'faq'): Promise<string> =>
  (await place.command('explain', prompt, ...flags(place, workflow))).stdout
const isHit = (heard: Heard): boolean => String(heard.headers['cache-status']).includes('detail=semantic')

/** Answers are written behind the caller's back. */
async function remembered(place: Trimtab, question: string, workflow = 'faq'): Promise<void> {
  await asks(place, question, workflow)
  await expect
    .poll(async () => (await explains(place, question, workflow))?.candidate?.question, { timeout: 20_000 })
    .toBe(question)
}

describe('explain', () => {
  it('tells nothing of meaning where no policy looks for it', async () => {
    expect(await explains(trimtab, 'Who wrote Emma?', 'plain')).toBeNull()
    expect(await text(trimtab, 'Who wrote Emma?', 'plain')).not.toContain('semantic')
  })

  it('tells why a question is left to the model', async () => {
    expect(await explains(trimtab, 'Where is my parcel?')).toMatchObject({
      mode: 'on',
      ttl_ms: 7_200_000,
      max_wrong_rate: 0.05,
      outcome: 'ineligible',
      reason: 'personal',
      candidate: null,
    })
    expect(await text(trimtab, 'Where is my parcel?')).toContain(
      'The semantic cache is on, keeps answers 2h and may be wrong in 5% of requests; it would not be asked, because it is about the caller (personal).',
    )
  })

  it('tells what it would answer with, and the server does so', async () => {
    expect(await explains(trimtab, 'What is the capital of France?')).toMatchObject({
      outcome: 'miss',
      reason: 'no candidate',
    })
    for (const question of ['Who wrote Emma?', 'Who wrote Faust?']) await asks(trimtab, question)
    await remembered(trimtab, 'What is the capital of France?')
    const rephrased = "What's the capital of France?"
    expect(await explains(trimtab, rephrased)).toMatchObject({
      outcome: 'hit',
      reason: null,
      candidate: {
        question: 'What is the capital of France?',
        similarity: expect.closeTo(1, 1),
        risk: expect.any(Number),
        embedder: expect.stringMatching(/^static/),
      },
    })
    const said = await text(trimtab, rephrased)
    expect(said).toContain('It would answer, if no exact repeat does.')
    expect(said).toMatch(/nearest "What is the capital of France\?", similarity [01]\.\d{3} by static/)
    expect(said).toContain('Once that is forgotten, it would go to')
    expect(isHit(await asks(trimtab, rephrased))).toBe(true)
  })

  it('tells which layer objects', async () => {
    await remembered(trimtab, 'Which birds can fly?')
    expect(await explains(trimtab, 'Which birds cannot fly?')).toMatchObject({
      outcome: 'miss',
      reasons: expect.arrayContaining(['veto: negation']),
    })
    expect(isHit(await asks(trimtab, 'Which birds cannot fly?'))).toBe(false)
  })

  it('in shadow, tells that a provider is asked all the same', async () => {
    await remembered(trimtab, 'Which river flows through Paris?', 'watched')
    expect(await explains(trimtab, 'Which river flows through Paris', 'watched')).toMatchObject({
      outcome: 'shadow hit',
    })
    const said = await text(trimtab, 'Which river flows through Paris', 'watched')
    expect(said).toContain('It would only count what its answer would have saved.')
    expect(said).toContain('It would go to')
  })

  it('counts nothing: asking it is no traffic', async () => {
    await asks(trimtab, 'What is the capital of France?')
    const before = await evidenceAtRest(trimtab)
    for (let asked = 0; asked < 3; asked++) await explains(trimtab, "What's the capital of France?")
    expect(evidenceOf(trimtab)).toEqual(before)
  })

  it('asks the embedder that the server asks', async () => {
    await remembered(encoding, 'What is the capital of France?')
    const meaning = await explains(encoding, 'What is the capital city of France?')
    expect(meaning?.candidate?.embedder).not.toMatch(/^static/)
    expect(meaning?.candidate?.similarity).toBeGreaterThan(0.5)
    expect(encoding.output()).toContain('by the small encoder that ships')
  })
})

/** Once the server has written what it learned of its own requests, which it does each second. */
async function evidenceAtRest(of: Parameters<typeof evidenceOf>[0]): Promise<ReturnType<typeof evidenceOf>> {
  for (let last = evidenceOf(of); ; ) {
    await new Promise((resolve) => setTimeout(resolve, 2500))
    const next = evidenceOf(of)
    if (next.length > 0 && JSON.stringify(next) === JSON.stringify(last)) return next
    last = next
  }
}

function evidenceOf({ dataFolder }: Trimtab): unknown[] {
  const database = new Database(join(dataFolder, 'cache.db'), { readonly: true })
  try {
    return database.prepare("SELECT evidence FROM semantic_evidence WHERE workflow = 'faq'").all()
  } finally {
    database.close()
  }
}
