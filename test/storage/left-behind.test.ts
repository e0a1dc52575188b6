/** A change of the embedder starts anew, and says so. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { freshState } from '../../src/cache/semantic/confidence-state.ts'
import type { WorkflowEvidence } from '../../src/cache/semantic/evidence-store.ts'
import { parseConfig } from '../../src/config.ts'
import { servingCacheDatabase } from '../../src/platform/node/node-cache.ts'
import { openSemantic } from '../../src/platform/node/open-semantic.ts'
import { ShippedModels } from '../../src/platform/node/shipped-models.ts'
import { UndiciTransport } from '../../src/platform/node/undici-transport.ts'
import { leftBehind } from '../../src/storage/left-behind.ts'
import { SqliteEvidenceStore } from '../../src/storage/sqlite-evidence-store.ts'
import { SqliteVectorIndex } from '../../src/storage/sqlite-vector-index.ts'
import { DIMENSIONS, entryOf } from '../vectors/made-vectors.ts'

const now = (): number => 1_000_000
let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'trimtab-left-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const EVIDENCE: WorkflowEvidence = {
  confidence: freshState(),
  similarities: [],
  report: {
    riskThreshold: 0,
    servedShare: 0,
    audited: 0,
    auditedWrong: 0,
    wrongPerHit: [0, 1],
    upperBound: 1,
    warming: true,
    alarms: 0,
    bands: [],
  },
}

async function remember(indexName: string, ids: readonly number[]): Promise<SqliteVectorIndex> {
  const index = new SqliteVectorIndex({
    database: await servingCacheDatabase(folder, now),
    indexName,
    dimensions: DIMENSIONS,
    memoryBytes: 1 << 22,
    diskBytes: 1 << 22,
    mostEntries: 1000,
    timeLimitMs: 20,
    warn: () => {},
  })
  for (const id of ids) index.add(entryOf(id))
  await index.flushed()
  return index
}

async function learn(embedder: string, workflows: readonly string[]): Promise<void> {
  const database = await servingCacheDatabase(folder, now)
  const store = new SqliteEvidenceStore(database, now)
  for (const workflow of workflows) store.saveWorkflow(workflow, embedder, () => EVIDENCE)
  store.close()
  database.close()
}

async function told(instantId: string, judgingId: string): Promise<readonly string[]> {
  const database = await servingCacheDatabase(folder, now)
  const sentences = leftBehind(database, { instantId, judgingId })
  database.close()
  return sentences
}

test('nothing is said of a new file, and of the same embedder', async () => {
  expect(await told('static-1', 'encoder-1')).toEqual([])
  await (await remember('static-1', [1, 2])).close()
  await learn('encoder-1', ['faq'])
  expect(await told('static-1', 'encoder-1')).toEqual([])
})

test('questions of another are named as long as there are any', async () => {
  const index = await remember('static-1', [1, 2])
  expect(await told('static-2', 'encoder-1')).toEqual([
    expect.stringMatching(/was static-1 and is static-2 now: a fresh collection starts/),
  ])
  await index.removeWhere({})
  await index.close()
  expect(await told('static-2', 'encoder-1')).toEqual([])
})

test('what audits taught is named until the workflow has evidence of its own under the present one', async () => {
  await learn('encoder-1', ['faq', 'help'])
  expect(await told('static-1', 'minilm-1')).toEqual([
    expect.stringMatching(/of 2 workflows was learned under encoder-1: under minilm-1 each begins/),
  ])
  await learn('minilm-1', ['faq'])
  expect(await told('static-1', 'minilm-1')).toEqual([expect.stringContaining('of one workflow')])
  await learn('minilm-1', ['help'])
  expect(await told('static-1', 'minilm-1')).toEqual([])
})

test('it is said as the cache is opened', async () => {
  await learn('encoder-1', ['faq'])
  const parsed = parseConfig({
    file: { path: 'trimtab.yaml', text: `data: ${folder}\nembedding: { use: static }` },
    environment: {},
    flags: {},
  })
  if (parsed.kind === 'refused') throw new Error(parsed.problems.map(({ message }) => message).join('\n'))
  const network = new UndiciTransport()
  const said: string[] = []
  const opened = await openSemantic({
    config: parsed.config,
    network,
    shipped: new ShippedModels(),
    environment: {},
    now,
    info: (message) => said.push(message),
    warn: (message) => said.push(message),
  })
  await opened.close()
  await network.close()
  expect(said).toContainEqual(expect.stringContaining('was learned under encoder-1'))
})
