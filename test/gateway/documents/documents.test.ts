/** A tier of documents: told in the caller's words, spared calls counted, and the models asked where it abstains. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { requestText } from '../../../src/commands/request-text.ts'
import { openLedgerReader } from '../../../src/platform/node/node-ledger.ts'
import { addFiles, FAQ, RETURNS } from '../../knowledge/knowledge-setup.ts'
import { type AskOptions, ask, type Heard } from '../../support/ask.ts'
import { settledLedger } from '../../support/ledger-file.ts'
import { type Semantic, saying, startSemantic } from '../memory/semantic-setup.ts'

const POLICIES = {
  'quoted.yaml': `
tiers: { docs: { collection: help }, large: { use: mock/m } }
route: [{ name: all, to: [docs, large] }]
cache: { exact: { mode: off } }`,
  'phrased.yaml': `
tiers: { docs: { collection: help, mode: compose, use: mock/small }, large: { use: mock/m } }
route: [{ name: all, to: [docs, large] }]`,
  'weighed.yaml': `
tiers: { docs: { collection: help }, small: { use: mock/small }, large: { use: mock/m } }
baseline: mock/dear
route: { rules: [{ name: all, to: [docs, small, large] }] }
cache: { exact: { mode: off } }`,
  'learning.yaml': `
tiers: { docs: { collection: help }, small: { use: mock/small }, large: { use: mock/m } }
route: { learn: on, rules: [{ name: all, to: [docs, small, large] }] }
cache: { exact: { mode: off } }`,
  'alone.yaml': 'tiers: { docs: { collection: help } }',
}
const files = mkdtempSync(join(tmpdir(), 'trimtab-tier-'))
let trimtab: Semantic

beforeAll(async () => {
  trimtab = await startSemantic({
    policies: POLICIES,
    config: '',
    otherwise(seen) {
      const [, material] = (seen.body as { messages?: { content?: string }[] }).messages ?? []
      if (material?.content?.startsWith('{"question"') !== true) return undefined
      const { question } = JSON.parse(material.content ?? '')
      if (question.includes('after all')) return saying('Within 7 working days [1].')
      if (question.includes('21 days')) return saying('Within 21 days [1].')
      if (question.includes('please')) return saying('Within 5 working days [1, 2].')
      return saying(question.includes('password') ? 'NO ANSWER' : 'Within five working days [1].')
    },
  })
  await addFiles(trimtab.trimtab.dataFolder, join(files, 'help'), { 'returns.md': RETURNS, 'faq.csv': FAQ })
})

afterAll(async () => {
  await trimtab.stop()
  rmSync(files, { recursive: true, force: true })
})

const QUESTION = 'When are refunds paid?'
const ANSWER = 'five working days after we have your parcel'
const post = (path: string, body: object, workflow = 'quoted', more: AskOptions = {}): Promise<Heard> =>
  ask(trimtab.trimtab.origin, body, {
    path,
    ...more,
    headers: { 'x-trimtab-workflow': workflow, 'anthropic-version': '2023-06-01', ...more.headers },
  })
const chat = (content: string, more: object = {}, workflow = 'quoted'): Promise<Heard> =>
  post('/v1/chat/completions', { model: 'm', messages: [{ role: 'user', content }], ...more }, workflow)

describe('an answer from documents', () => {
  it.each([
    ['chat', '/v1/chat/completions', { model: 'm', messages: [{ role: 'user', content: QUESTION }] }],
    ['responses', '/v1/responses', { model: 'm', input: QUESTION }],
    [
      'messages',
      '/v1/messages',
      { model: 'm', max_tokens: 200, messages: [{ role: 'user', content: QUESTION }] },
    ],
  ])('is told as %s, whole and as a stream, with its source, line and cost', async (_, path, body) => {
    const asked = trimtab.mock.requests.length
    const whole = await post(path, body)
    expect([whole.status, whole.end]).toEqual([200, 'whole'])
    expect(whole.headers).toMatchObject({
      'x-trimtab-tier': 'docs',
      'x-trimtab-model': 'documents/help',
      'x-trimtab-cost-usd': '0',
    })
    expect(whole.text).toContain(ANSWER)
    expect(whole.text).toContain('(Source: help/returns.md:8)')
    expect(JSON.parse(whole.text).trimtab.sources).toMatchObject([{ source: 'help/returns.md', line: 8 }])
    const usage = path.endsWith('completions') ? { stream_options: { include_usage: true } } : {}
    const stream = await post(path, { ...body, ...usage, stream: true })
    expect(stream.headers['content-type']).toContain('text/event-stream')
    expect(stream.text).toContain(ANSWER)
    expect(stream.text).toMatch(/\[DONE\]|response\.completed|message_stop/)
    const [, stamp = ''] = /"trimtab":(\{.*\})\}\n/.exec(stream.text) ?? []
    expect(JSON.parse(stamp)).toEqual(JSON.parse(whole.text).trimtab)
    expect(trimtab.mock.requests.length).toBe(asked)
  })

  it('is in the ledger as a hit of knowledge that saved what the model asked for costs', async () => {
    const heard = await chat(QUESTION)
    const detail = await trimtab.detailOf(heard)
    expect(detail).toMatchObject({ cache: 'knowledge', tier: 'docs', cost_usd: 0, attempts: [] })
    expect(detail?.saved_usd).toBeGreaterThan(0)
    const [note] = detail?.decision?.knowledge ?? []
    expect(note).toMatchObject({ tier: 'docs', collection: 'help', outcome: 'answered', reason: 'quoted' })
    expect(note?.confidence).toBeGreaterThan(0.9)
    expect(note?.passages).toHaveLength(1)
    expect(detail === undefined ? '' : requestText(detail)).toMatch(
      new RegExp(
        `documents +docs of help answered: quoted, 9\\d\\.\\d % sure \\(passage ${note?.passages[0]}\\)`,
      ),
    )
    await settledLedger(trimtab.trimtab.ledgerFile)
    const { reader, close } = openLedgerReader(trimtab.trimtab.ledgerFile)
    const { totals } = await reader.report({ since: 0, until: Date.now() + 1000, timeZone: 'UTC', by: [] })
    close()
    expect(totals.hits.knowledge).toBeGreaterThan(0)
    expect(totals.savings.knowledge).toBeGreaterThan(0)
  })

  it('saves what the baseline of its policy costs, and what the large tier does where learning begins there', async () => {
    const saved = async (workflow: string): Promise<number> => {
      const heard = await chat(QUESTION, { model: workflow }, workflow)
      expect(heard.headers['x-trimtab-tier']).toBe('docs')
      return (await trimtab.detailOf(heard))?.saved_usd ?? 0
    }
    const large = await saved('quoted')
    expect(large).toBeGreaterThan(0)
    expect(await saved('weighed')).toBeCloseTo(100 * large, 9)
    expect(await saved('learning')).toBeCloseTo(large, 9)
  })
})

describe('documents abstain, and the model is asked', () => {
  const history = [
    { role: 'user', content: 'Hello' },
    { role: 'assistant', content: 'Hi' },
    { role: 'user', content: QUESTION },
  ]
  const tools = [
    { type: 'function', function: { name: 'f', parameters: { type: 'object', properties: {} } } },
  ]
  it.each([
    [
      'of what they do not hold',
      { messages: [{ role: 'user', content: 'Who won the world cup in 1998?' }] },
      'no passage holds',
    ],
    ['within a conversation', { messages: history }, 'conversation'],
    ['with tools', { tools }, 'tools'],
    ['where another form is asked for', { response_format: { type: 'json_object' } }, 'form'],
    ['where the answer may not be as long', { max_tokens: 3 }, 'longer than 3 tokens'],
    ['where the answer is to end before', { stop: ['never', 'working'] }, 'a stop sequence'],
    ['where its source would be cut off', { stop: '\n\n' }, 'a stop sequence'],
  ])('%s', async (_, more, reason) => {
    const heard = await chat(QUESTION, more)
    expect(heard.headers['x-trimtab-tier']).toBe('large')
    const detail = await trimtab.detailOf(heard)
    expect(detail?.decision?.knowledge).toMatchObject([{ outcome: 'abstained' }])
    expect(detail?.decision?.knowledge?.[0]?.reason).toContain(reason)
  })

  it('or where there is none, the caller is told why', async () => {
    const body = { model: 'alone', messages: [{ role: 'user', content: 'Who won the world cup in 1998?' }] }
    const heard = await post('/v1/chat/completions', body, 'alone')
    expect(heard.status).toBe(404)
    expect(JSON.parse(heard.text).error.message).toContain('The documents of help do not answer this')
    const answered = await post(
      '/v1/chat/completions',
      { model: 'alone', messages: [{ role: 'user', content: QUESTION }] },
      'alone',
    )
    expect(answered.text).toContain(ANSWER)
  })
})

describe('an answer that a model phrases', () => {
  it('is made of passages alone, metered, and cites them', async () => {
    const heard = await chat(QUESTION, {}, 'phrased')
    const { choices } = JSON.parse(heard.text)
    expect(choices[0].message.content).toBe(
      'Within five working days [1].\n\n(Source: [1] help/returns.md:8)',
    )
    const seen = trimtab.mock.requests.at(-1)?.body as {
      model: string
      messages: { role: string; content: string }[]
    }
    expect(seen.model).toBe('small')
    const material = JSON.parse(seen.messages[1]?.content ?? '')
    expect(material.question).toBe(QUESTION)
    expect(material.passages[0].text).toContain(ANSWER)
    await settledLedger(trimtab.trimtab.ledgerFile)
    const { reader, close } = openLedgerReader(trimtab.trimtab.ledgerFile)
    const requests = await reader.requests({ since: 0, limit: 50 })
    close()
    const own = requests.find(({ cache, workflow }) => cache === 'audit' && workflow === 'phrased')
    expect(own?.attempts).toMatchObject([{ provider: 'mock', model: 'small' }])
  })

  it('is left to the next tier where the passages do not hold it', async () => {
    const heard = await chat('How do I reset my password?', {}, 'phrased')
    expect(heard.headers['x-trimtab-tier']).toBe('large')
    const detail = await trimtab.detailOf(heard)
    expect(detail?.decision?.knowledge?.[0]?.reason).toContain('do not hold the answer')
  })

  it('is left to the next tier where it tells a number that no passage has', async () => {
    const heard = await chat('When are refunds paid after all?', {}, 'phrased')
    expect(heard.headers['x-trimtab-tier']).toBe('large')
    const detail = await trimtab.detailOf(heard)
    expect(detail?.decision?.knowledge?.[0]?.reason).toContain('the number 7, which no passage has')
  })

  it('takes no number from the question for one of the passages', async () => {
    const heard = await chat('Are refunds paid within 21 days?', {}, 'phrased')
    expect(heard.headers['x-trimtab-tier']).toBe('large')
  })

  it('may write a passage’s number in digits, and cite two passages at once', async () => {
    const heard = await chat('When are refunds paid, please?', {}, 'phrased')
    expect(heard.headers['x-trimtab-tier']).toBe('docs')
    expect(heard.text).toContain('[1] help/returns.md')
  })
})

describe('passages that are added', () => {
  it('are found by a running server within a second', async () => {
    const question = 'Where is the warehouse of the shop?'
    expect((await chat(question)).headers['x-trimtab-tier']).toBe('large')
    await addFiles(trimtab.trimtab.dataFolder, join(files, 'help'), {
      'place.txt': 'The warehouse of the shop is in Rotterdam.',
    })
    await new Promise((resolve) => setTimeout(resolve, 1000))
    const heard = await chat(question)
    expect([heard.headers['x-trimtab-tier'], heard.text.includes('Rotterdam')]).toEqual(['docs', true])
  })
})
