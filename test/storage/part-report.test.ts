/** Reports by part: what is attributed to parts, and what stays with the whole. */
import type Database from 'better-sqlite3'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { PartSizes } from '../../src/metering/parts.ts'
import type { ReportDimension } from '../../src/metering/reports.ts'
import { noTokens, type Tokens } from '../../src/metering/tokens.ts'
import { sqliteLedgerReader } from '../../src/storage/ledger-reader.ts'
import type { LedgerStatements } from '../../src/storage/ledger-statements.ts'
import { MemoryLedger } from '../../src/storage/memory-ledger.ts'
import { HOUR_MS, rollUp } from '../../src/storage/rollups.ts'
import { attempt, attemptSettled, idOf, ledgerInParts, NOON, request, requestSettled } from './ledger-rows.ts'

let writing: Database.Database
let reading: Database.Database
let statements: LedgerStatements
let remove: () => void
let memory: MemoryLedger

beforeEach(async () => {
  ;({ writing, reading, statements, remove } = await ledgerInParts())
  memory = new MemoryLedger()
})

afterEach(() => remove())

test('report by part: a cost that is of the input alone is shared by tokens, to the nano-dollar', async () => {
  await add({ system: 1, history: 1, last_user_turn: 1 }, { input: 30 }, 1001)
  await add({ system: 1, last_user_turn: 3 }, { input: 8 }, 3)
  expect(await rows(['part'])).toEqual([
    { part: 'last_user_turn', requests: 2, input: 16, output: 0, cost: 335 },
    { part: 'system', requests: 2, input: 12, output: 0, cost: 335 },
    { part: 'history', requests: 1, input: 10, output: 0, cost: 334 },
    { part: null, requests: 2, input: 0, output: 0, cost: 0 },
  ])
})

test('report by part: a cost of input and output stays in the row without a part', async () => {
  await add({ system: 10, images: 4000 }, { input: 20, image_in: 500, output: 7 }, 900)
  await add({ system: 10 }, { input: 10 }, 100)
  expect(await rows(['workflow', 'part'])).toEqual([
    { workflow: 'support', part: 'images', requests: 1, input: 500, output: 0, cost: null },
    { workflow: 'support', part: 'system', requests: 2, input: 30, output: 0, cost: null },
    { workflow: 'support', part: null, requests: 2, input: 0, output: 7, cost: 1000 },
  ])
})

test('report by part: where nobody knows what an input consisted of, nothing is made up', async () => {
  await add(undefined, { input: 20, output: 7 }, 900)
  expect(await rows(['part'])).toEqual([{ part: null, requests: 1, input: 20, output: 7, cost: 900 }])
})

/** Alike from the requests' rows, from their sums, and from a ledger in memory. */
async function rows(by: readonly ReportDimension[]) {
  const query = { since: NOON, until: NOON + HOUR_MS, timeZone: 'UTC', by }
  const reader = sqliteLedgerReader(reading)
  const found = await told(reader.report(query))
  expect(await told(memory.report(query))).toEqual(found)
  await rollUp({ reading, writing }, NOON, 'wait')
  expect(await told(reader.report(query))).toEqual(found)
  return found
}

async function told(report: ReturnType<MemoryLedger['report']>) {
  return (await report).rows.map(({ workflow, part, requests, tokens, cost_usd }) => ({
    ...(workflow !== undefined && { workflow }),
    part,
    requests,
    input: tokens.input + tokens.image_in,
    output: tokens.output,
    cost: cost_usd === null ? null : Math.round(cost_usd * 1e9),
  }))
}

let requests = 0

async function add(
  parts: PartSizes | undefined,
  tokens: Partial<Tokens>,
  costNanoUsd: number,
): Promise<void> {
  const id = idOf(++requests)
  const [opened, tried] = [request(id), attempt(id)]
  const ended = attemptSettled(id, { tokens: { ...noTokens(), ...tokens }, costNanoUsd })
  const plain = requestSettled(id)
  const decision = plain.decision && { ...plain.decision, ...(parts !== undefined && { parts }) }
  const settled = { ...plain, decision, baselineNanoUsd: costNanoUsd }
  statements.commit(
    [
      { kind: 'request', request: opened, attempt: tried },
      { kind: 'attempt_settled', settled: ended },
      { kind: 'request_settled', settled },
    ],
    NOON,
  )
  await memory.openRequest(opened, tried)
  memory.settleAttempt(ended)
  memory.settleRequest(settled)
}
