/** What the semantic cache stands on breaks under it: callers get their answers from the model, and never an error of ours. */
import { closeSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openStaticEmbedder } from '../../src/platform/node/shipped-table.ts'
import {
  FAQ,
  MISS,
  type Semantic,
  savePolicy,
  startSemantic,
  status,
} from '../gateway/memory/semantic-setup.ts'
import { ask, chat, type Heard } from '../support/ask.ts'
import { startEmbeddingServer } from '../support/embedding-server.ts'
import { settledLedger } from '../support/ledger-file.ts'
import { type MockProvider, startMockProvider } from '../support/mock-provider/mock-provider.ts'
import { startTrimtab, type Trimtab } from '../support/start-trimtab.ts'

const QUESTION = 'What is the speed of sound in water?'
const HIT = expect.stringContaining('detail=semantic')

const cacheFile = ({ trimtab }: Semantic): string => join(trimtab.dataFolder, 'cache.db')

async function remembered(semantic: Semantic): Promise<void> {
  expect(status(await semantic.asked(QUESTION))).toBe(MISS)
  expect(status(await semantic.asked(QUESTION))).toEqual(HIT)
  await settledLedger(semantic.trimtab.ledgerFile)
}

/** Each is answered, by whomever. */
async function allAnswered(semantic: Semantic): Promise<void> {
  for (let asked = 0; asked < 4; asked++) {
    const question = `What is the speed of light in ${['glass', 'ice', 'air', 'amber'][asked]}?`
    for (const one of [QUESTION, question, question]) expect((await semantic.asked(one)).status).toBe(200)
  }
}

describe('cache.db', () => {
  let semantic: Semantic

  beforeEach(async () => {
    semantic = await startSemantic()
    await remembered(semantic)
  })
  afterEach(() => semantic.stop())

  it('locked by another process costs no answer, and is used again afterwards', async () => {
    const database = new Database(cacheFile(semantic))
    database.exec('BEGIN EXCLUSIVE')
    await allAnswered(semantic)
    database.exec('ROLLBACK')
    database.close()
    await expect.poll(async () => status(await semantic.asked(QUESTION))).toEqual(HIT)
  })

  it('deleted costs no answer', async () => {
    for (const end of ['', '-wal', '-shm']) rmSync(cacheFile(semantic) + end, { force: true })
    await allAnswered(semantic)
  })

  it('overwritten with garbage costs no answer', async () => {
    const file = openSync(cacheFile(semantic), 'r+')
    for (let page = 0; page < 60; page++) writeSync(file, Buffer.alloc(4096, 0xa5), 0, 4096, page * 4096)
    closeSync(file)
    await allAnswered(semantic)
  })

  it.each(['DROP TABLE vectors', 'DROP TABLE semantic_evidence', 'DROP TABLE semantic_entry_evidence'])(
    'without a table (%s) costs no answer',
    async (sql) => {
      const database = new Database(cacheFile(semantic), { timeout: 5000 })
      database.exec(sql)
      database.close()
      await allAnswered(semantic)
    },
  )
})

describe('evidence', () => {
  it.each([
    'null',
    '{}',
    '[1]',
    '"x"',
    '{"confidence":{"bands":[{}]}}',
    '{"confidence":{"version":1,"bands":null}}',
    'no JSON',
  ])('that reads %s is taken for none', async (evidence) => {
    const mock = await startMockProvider()
    const first = await startSemantic({ mock })
    await remembered(first)
    const data = first.trimtab.dataFolder
    await first.end(1000)
    const database = new Database(join(data, 'cache.db'))
    expect(database.prepare('UPDATE semantic_evidence SET evidence = ?').run(evidence).changes).toBe(1)
    database
      .prepare('INSERT OR REPLACE INTO semantic_entry_evidence SELECT id, ?, 0 FROM vector_entries')
      .run(evidence)
    database.close()
    const second = await startSemantic({ mock, config: `data: "${data}"` })
    expect(status(await second.asked(QUESTION))).toEqual(HIT)
    await second.stop()
    await first.stop()
    await mock.close()
  })
})

