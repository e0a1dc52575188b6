/** What wider bounds would come to, by labels in a real `routing.db`. */
import Database from 'better-sqlite3'
import { expect, test } from 'vitest'
import { openPrior } from '../../../src/platform/node/node-classifier.ts'
import { migrationsFolder } from '../../../src/platform/node/package-files.ts'
import { openStaticEmbedder } from '../../../src/platform/node/shipped-table.ts'
import { forecastBounds } from '../../../src/routing/learn/forecast-bounds.ts'
import { featureScheme } from '../../../src/routing/learn/label-features.ts'
import { Learning, type LearningEvent } from '../../../src/routing/learn/learning.ts'
import { migrate, readMigrations } from '../../../src/storage/migrate.ts'
import { SqliteLearnStore } from '../../../src/storage/sqlite-learn-store.ts'
import { seeded } from '../../support/seeded.ts'

const SCOPE = { workflow: 'support', pair: 'gpu/s > openai/l' }
/** Share that the small tier answers otherwise, by what is asked. */
const LOST = { colour: 0.001, size: 0.06, invoice: 0.5 }
const THINGS = [
  'sky',
  'sea',
  'grass',
  'snow',
  'sand',
  'coal',
  'brick',
  'lemon',
  'plum',
  'rose',
  'milk',
  'ink',
]

test('a wider bound begins more at the small tier, and never more loss than it allows', async () => {
  const random = seeded(5)
  const one = <Value>(list: readonly Value[]): Value => list[Math.floor(random() * list.length)] as Value
  const database = new Database(':memory:')
  await migrate(database, readMigrations(`${migrationsFolder()}/routing`), Date.now)
  const store = new SqliteLearnStore(database, Date.now)
  const readers = { embedder: await openStaticEmbedder(), prior: await openPrior() }
  const events: LearningEvent[] = []
  const learning = new Learning({
    ...{ store, readers, now: Date.now, elapsedMs: () => performance.now() },
    pause: () => new Promise((resolve) => setImmediate(resolve)),
    told: (event) => events.push(event),
    failed: (error) => {
      throw error
    },
  })
  const policy = { share: 1, judge: undefined, maxQualityLoss: 0.02 }
  for (let count = 0; count < 1200; count++) {
    const kind = one(['colour', 'size', 'invoice'] as const)
    const text = `Which ${kind} has the ${one(THINGS)} beside the ${one(THINGS)}?`
    const agrees = random() >= LOST[kind]
    const label = { at: count, requestId: `req_${count}`, begunAt: 'large' as const, agrees }
    learning.learn(SCOPE, policy, { text, tokens: 20, turns: 1 }, label)
    learning.flush()
    await learning.settled()
  }
  expect(events.some(({ kind }) => kind === 'accepted')).toBe(true)
  const version = store.versions(SCOPE).find(({ status }) => status === 'in force')
  expect(version?.scheme).toBe(featureScheme(readers))
  if (version === undefined) return
  const told = forecastBounds(store, SCOPE, version, [0.02, 0.05, 0.08])
  expect(told.map(({ mostLoss }) => mostLoss)).toEqual([0.02, 0.05, 0.08])
  for (const { upper, mostLoss, tested } of told) {
    expect(upper).toBeLessThanOrEqual(mostLoss)
    expect(tested).toBe(600)
  }
  const [narrow, , wide] = told.map(({ begun }) => begun)
  expect(wide).toBeGreaterThan((narrow ?? 1) + 0.1)
})
