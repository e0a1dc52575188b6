import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { TOKEN_BUCKETS } from '../../src/metering/tokens.ts'
import { sqliteLedgerReader } from '../../src/storage/ledger-reader.ts'
import { MemoryLedger } from '../../src/storage/memory-ledger.ts'
import { type LedgerUnderTest, ledgerContract } from './ledger-contract.ts'
import {
  attempt,
  attemptSettled,
  idOf,
  NOON,
  openLedger,
  request,
  requestSettled,
  temporaryFolder,
} from './ledger-rows.ts'

ledgerContract('MemoryLedger', openMemory)
ledgerContract('SqliteLedger', openSqlite)

test('MemoryLedger: beyond its capacity the oldest request is forgotten', async () => {
  const ledger = new MemoryLedger(2)
  for (const id of [idOf(1), idOf(2), idOf(3)]) await ledger.openRequest(request(id), attempt(id))
  ledger.settleRequest(requestSettled(idOf(1)))
  expect((await ledger.requests({ since: 0, limit: 9 })).map(({ id }) => id)).toEqual([idOf(3), idOf(2)])
})

const count = fc.integer({ min: 0, max: 1000 })
const anyAttempt = fc.record({
  provider: fc.constantFrom('openai', 'gpu'),
  model: fc.constantFrom('a', 'b'),
  costNanoUsd: fc.option(fc.integer({ min: 0, max: 1e12 }), { nil: undefined }),
  usage: fc.constantFrom('reported', 'estimated', 'absent'),
  outcome: fc.constantFrom('answered', 'failed', 'timeout', 'interrupted', 'rate_limited'),
  counts: fc.tuple(...TOKEN_BUCKETS.map(() => count)),
})
const anyRequest = fc.record({
  workflow: fc.constantFrom('x', 'y'),
  step: fc.option(fc.constantFrom('s', 't'), { nil: undefined }),
  minutes: fc.integer({ min: 0, max: 5000 }),
  error: fc.option(fc.constant('provider_error'), { nil: undefined }),
  totalMs: fc.integer({ min: 0, max: 5000 }),
  attempts: fc.array(anyAttempt, { maxLength: 3 }),
})

test('report: whatever is written, both ledgers sum it alike, and rows sum to the totals', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyRequest, { maxLength: 12 }), async (requests) => {
      const [memory, sqlite] = [await openMemory(), await openSqlite()]
      try {
        for (const [index, given] of requests.entries()) {
          await Promise.all([write(memory, index, given), write(sqlite, index, given)])
        }
        await sqlite.written()
        for (const by of [['workflow', 'step'], ['day'], ['provider', 'model']] as const) {
          const query = { since: 0, until: NOON + 1e10, timeZone: 'America/New_York', by }
          const report = await memory.reader.report(query)
          expect(await sqlite.reader.report(query)).toEqual(report)
          const summed = report.rows.reduce((sum, row) => sum + row.tokens.input, 0)
          expect(summed).toBe(report.totals.tokens.input)
          const cost = report.rows.reduce((sum, row) => sum + Math.round((row.cost_usd ?? 0) * 1e9), 0)
          expect(cost).toBe(Math.round((report.totals.cost_usd ?? 0) * 1e9))
        }
      } finally {
        await sqlite.dispose()
      }
    }),
    { numRuns: 25 },
  )
})

type AnyRequest = typeof anyRequest extends fc.Arbitrary<infer Value> ? Value : never

async function write({ ledger }: LedgerUnderTest, label: number, given: AnyRequest): Promise<void> {
  const at = NOON + given.minutes * 60_000
  const id = idOf(label, at)
  const opened = request(id, {
    at,
    workflow: given.workflow,
    step: given.step,
  })
  const settled = requestSettled(id, { error: given.error, totalMs: given.totalMs })
  if (given.attempts.length === 0) return ledger.recordUnsent(opened, settled)
  for (const [ordinal, { provider, model, counts, ...rest }] of given.attempts.entries()) {
    const tried = attempt(id, { ordinal, provider, model })
    await (ordinal === 0 ? ledger.openRequest(opened, tried) : ledger.openAttempt(tried))
    const tokens = { ...attemptSettled(id).tokens }
    for (const [index, bucket] of TOKEN_BUCKETS.entries()) tokens[bucket] = counts[index] ?? 0
    ledger.settleAttempt(attemptSettled(id, { ordinal, tokens, ...rest }))
  }
  ledger.settleRequest(settled)
}

async function openMemory(): Promise<LedgerUnderTest> {
  const ledger = new MemoryLedger()
  return { ledger, reader: ledger, written: async () => {}, dispose: () => ledger.close() }
}

async function openSqlite(): Promise<LedgerUnderTest> {
  const folder = temporaryFolder()
  const { ledger, database } = await openLedger(join(folder.path, 'ledger.db'))
  return {
    ledger,
    reader: sqliteLedgerReader(database),
    written: () => new Promise((resolve) => setImmediate(() => setImmediate(resolve))),
    dispose: async () => {
      await ledger.close()
      folder.remove()
    },
  }
}
