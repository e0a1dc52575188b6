/** Questions that mean the same, answered from memory over real sockets, with the table of words that ships. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ReportFigures } from '../../../src/metering/reports.ts'
import { openLedgerReader } from '../../../src/platform/node/node-ledger.ts'
import { ask, chat, type Heard } from '../../support/ask.ts'
import { settledLedger } from '../../support/ledger-file.ts'
import { type MockProvider, startMockProvider } from '../../support/mock-provider/mock-provider.ts'
import { type Inside, startInside } from '../../support/start-inside.ts'

let mock: MockProvider
let trimtab: Inside

/** What the model says to a question; anything else is echoed by the mock. */
const says = new Map<string, { text: string; finish?: string }>()

beforeAll(async () => {
  mock = await startMockProvider()
  mock.script((seen) => {
    const told = [...says].find(([question]) => JSON.stringify(seen.body).includes(JSON.stringify(question)))
    if (told !== undefined) return jsonAnswer(told[1].text, told[1].finish)
    // The same to all, so that audits agree.
    const { stream } = seen.body as { stream?: boolean }
    return stream === true ? undefined : jsonAnswer('That is well known.')
  })
  trimtab = await startInside({
    config: `
default_provider: mock
embedding: { use: static }
providers: { mock: { base_url: "${mock.url}" } }
prices: { overrides: { mock/m: { input: 1, output: 2 } } }
`,
    policies: {
      'faq.yaml': 'cache: { exact: { mode: off }, semantic: { mode: on, max_wrong_rate: 5% } }',
      'through.yaml':
        'cache: { exact: { mode: off }, semantic: { mode: on, write: through, max_wrong_rate: 5% } }',
      'around.yaml':
        'cache: { exact: { mode: off }, semantic: { mode: on, write: around, max_wrong_rate: 5% } }',
      'watched.yaml': 'cache: { exact: { mode: off }, semantic: { mode: shadow, max_wrong_rate: 5% } }',
    },
  })
})

afterAll(async () => {
  await trimtab.stop()
  await mock.close()
})

const asked = (prompt: string, workflow = 'faq', more: object = {}): Promise<Heard> =>
  ask(
    trimtab.origin,
    { ...chat('m'), messages: [{ role: 'user', content: prompt }], ...more },
    { headers: { 'x-trimtab-workflow': workflow } },
  )

function jsonAnswer(text: string, finish = 'stop') {
  const message = { role: 'assistant', content: text }
  const usage = { prompt_tokens: 100, completion_tokens: 10, total_tokens: 110 }
  const answer = {
    id: 'c',
    object: 'chat.completion',
    choices: [{ index: 0, message, finish_reason: finish }],
    usage,
  }
  const bytes = new TextEncoder().encode(JSON.stringify(answer))
  return { kind: 'replay', bytes, at: [], contentType: 'application/json' } as const
}

const content = (heard: Heard): string => JSON.parse(heard.text).choices[0].message.content

const status = (heard: Heard): string => String(heard.headers['cache-status'])
const MISS = 'trimtab; fwd=miss'

/** Answered and remembered. */
async function remembered(question: string, workflow = 'faq', more: object = {}): Promise<Heard> {
  const heard = await asked(question, workflow, more)
  expect(status(heard)).toBe(MISS)
  await settledLedger(trimtab.ledgerFile)
  return heard
}

async function detailOf(heard: Heard) {
  await settledLedger(trimtab.ledgerFile)
  const { reader, close } = openLedgerReader(trimtab.ledgerFile)
  const detail = await reader.request(String(heard.headers['x-trimtab-request-id']))
  close()
  return detail
}

