/** A `routing.db` of an earlier release: its labels and versions are of features that nobody reads any more. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type Database from 'better-sqlite3'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { freshStanding, type NewLabel } from '../../../src/routing/learn/learn-store.ts'
import { rollBack } from '../../../src/routing/learn/roll-back.ts'
import { startAnew } from '../../../src/routing/learn/start-anew.ts'
import { freshWatch } from '../../../src/routing/learn/watch.ts'
import type { SqliteLearnStore } from '../../../src/storage/sqlite-learn-store.ts'
import { openLearnStore, versionOf } from '../../support/learn-store.ts'

const SCOPE = { workflow: 'support', pair: 'gpu/small > openai/large' }
const OTHER = { workflow: 'sales', pair: 'gpu/small > openai/large' }
const LABEL: NewLabel = {
  at: 1,
  requestId: 'req_1',
  features: Uint8Array.from([1, 2, 3]),
  begunAt: 'large',
  agrees: true,
}
let folder: string
let database: Database.Database
let store: SqliteLearnStore

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'trimtab-anew-'))
  const opened = await openLearnStore(join(folder, 'routing.db'))
  database = opened.database
  store = opened.store
})

afterEach(() => {
  database.close()
  rmSync(folder, { recursive: true, force: true })
})

/** Two versions, the second in force, and labels that both tiers were asked for. */
function learned(scope: typeof SCOPE, scheme: string): void {
  store.change(scope, scheme, (writer) => {
    for (let count = 0; count < 30; count++) writer.addLabel(LABEL)
    let inForce = 0
    for (const status of ['replaced', 'in force'] as const)
      inForce = writer.addVersion({ ...versionOf(scheme, 1), status }, Float32Array.from([1, 2]))
    writer.save({
      ...freshStanding(),
      inForce,
      labels: 2500,
      looks: 9,
      triedAt: 2400,
      watch: freshWatch(0.02),
    })
  })
}

test('what stands on features of another release begins again, once; others stay', () => {
  learned(SCOPE, 'earlier')
  learned(OTHER, 'ours')
  expect(startAnew(store, 'ours', 2)).toEqual([SCOPE])
  expect(store.standing(SCOPE)).toEqual(freshStanding())
  expect(store.versions(SCOPE).map(({ status }) => status)).toEqual(['reverted', 'reverted'])
  expect(store.standing(OTHER)).toMatchObject({ inForce: 2, labels: 2500 })
  expect(startAnew(store, 'ours', 3)).toEqual([])
})

test('what was learned since stays, and nobody goes back to what cannot be read', () => {
  learned(SCOPE, 'earlier')
  startAnew(store, 'ours', 2)
  store.change(SCOPE, 'ours', (writer) => {
    writer.addLabel(LABEL)
    writer.save({ ...writer.standing, labels: 1 })
  })
  learned(SCOPE, 'ours')
  expect(startAnew(store, 'ours', 3)).toEqual([])
  expect(rollBack(store, SCOPE, undefined, 4)).toMatchObject({ from: 4, to: 3 })
  expect(rollBack(store, SCOPE, undefined, 5)).toMatchObject({ from: 3, to: 0 })
})
