/** A target without room is passed over for the next one that the policy allows; only where none is left, the caller is refused. */
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { openLedgerReader } from '../../../src/platform/node/node-ledger.ts'
import { ask, chat, errorOf, type Heard } from '../../support/ask.ts'
import { settledLedger } from '../../support/ledger-file.ts'
import { type MockProvider, startMockProvider } from '../../support/mock-provider/mock-provider.ts'
import { sampleSum } from '../../support/prometheus-text.ts'
import { readMetrics } from '../../support/read-metrics.ts'
import { type Inside, startInside } from '../../support/start-inside.ts'

let narrow: MockProvider
let spare: MockProvider
let trimtab: Inside

beforeAll(async () => {
  narrow = await startMockProvider()
  spare = await startMockProvider()
  const policy = (use: string, on = '[429, 5xx]') =>
    `tiers: { only: { use: [${use}] } }\nlimits: { retries: 0, timeout: 30s }\nfallback: { on: ${on} }`
  trimtab = await startInside({
    config: `
default_provider: narrow
providers:
  narrow: { dialect: openai, base_url: "${narrow.url}", api_key: client, max_in_flight: 1, max_queued: 2 }
  fresh: { dialect: openai, base_url: "${narrow.url}", api_key: sk-fresh, max_in_flight: 1, max_queued: 1 }
  spare: { dialect: openai, base_url: "${spare.url}", api_key: sk-spare, max_in_flight: 1, max_queued: 4 }
`,
    policies: {
      'default.yaml': 'limits: { retries: 0, timeout: 30s }',
      'both.yaml': policy('narrow/m, spare/m'),
      'limited.yaml': policy('narrow/m, spare/m', '[429]'),
      'server.yaml': policy('narrow/m, spare/m', '[503]'),
      'nothing.yaml': policy('narrow/m, spare/m', '[]'),
      'soonest.yaml': policy('fresh/m, spare/m'),
      'same.yaml': policy('narrow/m, narrow/n'),
    },
  })
})

afterEach(() => {
  for (const mock of [narrow, spare]) {
    mock.script([])
    mock.release()
  }
})

afterAll(async () => {
  await trimtab?.stop()
  await narrow?.close()
  await spare?.close()
})

/** @param model a policy's name stands for its models */
function asked(model: string, tenant = 'a'): Promise<Heard> {
  return ask(trimtab.origin, chat(model), { headers: { authorization: `Bearer sk-${tenant}` } })
}

/** One of the provider's requests is under way until `release`, and its queue is full. */
async function fill(
  mock: MockProvider,
  name: 'narrow' | 'fresh' | 'spare',
  waiting: number,
): Promise<Promise<Heard>[]> {
  const before = mock.count
  mock.script(() => ({ kind: 'hold' }))
  const all = [asked(`${name}/m`)]
  await mock.until(() => mock.count === before + 1)
  for (let index = 0; index < waiting; index++) all.push(asked(`${name}/m`))
  await expect
    .poll(
      async () => sampleSum(await readMetrics(trimtab.origin), 'trimtab_provider_queued', { provider: name }),
      {
        interval: 5,
        timeout: 10_000,
      },
    )
    .toBe(waiting)
  return all
}

async function emptied(mock: MockProvider, all: readonly Promise<Heard>[]): Promise<void> {
  mock.script([])
  mock.release()
  expect((await Promise.all(all)).map(({ status }) => status)).toEqual(all.map(() => 200))
}

it('moves on to the next target, and says why', async () => {
  const held = await fill(narrow, 'narrow', 2)
  const before = narrow.count
  const heard = await asked('both')
  expect([heard.status, heard.headers['x-trimtab-model']]).toEqual([200, 'spare/m'])
  expect(narrow.count).toBe(before)
  await emptied(narrow, held)
  await settledLedger(trimtab.ledgerFile)
  const { reader, close } = openLedgerReader(trimtab.ledgerFile)
  const found = await reader.request(heard.headers['x-trimtab-request-id'] as string)
  close()
  expect(found?.decision?.reasons.join(' ')).toContain(
    'narrow/m is passed over: The one slot of provider narrow is taken',
  )
  expect(found?.attempts.map(({ provider, outcome }) => [provider, outcome])).toEqual([['spare', 'answered']])
})

it('counts as the status that it would be told with', async () => {
  const held = await fill(narrow, 'narrow', 2)
  // Full for everybody is 503, and so is no cause of a policy that lists 429 alone.
  const refused = await asked('limited')
  expect([refused.status, errorOf(refused).code]).toEqual([503, 'overloaded'])
  expect((await asked('server')).headers['x-trimtab-model']).toBe('spare/m')
  expect((await asked('nothing')).status).toBe(503)
  await emptied(narrow, held)
})

it('moves on who is displaced from a queue, too', async () => {
  const held = await fill(narrow, 'narrow', 0)
  const behind = [asked('both'), asked('both')]
  await expect
    .poll(
      async () =>
        sampleSum(await readMetrics(trimtab.origin), 'trimtab_provider_queued', { provider: 'narrow' }),
      {
        interval: 5,
        timeout: 10_000,
      },
    )
    .toBe(2)
  // Both places are one tenant's: the other one takes one of them.
  const modest = asked('narrow/m', 'b')
  const first = await Promise.race(behind)
  expect([first.status, first.headers['x-trimtab-model']]).toEqual([200, 'spare/m'])
  await emptied(narrow, [...held, ...behind, modest])
})

it('does not ask for another model in the same queue', async () => {
  const held = await fill(narrow, 'narrow', 2)
  const refusals = async (): Promise<number> =>
    sampleSum(await readMetrics(trimtab.origin), 'trimtab_queue_refused_total', {
      provider: 'narrow',
      why: 'full',
    })
  const before = await refusals()
  expect((await asked('same')).status).toBe(503)
  expect(await refusals()).toBe(before + 1)
  await emptied(narrow, held)
})

it('tells the soonest of all that have no room', async () => {
  // Some are served from the queue of the spare one, whose pace is known then.
  await emptied(spare, await fill(spare, 'spare', 4))
  const held = await fill(narrow, 'fresh', 1)
  const alone = await asked('fresh/m')
  expect([alone.status, alone.headers['retry-after']]).toEqual([503, '5'])
  const heldToo = await fill(spare, 'spare', 4)
  const refused = await asked('soonest')
  expect([refused.status, errorOf(refused).code]).toEqual([503, 'overloaded'])
  // Nobody is served meanwhile, so that the forecast stays.
  const ofSpare = Number((await asked('spare/m')).headers['retry-after'])
  expect(Number(refused.headers['retry-after'])).toBe(Math.min(5, ofSpare))
  await emptied(narrow, held)
  await emptied(spare, heldToo)
})