describe('a question that means the same', () => {
  it('gets the remembered answer, whose row says by which entry', async () => {
    const first = await remembered('What is the capital of France?')
    const second = await asked("What's the capital of France?")
    expect(status(second)).toMatch(/^trimtab; hit; ttl=\d+; detail=semantic$/)
    expect(content(second)).toBe(content(first))
    expect(second.headers['x-trimtab-cost-usd']).toBe('0')
    const detail = await detailOf(second)
    expect(detail).toMatchObject({ cache: 'semantic', attempts: [] })
    expect(detail?.decision?.semantic?.entry).toMatchObject({ similarity: expect.closeTo(1, 1) })
    expect(Number(detail?.saved_usd)).toBeGreaterThan(0)
  })

  it('gets it as a stream where it asks for one', async () => {
    await remembered('Which river flows through Paris?')
    const streamed = await asked('Which river flows through Paris', 'faq', { stream: true })
    expect(status(streamed)).toContain('detail=semantic')
    expect(streamed.text).toContain('data: [DONE]')
  })

  it.each([
    ['a number', 'What are 3 kinds of clouds?', 'What are 4 kinds of clouds?', 'numbers'],
    ['a negation', 'Which birds can fly?', 'Which birds cannot fly?', 'negation'],
    ['a name', 'Who wrote the play Hamlet?', 'Who wrote the play Macbeth?', undefined],
    ['the order', 'How far is it from Rome to Oslo?', 'How far is it from Oslo to Rome?', 'order'],
    ['a date', 'What happened in Berlin in 1953?', 'What happened in Berlin in 1989?', undefined],
  ])('is not answered by one that differs by %s', async (_, one, other, veto) => {
    await remembered(one)
    const heard = await asked(other)
    expect(status(heard)).toBe(MISS)
    if (veto !== undefined)
      expect((await detailOf(heard))?.decision?.semantic?.reasons).toContain(`veto: ${veto}`)
  })

  it('must share everything but its last text', async () => {
    const question = 'What is the boiling point of water?'
    await remembered(question)
    const messages = [
      { role: 'system', content: 'Answer in kelvin.' },
      { role: 'user', content: question },
    ]
    expect(status(await asked(question, 'faq', { messages }))).toBe(MISS)
    expect(status(await asked(question, 'faq', { temperature: 0.2 }))).toBe(MISS)
    expect(status(await asked(question, 'faq', { model: 'other' }))).toBe(MISS)
    expect(status(await asked(question))).toContain('detail=semantic')
  })

  it.each([
    ['tools', { tools: [{ type: 'function', function: { name: 'f' } }] }],
    ['several-answers', { n: 2 }],
    ['seed', { seed: 7 }],
    ['structured-output', { response_format: { type: 'json_object' } }],
  ])('with %s is left to the model', async (reason, more) => {
    const heard = await asked('What is the tallest mountain of Europe?', 'faq', more)
    expect(status(heard)).not.toContain('hit')
    expect((await detailOf(heard))?.decision?.semantic).toEqual({ reasons: [reason] })
  })

  it('obeys Cache-Control', async () => {
    const question = 'What is the currency of Japan?'
    const withControl = (value: string): Promise<Heard> =>
      ask(
        trimtab.origin,
        { ...chat('m'), messages: [{ role: 'user', content: question }] },
        {
          headers: { 'x-trimtab-workflow': 'faq', 'cache-control': value },
        },
      )
    expect((await withControl('only-if-cached')).status).toBe(504)
    expect(status(await withControl('no-store'))).not.toContain('hit')
    await remembered(question)
    expect(status(await withControl('no-cache'))).not.toContain('hit')
    expect(status(await withControl('only-if-cached'))).toContain('detail=semantic')
  })
})

describe('what is remembered', () => {
  it.each([
    ['cut', 'length'],
    ['filtered', 'content_filter'],
  ])('is not an answer that was %s', async (_, finish) => {
    const question = `What is the meaning of the word ${finish === 'length' ? 'brevity' : 'candour'}?`
    says.set(question, { text: 'It means', finish })
    await remembered(question)
    expect(status(await asked(question))).toBe(MISS)
  })
})

