/** What must never be told to a second caller: half answers, filtered ones, calls of tools, and those that turn out wrong. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ask, chat, type Heard, startAsking } from '../../support/ask.ts'
import { settledLedger } from '../../support/ledger-file.ts'
import type { Fault } from '../../support/mock-provider/fault.ts'
import { MISS, replayed, type Semantic, saying, startSemantic, status } from './semantic-setup.ts'

let semantic: Semantic

beforeAll(async () => {
  semantic = await startSemantic({
    policies: {
      'watched.yaml': 'cache: { exact: { mode: off }, semantic: { mode: shadow, max_wrong_rate: 5% } }',
    },
  })
})

afterAll(() => semantic.stop())

const CALL = { tool_calls: [{ id: 'c', type: 'function', function: { name: 'pay', arguments: '{}' } }] }

function streamed(choice: object, more = ''): Fault {
  const chunk = (delta: object, finish: string | null): string =>
    `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`
  const [delta, finish] = Object.entries(choice)[0] as [string, string]
  return replayed(
    `${chunk({ content: delta }, null)}${chunk({}, finish)}${more}data: [DONE]\n\n`,
    'text/event-stream',
  )
}

const ERROR_EVENT = `data: ${JSON.stringify({ error: { message: 'overloaded', type: 'server_error' } })}\n\n`

describe('never remembered is', () => {
  it.each<[string, Fault, object]>([
    ['an answer cut at its length', saying('It means', { finish: 'length' }), {}],
    ['a filtered answer', saying('It means', { finish: 'content_filter' }), {}],
    ['a refusal', saying('', { message: { content: null, refusal: 'I cannot say.' } }), {}],
    ['a call of a tool', saying('', { finish: 'tool_calls', message: { content: null, ...CALL } }), {}],
    ['a call of a tool that says it stopped', saying('Paid.', { message: CALL }), {}],
    ['an answer of blanks', saying(' \n'), {}],
    ['an answer of 8 MiB', saying('word '.repeat((8 << 20) / 5)), {}],
    ['an error with status 200', replayed('{"error":{"message":"overloaded"}}'), {}],
    ['a page of HTML with status 200', replayed('<html>busy</html>', 'text/html'), {}],
    ['a refused request', { kind: 'status', status: 400 }, {}],
    ['a stream cut in the middle', { kind: 'reset_mid' }, { stream: true }],
    ['a stream that ends early', { kind: 'no_finish' }, { stream: true }],
    ['a stream with an error in its middle', { kind: 'error_event_mid' }, { stream: true }],
    [
      'a stream with an error after its content',
      streamed({ 'It means': 'stop' }, ERROR_EVENT),
      { stream: true },
    ],
    ['a stream cut at its length', streamed({ 'It means': 'length' }), { stream: true }],
    ['a filtered stream', streamed({ 'It means': 'content_filter' }), { stream: true }],
  ])('%s', async (name, fault, more) => {
    const question = `What is the meaning of the phrase ${name.replace(/\d/g, '')}?`
    semantic.says.set(question, () => fault)
    for (let asked = 0; asked < 2; asked++) {
      expect(status(await semantic.asked(question, more))).not.toContain('hit')
      await settledLedger(semantic.trimtab.ledgerFile)
    }
    semantic.says.delete(question)
    expect(status(await semantic.asked(question))).toBe(MISS)
    expect(status(await semantic.asked(question))).toContain('detail=semantic')
  })

  it('what its caller hung up on', async () => {
    const question = 'What is the meaning of the word patience?'
    semantic.says.set(question, () => ({ kind: 'stall_mid' }))
    const body = { ...chat('m'), messages: [{ role: 'user', content: question }], stream: true }
    const leaving = startAsking(semantic.trimtab.origin, body, {
      headers: { 'x-trimtab-workflow': 'faq' },
      onFirstBytes: () => leaving.leave(),
    })
    await leaving.heard
    await settledLedger(semantic.trimtab.ledgerFile)
    semantic.says.delete(question)
    expect(status(await semantic.asked(question))).toBe(MISS)
  })
})

describe('an answer that is wrong by now', () => {
  it('is forgotten after two audits that say so, and what the model says now is remembered instead', async () => {
    const question = 'Which team won the cup of the league?'
    semantic.says.set(question, () => saying('The Rovers'))
    await semantic.asked(question)
    semantic.says.set(question, () => saying('The Wanderers'))
    const heard: string[] = []
    for (let asked = 0; asked < 6; asked++) {
      const before = semantic.mock.count
      heard.push(textOf(await semantic.asked(question)))
      await semantic.mock.until(() => semantic.mock.count > before)
      await settledLedger(semantic.trimtab.ledgerFile)
    }
    // Once wrong, an entry is not served at that similarity again before its own evidence speaks for it.
    expect(heard.filter((one) => one === 'The Rovers')).toHaveLength(1)
  })

  it('loses its place to the new one in shadow too: the right answer is not thrown away with the wrong one', async () => {
    const question = 'Which team won the first chess tournament of the league?'
    const asked = (): Promise<Heard> =>
      semantic.asked(question, {}, { headers: { 'x-trimtab-workflow': 'watched' } })
    const found: boolean[] = []
    for (const says of ['Quimby', 'Terwilliger', 'Wiggum', 'Wiggum', 'Wiggum']) {
      semantic.says.set(question, () => saying(says))
      await asked()
      await settledLedger(semantic.trimtab.ledgerFile)
      found.push((await semantic.detailOf(await asked()))?.decision?.semantic?.entry !== undefined)
    }
    expect(found).toEqual([true, true, true, true, true])
  })
})

describe('feedback', () => {
  it('counts once a request, and a caller that praises opens nothing', async () => {
    const question = 'What is the chemical symbol of silver?'
    await semantic.asked(question)
    const hit = await semantic.asked(question)
    expect(status(hit)).toContain('detail=semantic')
    await settledLedger(semantic.trimtab.ledgerFile)
    const tell = (verdict: string): Promise<Heard> =>
      ask(
        semantic.trimtab.origin,
        { request_id: hit.headers['x-trimtab-request-id'], verdict },
        { path: '/trimtab/api/feedback' },
      )
    for (let told = 0; told < 20; told++) expect((await tell('right')).status).toBe(200)
    for (let told = 0; told < 20; told++) expect((await tell('wrong')).status).toBe(200)
    expect(status(await semantic.asked(question))).toBe(MISS)
  })
})

const textOf = ({ text }: Heard): string => JSON.parse(text).choices[0].message.content
