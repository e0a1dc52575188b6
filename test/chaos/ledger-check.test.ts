import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { settledLedger } from '../support/ledger-file.ts'
import type { Fault } from '../support/mock-provider/fault.ts'
import { type MockProvider, startMockProvider } from '../support/mock-provider/mock-provider.ts'
import { startTrimtab, type Trimtab } from '../support/start-trimtab.ts'
import { configuration, nameOf, TIMEOUT_MS } from './installation.ts'
import { checkLedger, type Told } from './ledger-check.ts'
import { Play } from './play.ts'

const WAY = { asked: 'chat', target: 'chat' } as const
const NAME = nameOf(WAY, false)
const UNHEARD_MS = 60_000

let mock: MockProvider
let trimtab: Trimtab

beforeAll(async () => {
  mock = await startMockProvider()
  const nowhere = 'http://127.0.0.1:1/v1'
  trimtab = await startTrimtab({
    config: configuration({ mock: mock.url, refused: nowhere, unaccepting: nowhere }),
    policies: {
      // The deadline alone: no silence ends an answer.
      'policy.yaml': `
workflow: ${NAME}
tiers: { only: { use: [${NAME}/${NAME}] } }
limits: { timeout: ${TIMEOUT_MS}ms, first_chunk: 60s, between_chunks: 60s, retries: 0 }`,
    },
  })
})
afterAll(async () => {
  await trimtab.stop()
  await mock.close()
})

const event = (data: unknown) => `data: ${JSON.stringify(data)}\n\n`
const chunk = (delta: unknown, finish_reason: string | null) =>
  event({ id: 'chatcmpl-1', object: 'chat.completion.chunk', choices: [{ index: 0, delta, finish_reason }] })
const SPOKEN = chunk({ content: 'To port.' }, null) + chunk({}, 'stop')
const USAGE = event({ choices: [], usage: { prompt_tokens: 7, completion_tokens: 3, total_tokens: 10 } })
const DONE = 'data: [DONE]\n\n'

function replayed(text: string, pausesAfter?: string): Fault {
  const at = pausesAfter === undefined ? [] : [pausesAfter.length]
  return { kind: 'replay', bytes: new TextEncoder().encode(text), at, betweenMs: UNHEARD_MS }
}

/** Asks once, and tells what was seen of it and what the ledger says. */
async function asked(mark: string, fault: Fault) {
  const planned = { mark, way: WAY, stream: true, spare: false, faults: [fault], leaves: undefined }
  const play = new Play(mock, trimtab.origin, () => planned, 10)
  await play.for(1, 1)
  const file = join(trimtab.dataFolder, 'ledger.db')
  const rows = await settledLedger(file)
  expect(rows.at(-1)).toMatchObject({ attempts: [{ outcome: 'answered', usage: 'estimated' }] })
  const told = play.told.get(mark)
  if (told === undefined) throw new Error(`${mark} was not judged`)
  expect(told).toMatchObject({ status: 200, ending: 'answer' })
  const faultsOf = (it: Told) => checkLedger(file, new Map([[mark, it]])).faults
  return { told, faultsOf }
}

test('an answer that was whole at its deadline is estimated: its provider had yet to tell its usage', async () => {
  const { told, faultsOf } = await asked('mark-slow', replayed(SPOKEN + USAGE + DONE, SPOKEN))
  expect(faultsOf(told)).toEqual([])
})

test('a provider that had said all before the deadline and was not heard to tell its usage is a fault', async () => {
  const { told, faultsOf } = await asked('mark-untold', replayed(SPOKEN + DONE))
  // However busy this machine is.
  const inTime = { ...told, seen: told.seen.map((one) => ({ ...one, endedAtMs: 0 })) }
  expect(faultsOf(inTime)).toEqual([{ mark: 'mark-untold', fault: 'answered, usage estimated' }])
})