describe('write: through', () => {
  it.each([{}, { stream: true }])('the answer is stored before it ends %o', async (more) => {
    const question = `What is the largest ${'stream' in more ? 'desert' : 'ocean'} of the earth?`
    expect(status(await asked(question, 'through', more))).toBe(MISS)
    expect(status(await asked(question, 'through', more))).toContain('detail=semantic')
  })
})

describe('write: around', () => {
  it('stores nothing', async () => {
    await remembered('What is the longest river of Africa?', 'around')
    expect(status(await asked('What is the longest river of Africa?', 'around'))).toBe(MISS)
  })
})

describe('in shadow', () => {
  it('asks the model all the same, and tells whether it would have been right', async () => {
    const question = 'What is the largest planet of the solar system?'
    says.set(question, { text: 'Jupiter' })
    await remembered(question, 'watched')
    const right = await asked(question, 'watched')
    expect(status(right)).toBe(MISS)
    says.set(question, { text: 'Saturn' })
    const wrong = await asked(question, 'watched')
    expect(content(wrong)).toBe('Saturn')
    await settledLedger(trimtab.ledgerFile)
    const report = await reportOf('watched')
    expect(report.shadow.semantic).toMatchObject({ hits: 2, audited: 2, wrong: 1 })
    expect(report.shadow.semantic?.saved_usd).toBeGreaterThan(0)
    expect(report.hits.semantic).toBe(0)
  })
})

describe('an audit', () => {
  it('asks the model behind the caller, and is overhead in the bill', async () => {
    const question = 'What is the smallest prime number?'
    says.set(question, { text: 'Two' })
    const before = await reportOf('faq')
    await remembered(question)
    const hit = await asked(question)
    expect(status(hit)).toContain('detail=semantic')
    await expect
      .poll(async () => (await reportOf('faq')).shadow.semantic?.audited)
      .toBe((before.shadow.semantic?.audited ?? 0) + 1)
    const report = await reportOf('faq')
    expect(Number(report.overhead_usd)).toBeGreaterThan(Number(before.overhead_usd))
    const saved = Object.values(report.savings).reduce((sum, usd) => sum + usd, 0)
    expect(Number(report.saved_usd)).toBeCloseTo(saved - Number(report.overhead_usd), 9)
    expect(Number(report.saved_usd)).toBeCloseTo(Number(report.baseline_usd) - Number(report.cost_usd), 9)
  })
})

describe('feedback', () => {
  it('forgets what a caller says is wrong', async () => {
    const question = 'What is the chemical symbol of gold?'
    await remembered(question)
    const hit = await asked(question)
    expect(status(hit)).toContain('detail=semantic')
    await settledLedger(trimtab.ledgerFile)
    const told = await tell(hit, 'wrong')
    expect(told.status).toBe(200)
    expect(status(await asked(question))).toBe(MISS)
  })

  it('says in one sentence what is wrong with it', async () => {
    const miss = await asked('What is the chemical symbol of iron?')
    await settledLedger(trimtab.ledgerFile)
    expect((await tell(miss, 'wrong')).status).toBe(400)
    expect((await tell(miss, 'bad')).text).toContain('verdict')
  })
})

function tell(heard: Heard, verdict: string): Promise<Heard> {
  const body = { request_id: heard.headers['x-trimtab-request-id'], verdict }
  return ask(trimtab.origin, body, { path: '/trimtab/api/feedback' })
}

async function reportOf(workflow: string): Promise<ReportFigures> {
  await settledLedger(trimtab.ledgerFile)
  const { reader, close } = openLedgerReader(trimtab.ledgerFile)
  const span = { since: 0, until: Date.now() + 1000, timeZone: 'UTC' }
  const { rows, totals } = await reader.report({ ...span, by: ['workflow'] })
  close()
  const row = rows.find((one) => one.workflow === workflow)
  return { ...totals, ...row }
}
