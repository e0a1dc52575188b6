/** Recorded streams over real sockets: what the provider sent is what the caller hears and what the ledger counts. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { streamFixtures } from '../../openai/stream-fixtures.ts'
import { ask, chat } from '../../support/ask.ts'
import { type RequestRow, settledLedger } from '../../support/ledger-file.ts'
import { type MockProvider, startMockProvider } from '../../support/mock-provider/mock-provider.ts'
import { type Inside, startInside } from '../../support/start-inside.ts'

let mock: MockProvider
let trimtab: Inside

beforeAll(async () => {
  mock = await startMockProvider()
  trimtab = await startInside({
    config: `providers: { mock: { dialect: openai, base_url: "${mock.url}" } }`,
    policies: { 'default.yaml': 'limits: { retries: 0 }' },
  })
})

afterAll(async () => {
  await trimtab.stop()
  await mock.close()
})

it.each(streamFixtures())('%s arrives alike in pieces of any size', async (name, bytes, expected) => {
  const heard: string[] = []
  for (const size of [bytes.length, 1, 7, 1000]) {
    const at = Array.from({ length: Math.ceil(bytes.length / size) - 1 }, (_, index) => (index + 1) * size)
    mock.script([{ kind: 'replay', bytes, at }])
    const body = chat('gpt-4o-mini', {
      stream: true,
      stream_options: { include_usage: true },
      user: `${name} ${String(size).padStart(5)}`,
    })
    const { status, text, end } = await ask(trimtab.origin, body)
    heard.push(`${status} ${end} ${text}`)
  }
  expect(new Set(heard).size).toBe(1)
  const isWhole = expected.finishReason !== null && expected.error === undefined
  expect(heard[0]?.includes('[DONE]')).toBe(isWhole)
  const counted = await settledAlike(trimtab.ledgerFile, name)
  expect(counted).toHaveLength(4)
  expect(counted[0]).toMatchObject({
    outcome: isWhole ? 'answered' : 'interrupted',
    usage: expected.usage ? 'reported' : 'estimated',
  })
})

/** The attempts of a fixture, once those that no provider counted are counted, so that all are told alike. */
async function settledAlike(ledgerFile: string, name: string) {
  const countedIn = (rows: RequestRow[]) =>
    rows
      .filter(({ user }) => user?.startsWith(`${name} `))
      .flatMap(({ attempts }) =>
        attempts.map(({ outcome, usage, input, output }) => ({ outcome, usage, input, output })),
      )
  const areAlike = (rows: RequestRow[]) =>
    new Set(countedIn(rows).map((one) => JSON.stringify(one))).size === 1
  return countedIn(await settledLedger(ledgerFile, areAlike))
}
