/** Documents whose vectors are in Qdrant: found there, taken out there, and answered by their words alone without it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import type { Config } from '../../src/config.ts'
import type { Found } from '../../src/knowledge/knowledge.ts'
import { type OpenedKnowledge, openKnowledge } from '../../src/platform/node/open-knowledge.ts'
import { ShippedModels } from '../../src/platform/node/shipped-models.ts'
import { type QdrantDouble, startQdrantDouble } from '../support/qdrant-double/server.ts'
import { addFiles, configOf, RETURNS } from './knowledge-setup.ts'

const folder = mkdtempSync(join(tmpdir(), 'trimtab-qdrant-'))
const data = join(folder, 'data')
const help = join(folder, 'help')
let qdrant: QdrantDouble
let vectors: Config['vectors']
let opened: OpenedKnowledge

const ask = (question: string): Promise<Found> =>
  opened.knowledge.ask({ question, collection: 'help', tenant: 'default', minConfidence: undefined })
const points = (): number =>
  [...qdrant.collections.values()].reduce((sum, { points: all }) => sum + all.size, 0)

beforeAll(async () => {
  qdrant = await startQdrantDouble()
  vectors = { use: 'qdrant', url: qdrant.url, apiKey: undefined, timeoutMs: 5000 } as Config['vectors']
  await addFiles(
    data,
    help,
    { 'returns.md': RETURNS, 'place.txt': 'The warehouse is in Rotterdam.' },
    { vectors },
  )
  const config = configOf(data, vectors)
  opened = await openKnowledge({ config, shipped: new ShippedModels(), now: Date.now, warn: () => {} })
})

beforeEach(() => {
  qdrant.mode = 'well'
})

afterAll(async () => {
  await opened.close()
  await qdrant.close()
  rmSync(folder, { recursive: true, force: true })
  expect(qdrant.faults).toEqual([])
})

it('has a point for each passage, and is asked for a question', async () => {
  expect(points()).toBe(3)
  const before = qdrant.requests.length
  const found = await ask('When are refunds paid?')
  expect(found.kind === 'found' && found.quote).toContain('five working days after we have your parcel')
  expect(qdrant.requests.slice(before).some((request) => /\/points\/(query|search)/.test(request))).toBe(true)
})

it('holds the new passages of a file that changed, and no longer the old ones', async () => {
  writeFileSync(join(help, 'place.txt'), 'The warehouse has moved to Antwerp.')
  await addFiles(data, help, {}, { vectors })
  expect(points()).toBe(3)
  rmSync(join(help, 'place.txt'))
  await addFiles(data, help, {}, { vectors, prune: true })
  expect(points()).toBe(2)
})

it.each(['refuse', 'garbage'] as const)(
  'questions are answered by words alone while it does %s',
  async (mode) => {
    qdrant.mode = mode
    const found = await ask('When are refunds paid?')
    expect(found.kind === 'found' && found.quote).toContain('five working days after we have your parcel')
  },
)