describe('an embedder that confirms', () => {
  it.each<[string, Parameters<Awaited<ReturnType<typeof startEmbeddingServer>>['misbehave']>[0]]>([
    ['stalls', () => {}],
    ['breaks off', (response) => void response.socket?.destroy()],
    ['answers garbage', (response) => void response.end('<html>')],
    ['answers too few vectors', (response) => void response.end('{"data":[]}')],
  ])('and %s leaves what the table of words says', async (_, fault) => {
    const table = await openStaticEmbedder()
    const server = await startEmbeddingServer(() => ({
      id: table.id,
      dimensions: table.dimensions,
      embed: async (texts) => texts.map((text) => table.embed(text)),
    }))
    const semantic = await startSemantic({
      embedding: `{ use: remote, base_url: "${server.origin}/v1", model: m, api_key: ${server.key}, dimensions: ${table.dimensions} }`,
    })
    await semantic.asked(QUESTION)
    server.misbehave(fault)
    await allAnswered(semantic)
    expect(server.asked.length).toBeGreaterThan(0)
    server.misbehave(undefined)
    expect((await semantic.asked(QUESTION)).status).toBe(200)
    await semantic.stop()
    await server.close()
  })
})

describe('a policy that is saved', () => {
  it('from off to shadow to on and back acts on the next requests', async () => {
    const semantic = await startSemantic({ policies: { 'faq.yaml': 'cache: { exact: { mode: off } }' } })
    const inMode = async (mode: string, wanted: unknown): Promise<void> => {
      savePolicy(semantic.trimtab, 'faq.yaml', FAQ.replace('mode: on', `mode: ${mode}`))
      await expect
        .poll(async () => {
          const heard = await semantic.asked(QUESTION)
          return [status(heard), (await semantic.detailOf(heard))?.decision?.semantic !== undefined]
        })
        .toEqual(wanted)
    }
    expect(status(await semantic.asked(QUESTION))).toContain('fwd=bypass')
    await inMode('shadow', [MISS, true])
    await inMode('on', [HIT, true])
    await inMode('off', [expect.stringContaining('fwd=bypass'), false])
    await inMode('on', [HIT, true])
    await semantic.stop()
  })
})

describe('a process', () => {
  let mock: MockProvider
  let trimtab: Trimtab

  beforeEach(async () => {
    mock = await startMockProvider()
    trimtab = await startTrimtab({
      config: `providers: { mock: { base_url: "${mock.url}" } }\nembedding: { use: static }`,
      policies: { 'faq.yaml': FAQ },
    })
  })
  afterEach(async () => {
    await trimtab.stop()
    await mock.close()
  })

  /** Hits that were audited, as the operator is told. */
  const audited = async (): Promise<number> => {
    const told = JSON.stringify(await trimtab.json('cache', 'stats', '--json'))
    return Number(/"audited":(\d+)/.exec(told)?.[1] ?? 0)
  }
  const asked = (question: string): Promise<Heard> =>
    ask(
      trimtab.origin,
      { ...chat('m'), messages: [{ role: 'user', content: question }] },
      { headers: { 'x-trimtab-workflow': 'faq' } },
    )

  it('that is killed amid its writes keeps what it remembered, and begins again', async () => {
    const metals = ['gold', 'iron', 'lead', 'zinc', 'tin', 'copper', 'silver', 'nickel']
    await asked('What is the symbol of gold?')
    await expect.poll(async () => status(await asked('What is the symbol of gold?'))).toEqual(HIT)
    const under = metals.map((metal) => asked(`What is the atomic mass of ${metal}?`))
    await Promise.race(under)
    await trimtab.kill()
    await Promise.all(under)
    trimtab = await startTrimtab({
      config: `providers: { mock: { base_url: "${mock.url}" } }\nembedding: { use: static }`,
      policies: { 'faq.yaml': FAQ },
      folder: trimtab.folder,
    })
    expect(status(await asked('What is the symbol of gold?'))).toEqual(HIT)
    for (const metal of metals) {
      expect((await asked(`What is the atomic mass of ${metal}?`)).status).toBe(200)
      expect(status(await asked(`What is the atomic mass of ${metal}?`))).toEqual(HIT)
    }
  })

  it('that is stopped and started keeps its evidence', async () => {
    for (let hits = 0; hits < 6; hits++) await asked(QUESTION)
    const { folder } = trimtab
    await trimtab.stop({ keep: true })
    const before = await audited()
    expect(before).toBeGreaterThan(0)
    trimtab = await startTrimtab({
      config: `providers: { mock: { base_url: "${mock.url}" } }\nembedding: { use: static }`,
      policies: { 'faq.yaml': FAQ },
      folder,
    })
    expect(status(await asked(QUESTION))).toEqual(HIT)
    await expect.poll(audited, { timeout: 10_000 }).toBe(before + 1)
  })
})
