import { join } from 'node:path'
import type Database from 'better-sqlite3'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { PromptFinding } from '../../src/metering/prefix/compare-prompts.ts'
import { workflowReuse } from '../../src/storage/prefix-reuse.ts'
import { PrefixSums } from '../../src/storage/prefix-sums.ts'
import { deleteOldPrefixes } from '../../src/storage/retention.ts'
import { askedPrompt, NOON, said } from '../metering/prefix/asked-prompts.ts'
import { migratedDatabase, temporaryFolder } from './ledger-rows.ts'

let folder: ReturnType<typeof temporaryFolder>
let database: Database.Database

beforeEach(async () => {
  folder = temporaryFolder()
  database = await migratedDatabase(join(folder.path, 'ledger.db'))
})

afterEach(() => {
  database.close()
  folder.remove()
})

const FINDING: PromptFinding = {
  divergence: { place: 'system', message: 0, character: 31, what: 'time' },
  movable: { tokens: 1024, nanoUsd: 4_000_000 },
  missed: { tokens: 0, nanoUsd: 0 },
  reuseMs: 42_000,
}

const asked = (given: Parameters<typeof askedPrompt>[1] = {}) =>
  askedPrompt({ messages: [said('user', 'hello')] }, { answeredAt: NOON, ...given })

test('prefix sums: two processes add to the same hour, and what was written is not added again', () => {
  for (const _process of [1, 2]) {
    const sums = new PrefixSums()
    sums.add(asked(), undefined)
    sums.add(asked(), FINDING)
    sums.add(asked({ isPriced: false }), { ...FINDING, missed: { tokens: 128, nanoUsd: 7 } })
    sums.write(database)
    sums.write(database)
  }
  expect(database.prepare('SELECT * FROM prefix_hours').all()).toEqual([
    {
      hour: NOON,
      workflow: 'support',
      provider: 'openai',
      model: 'gpt-5.6',
      prompts: 6,
      compared: 4,
      priced: 2,
      missed_tokens: 256,
      missed_nano_usd: 14,
    },
  ])
  expect(database.prepare('SELECT place, what, near, times, characters FROM prefix_places').all()).toEqual([
    { place: 'system', what: 'time', near: 16, times: 4, characters: 124 },
  ])
  expect(workflowReuse(database, NOON)).toEqual([{ workflow: 'support', bounds: [{ bound: 60, times: 4 }] }])
  expect(workflowReuse(database, NOON + 1)).toEqual([])
})

test('prefix sums: what keeping prefixes warm cost and spared; a beginning that is new counts as never asked again', () => {
  const sums = new PrefixSums()
  const event = { workflow: 'support', provider: 'openai', model: 'gpt-5.6', at: NOON }
  sums.addWarmed({ ...event, costNanoUsd: 500 })
  sums.addWarmed({ ...event, costNanoUsd: 700 })
  sums.addWarmed({ ...event, sparedNanoUsd: 9000 })
  sums.write(database)
  sums.add(asked(), { ...FINDING, reuseMs: undefined })
  sums.write(database)
  expect(
    database.prepare('SELECT refreshes, cost_nano_usd, found, spared_nano_usd FROM prefix_warmed').all(),
  ).toEqual([{ refreshes: 2, cost_nano_usd: 1200, found: 1, spared_nano_usd: 9000 }])
  expect(workflowReuse(database, NOON)).toEqual([{ workflow: 'support', bounds: [{ bound: 0, times: 1 }] }])
})

test('prefix sums: nothing of a text is in the ledger', () => {
  const secret = 'the harbour master is called Ingeborg'
  const sums = new PrefixSums()
  sums.add(askedPrompt({ messages: [said('user', secret)] }), FINDING)
  sums.write(database)
  const tables = ['prefix_hours', 'prefix_places', 'prefix_reuse']
  const rows = tables.map((table) => JSON.stringify(database.prepare(`SELECT * FROM ${table}`).all()))
  expect(rows.join()).not.toContain('Ingeborg')
})

test('prefix sums: they go with the other sums', () => {
  const sums = new PrefixSums()
  sums.add(asked({ answeredAt: NOON }), FINDING)
  sums.add(asked({ answeredAt: NOON + 3_600_000 }), FINDING)
  sums.write(database)
  const retention = { requestsMs: 3_600_000, rollupsMs: 2 * 3_600_000 }
  expect(deleteOldPrefixes(database, NOON + 3 * 3_600_000, retention)).toBe(3)
  expect(database.prepare('SELECT hour FROM prefix_hours').pluck().all()).toEqual([NOON + 3_600_000])
})
