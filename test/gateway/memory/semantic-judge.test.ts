/** Where words do not tell whether two answers agree, the policy's judge is asked, and its word is in the row. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openLedgerReader } from '../../../src/platform/node/node-ledger.ts'
import { ask, chat, type Heard } from '../../support/ask.ts'
import { settledLedger } from '../../support/ledger-file.ts'
import { type MockProvider, startMockProvider } from '../../support/mock-provider/mock-provider.ts'
import { type Inside, startInside } from '../../support/start-inside.ts'

let mock: MockProvider
let trimtab: Inside
let says = ''
let judges = ''

beforeAll(async () => {
  mock = await startMockProvider()
  mock.script((seen) => answer((seen.body as { model?: string }).model === 'judge' ? judges : says))
  trimtab = await startInside({
    config: `
default_provider: mock
embedding: { use: static }
providers: { mock: { base_url: "${mock.url}", api_key: client } }
prices: { overrides: { mock/m: { input: 1, output: 2 }, mock/judge: { input: 1, output: 2 } } }
`,
    policies: {
      'judged.yaml':
        'tiers: { only: { use: mock/m } }\nroute: [{ name: all, to: only }]\ncache: { exact: { mode: off }, semantic: { mode: shadow, judge: mock/judge, max_wrong_rate: 5% } }',
    },
  })
})

afterAll(async () => {
  await trimtab.stop()
  await mock.close()
})

function answer(text: string) {
  const message = { role: 'assistant', content: text }
  const usage = { prompt_tokens: 100, completion_tokens: 10, total_tokens: 110 }
  const body = {
    id: 'c',
    object: 'chat.completion',
    choices: [{ index: 0, message, finish_reason: 'stop' }],
    usage,
  }
  const bytes = new TextEncoder().encode(JSON.stringify(body))
  return { kind: 'replay', bytes, at: [], contentType: 'application/json' } as const
}

const asked = (question: string): Promise<Heard> =>
  ask(
    trimtab.origin,
    { ...chat('m'), messages: [{ role: 'user', content: question }] },
    {
      // The judge is asked with the caller's own key, too.
      headers: { 'x-trimtab-workflow': 'judged', authorization: 'Bearer sk-mine' },
    },
  )

it.each([
  ['Same.', 0],
  ['different', 1],
])('a judge that says %s', async (word, wrong) => {
  const question = `What makes the sea ${wrong === 1 ? 'salty' : 'blue'}?`
  says =
    'Rivers carry minerals from rocks into it, and when water evaporates the minerals stay where they are.'
  await asked(question)
  await settledLedger(trimtab.ledgerFile)
  judges = word
  says =
    'The minerals stay behind whenever its water evaporates; streams and rivers wash more of them out of rocks.'
  const second = await asked(question)
  const id = String(second.headers['x-trimtab-request-id'])
  const { reader, close } = openLedgerReader(trimtab.ledgerFile)
  const span = { since: 0, until: Date.now() + 60_000, timeZone: 'UTC' }
  await expect
    .poll(async () => (await reader.report({ ...span, by: [] })).totals.shadow.semantic)
    .toMatchObject(wrong === 0 ? { audited: 1, wrong: 0 } : { audited: 2, wrong: 1 })
  await settledLedger(trimtab.ledgerFile)
  const rows = await reader.requests({ since: 0, limit: 10 })
  const judgement = rows.find(({ cache }) => cache === 'audit')
  expect(judgement).toMatchObject({ workflow: 'judged', attempts: [{ model: 'judge' }] })
  expect(rows.find((row) => row.id === id)).toMatchObject({ cache: 'miss', attempts: [{ model: 'm' }] })
  close()
})
