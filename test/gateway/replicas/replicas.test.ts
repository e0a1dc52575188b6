/** A replica that is gone costs its callers nothing while another one is there. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { ask, chat, errorOf } from '../../support/ask.ts'
import { settledLedger } from '../../support/ledger-file.ts'
import { closedPortUrl } from '../../support/mock-provider/closed-port.ts'
import { type MockProvider, startMockProvider } from '../../support/mock-provider/mock-provider.ts'
import { type Inside, startInside } from '../../support/start-inside.ts'
import { startUnaccepting, type Unaccepting } from '../../support/unaccepting.ts'

let mock: MockProvider
let other: MockProvider
let unaccepting: Unaccepting
let trimtab: Inside

beforeAll(async () => {
  mock = await startMockProvider()
  other = await startMockProvider()
  unaccepting = await startUnaccepting()
  const closed = [await closedPortUrl(), await closedPortUrl()]
  const provider = (name: string, urls: readonly string[]) =>
    `  ${name}: { dialect: openai, replicas: [${urls.map((url) => `"${url}"`).join(', ')}] }`
  trimtab = await startInside({
    config: [
      'providers:',
      provider('both', [mock.url, other.url]),
      provider('refused', [...closed, mock.url]),
      provider('silent', [unaccepting.url, mock.url]),
      provider('gone', closed),
    ].join('\n'),
    policies: { 'default.yaml': 'limits: { retries: 0, connect: 300ms }' },
  })
})

afterAll(async () => {
  await trimtab.stop()
  unaccepting.close()
  await mock.close()
  await other.close()
})

it('replicas are asked in turn', async () => {
  for (let times = 0; times < 10; times++) await ask(trimtab.origin, chat('both/m', { user: 'both' }))
  expect([mock, other].map(({ requests }) => requests.length)).toEqual([5, 5])
})

it.each(['refused', 'silent'])(
  'a replica that is %s is passed over, even where nothing is retried',
  async (provider) => {
    for (let times = 0; times < 12; times++) {
      const heard = await ask(trimtab.origin, chat(`${provider}/m`, { user: provider }))
      expect(heard.status).toBe(200)
    }
    const rows = (await settledLedger(trimtab.ledgerFile)).filter(({ user }) => user === provider)
    const outcomes = rows.flatMap(({ attempts }) => attempts.map(({ outcome }) => outcome))
    expect(outcomes.filter((outcome) => outcome === 'answered')).toHaveLength(12)
    // It is left alone for a while, so that not every other request pays for it.
    expect(outcomes.length - 12).toBeGreaterThan(0)
    expect(outcomes.length - 12).toBeLessThan(6)
    expect(
      rows
        .flatMap(({ attempts }) => attempts)
        .every(({ outcome, usage }) => outcome === 'answered' || usage === 'absent'),
    ).toBe(true)
  },
)

it('where all are gone, each is asked once and the caller told', async () => {
  for (const user of ['gone', 'gone-again']) {
    const heard = await ask(trimtab.origin, chat('gone/m', { user }))
    expect(heard.status).toBe(502)
    expect(errorOf(heard).code).toBe('provider_error')
    const row = (await settledLedger(trimtab.ledgerFile)).find((it) => it.user === user)
    expect(row?.attempts.map(({ outcome }) => outcome)).toEqual(['unreachable', 'unreachable'])
  }
})
