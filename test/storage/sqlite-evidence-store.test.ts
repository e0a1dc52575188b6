/** What is learned of hits lies in a real `cache.db`, outlives its process, and goes when nobody asked for it in months. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { freshState } from '../../src/cache/semantic/confidence-state.ts'
import type { WorkflowEvidence } from '../../src/cache/semantic/evidence-store.ts'
import { servingCacheDatabase } from '../../src/platform/node/node-cache.ts'
import { SqliteEvidenceStore } from '../../src/storage/sqlite-evidence-store.ts'

const DAY_MS = 86_400_000
let folder: string
let nowMs = Date.UTC(2026, 10, 26)
const now = (): number => nowMs

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'trimtab-evidence-'))
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

async function open() {
  const database = await servingCacheDatabase(folder, now)
  const store = new SqliteEvidenceStore(database, now)
  return {
    store,
    entries: () => database.prepare('SELECT id FROM semantic_entry_evidence ORDER BY id').pluck().all(),
    close() {
      store.close()
      database.close()
    },
  }
}

const evidenceOf = (requests: number): WorkflowEvidence => ({
  confidence: { ...freshState(), requests },
  similarities: [1, 2],
  report: {
    riskThreshold: 0,
    servedShare: 0,
    upperBound: 0,
    audited: 0,
    auditedWrong: 0,
    wrongPerHit: [0, 1],
    alarms: 0,
    warming: true,
    bands: [],
  },
})

test('a workflow’s evidence is what it is when it is written, and outlives its process', async () => {
  const first = await open()
  let requests = 1
  first.store.saveWorkflow('faq', 'static', () => evidenceOf(requests))
  requests = 7
  first.close()
  const next = await open()
  expect(next.store.workflow('faq', 'static')).toEqual(evidenceOf(7))
  expect(next.store.workflow('faq', 'another')).toBeUndefined()
  next.close()
})

test('an entry’s observations outlive the process, and are forgotten after months', async () => {
  const first = await open()
  first.store.saveEntry('old', [{ similarity: 0.9, right: false }])
  first.close()
  nowMs += 91 * DAY_MS
  const next = await open()
  expect(next.store.entry('old')).toEqual([{ similarity: 0.9, right: false }])
  next.store.saveEntry('new', [{ similarity: 0.8, right: true }])
  await vi.waitFor(() => expect(next.entries()).toEqual(['new']), { timeout: 10_000 })
  next.close()
})
