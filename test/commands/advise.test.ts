/** What `advise` makes of shadows: those that proved themselves, those that have not yet, and none. */
import { describe, expect, it } from 'vitest'
import { calibrationOf } from '../../src/cache/semantic/calibrations.ts'
import { Confidence } from '../../src/cache/semantic/confidence.ts'
import { adviseCommand } from '../../src/commands/advise.ts'
import { sha256 } from '../../src/platform/node/sha256.ts'
import { readPolicies } from '../../src/policy/policy-set.ts'
import { MemoryLedger } from '../../src/storage/memory-ledger.ts'
import { request, requestSettled } from '../storage/ledger-rows.ts'

const NOW = Date.UTC(2026, 10, 26)
const DAY_MS = 86_400_000
const POLICY = 'cache: { exact: { mode: shadow }, semantic: { mode: shadow, max_wrong_rate: 1% } }'

/** Answers of the workflow `faq` within the last day, the first `hits` of which memory had too; none was wrong. */
function ledgerOf(requests: number, hits: number): MemoryLedger {
  const ledger = new MemoryLedger()
  for (let number = 0; number < requests; number++) {
    const id = `r${String(number).padStart(6, '0')}`
    const isHit = number < hits
    ledger.recordUnsent(
      request(id, { at: NOW - DAY_MS / 2, workflow: 'faq' }),
      requestSettled(id, {
        shadow: isHit ? { mechanism: 'semantic', savedNanoUsd: 2_000_000 } : undefined,
        semanticWrong: isHit ? false : undefined,
      }),
    )
  }
  return ledger
}

function evidenceOf(judged: number) {
  const policy = { maxWrongRate: 0.01, auditShare: 0.01, firstAudits: 300, judgeError: 0 }
  const confidence = new Confidence(policy, calibrationOf('minilm-int8-mean256-0123456789abcdef').curve)
  for (let number = 0; number < judged; number++) {
    const decision = confidence.decide(0.001)
    confidence.judged(0.001, { served: decision.serve, wrong: false })
  }
  const similarities = new Array<number>(20).fill(0)
  const stored = { workflow: 'faq', embedder: 'minilm', similarities }
  return { ...stored, confidence: confidence.state(), report: confidence.report() }
}

async function advised(ledger: MemoryLedger, judged: number, text = POLICY) {
  const { set } = readPolicies([{ path: 'faq.yaml', text }], sha256)
  if (set === undefined) throw new Error('the policy is refused')
  const told: string[] = []
  const files = [{ path: 'faq.yaml', text }]
  const routeAdvice = async () => []
  const parts = {
    reader: ledger,
    policies: set,
    files,
    evidence: [evidenceOf(judged)],
    withLearned: async () => undefined,
    routeAdvice,
    now: NOW,
  }
  const output = {
    out: (line: string) => void told.push(line),
    error: (line: string) => void told.push(line),
  }
  const code = await adviseCommand({ since: '1d', json: true }, parts, output)
  return { code, advice: JSON.parse(told.join('')).advice as Record<string, unknown>[] }
}

describe('advise', () => {
  it('turns on what enough audits have shown to be right, with what it would save', async () => {
    const { code, advice } = await advised(ledgerOf(1000, 400), 400)
    expect(code).toBe(0)
    expect(advice).toEqual([
      expect.objectContaining({
        workflow: 'faq',
        file: 'faq.yaml',
        key: 'cache.semantic.mode',
        to: 'on',
        verdict: 'turn on',
        diff: expect.stringContaining(
          '+cache: { exact: { mode: shadow }, semantic: { mode: on, max_wrong_rate: 1% } }',
        ),
        forecast: {
          hits_share: 0.4,
          saved_usd_per_month: expect.closeTo(400 * 0.002 * 30 * 0.99, 6),
          saved_usd_per_month_interval: [expect.closeTo(21.96, 1), expect.closeTo(25.59, 1)],
          wrong_per_request_upper: expect.any(Number),
        },
      }),
    ])
  })

  it('waits while too little was compared', async () => {
    const { advice } = await advised(ledgerOf(100, 20), 20)
    expect(advice).toMatchObject([{ verdict: 'wait', reason: expect.stringContaining('20 hits') }])
  })

  it('says nothing of a workflow whose cache is on already, or off', async () => {
    expect((await advised(ledgerOf(1000, 400), 400, 'cache: { semantic: { mode: on } }')).advice).toEqual([])
    expect((await advised(ledgerOf(1000, 400), 400, 'limits: { retries: 0 }')).advice).toEqual([])
  })
})
