/** Of four replicas one is slow, one errs and one flaps: no request is lost, they are left alone, and asked again once they are well. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { ask, chat } from '../../support/ask.ts'
import { settledLedger } from '../../support/ledger-file.ts'
import type { Fault } from '../../support/mock-provider/fault.ts'
import { type MockProvider, startMockProvider } from '../../support/mock-provider/mock-provider.ts'
import { readMetrics } from '../../support/read-metrics.ts'
import { type Inside, startInside } from '../../support/start-inside.ts'

const FAULTS: readonly ((number: number) => Fault)[] = [
  () => ({ kind: 'none' }),
  () => ({ kind: 'delay', ms: 1500 }),
  () => ({ kind: 'status', status: 500 }),
  (number) => (number % 40 < 25 ? { kind: 'reset' } : { kind: 'none' }),
]
const AT_ONCE = 12

let mocks: MockProvider[]
let trimtab: Inside

beforeAll(async () => {
  mocks = await Promise.all(FAULTS.map(() => startMockProvider()))
  for (const [index, mock] of mocks.entries()) mock.script(({ number }) => FAULTS[index]?.(number))
  const replicas = mocks.map(({ url }) => `"${url}"`).join(', ')
  trimtab = await startInside({
    config: `
default_provider: four
providers:
  four: { dialect: openai, replicas: [${replicas}] }
  one: { dialect: openai, base_url: "${mocks[2]?.url}" }
  spare: { dialect: openai, base_url: "${mocks[0]?.url}" }
`,
    policies: {
      'default.yaml': 'limits: { timeout: 30s }',
      'two.yaml': 'tiers: { all: { use: [one/m, spare/m] } }\nroute: [{ to: all }]\nlimits: { retries: 0 }',
    },
  })
})

afterAll(async () => {
  await trimtab?.stop()
  for (const mock of mocks ?? []) await mock.close()
})

it('loses no request, and leaves out who is unwell', async () => {
  const statuses = await askMany(400)
  expect(statuses).toEqual(statuses.map(() => 200))
  await expect
    .poll(
      async () => {
        await askMany(AT_ONCE)
        return leftOut()
      },
      { timeout: 20_000, interval: 10 },
    )
    .toEqual([0, 1, 1, expect.any(Number)])
  // The one that errs is asked no more than its breaker bears, and by probes.
  const [, slow = 0, erring = 0] = mocks.map(({ count }) => count)
  expect(erring).toBeLessThan(60)
  expect(slow).toBeLessThan(100)
}, 60_000)

it('asks them again once they are well', async () => {
  for (const mock of mocks) mock.script([])
  await expect
    .poll(
      async () => {
        expect(new Set(await askMany(AT_ONCE))).toEqual(new Set([200]))
        return leftOut()
      },
      { timeout: 60_000, interval: 100 },
    )
    .toEqual([0, 0, 0, 0])
  const before = mocks.map(({ count }) => count)
  await askMany(120)
  for (const [index, mock] of mocks.entries()) expect(mock.count - (before[index] ?? 0)).toBeGreaterThan(10)
}, 90_000)

it('a target that fails comes after those that do not, and the record says so', async () => {
  mocks[2]?.script(({ body }) => (body?.user === 'two' ? { kind: 'status', status: 500 } : undefined))
  const asked = () =>
    ask(trimtab.origin, chat('auto', { user: 'two' }), { headers: { 'x-trimtab-workflow': 'two' } })
  for (let times = 0; times < 20; times++) expect((await asked()).headers['x-trimtab-model']).toBe('spare/m')
  const rows = (await settledLedger(trimtab.ledgerFile)).filter(({ workflow }) => workflow === 'two')
  const attempts = rows.map((row) => row.attempts.map(({ provider }) => provider).join(' '))
  expect(attempts.slice(0, 10)).toEqual(Array.from({ length: 10 }, () => 'one spare'))
  expect(attempts.filter((providers) => providers === 'spare').length).toBeGreaterThan(5)
})

/** Whether each replica is left out, in their order. */
async function leftOut(): Promise<number[]> {
  const told = (await readMetrics(trimtab.origin)).get('trimtab_replica_left_out')?.samples ?? []
  return mocks.map(
    ({ port }) => told.find(({ labels }) => labels.replica === `four/127.0.0.1:${port}/default`)?.value ?? -1,
  )
}

async function askMany(count: number): Promise<number[]> {
  const statuses: number[] = []
  let left = count
  const caller = async () => {
    while (left-- > 0) statuses.push((await ask(trimtab.origin, chat('four/m'))).status)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, caller))
  return statuses
}
