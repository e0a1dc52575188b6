/** Audits: requests of ours, behind the caller's back, that cost the caller nothing but money. */
import { describe, expect, it } from 'vitest'
import { readLedger, settledLedger } from '../../support/ledger-file.ts'
import { runCommand } from '../../support/start-trimtab.ts'
import { FAQ, MISS, type Semantic, saying, startSemantic, status } from './semantic-setup.ts'

/** Asked once, and so remembered; the audits of its hits are held back. */
async function withHeldAudits(semantic: Semantic, question: string): Promise<void> {
  semantic.says.set(question, () => saying('Two'))
  expect(status(await semantic.asked(question))).toBe(MISS)
  semantic.says.set(question, () => ({ kind: 'hold' }))
}

describe('an audit', () => {
  it('is under way with few others, however many hits there are', async () => {
    const semantic = await startSemantic()
    const question = 'What is the smallest prime number?'
    await withHeldAudits(semantic, question)
    const before = semantic.mock.count
    for (let hits = 0; hits < 30; hits++) {
      expect(status(await semantic.asked(question))).toContain('detail=semantic')
    }
    await semantic.mock.until(() => semantic.mock.count >= before + 8)
    expect(semantic.mock.count).toBe(before + 8)
    semantic.mock.release()
    await settledLedger(semantic.trimtab.ledgerFile)
    await semantic.stop()
  })

  it('that still waits when the server stops is abandoned and settled', async () => {
    const semantic = await startSemantic()
    const question = 'What is the smallest odd prime number?'
    await withHeldAudits(semantic, question)
    const hit = await semantic.asked(question)
    expect(status(hit)).toContain('detail=semantic')
    await semantic.mock.until(() => semantic.mock.requests.some(({ fault }) => fault === 'hold'))
    await semantic.end(100)
    const rows = readLedger(semantic.trimtab.ledgerFile)
    expect(rows).toHaveLength(3)
    expect(rows.filter(({ status: told }) => told === null)).toEqual([])
    const abandoned = rows.find(({ error }) => error === 'caller_left')
    expect(abandoned?.attempts).toMatchObject([{ outcome: 'abandoned' }])
    await semantic.stop()
  })

  it('that ends within the grace is judged before the server stops', async () => {
    const semantic = await startSemantic()
    const question = 'What is the largest odd prime number below ten?'
    await withHeldAudits(semantic, question)
    semantic.says.set(question, () => ({ kind: 'delay', ms: 200 }))
    expect(status(await semantic.asked(question))).toContain('detail=semantic')
    await semantic.end(5000)
    const rows = readLedger(semantic.trimtab.ledgerFile)
    expect(rows.map(({ status: told }) => told)).toEqual([200, 200, 200])
    await semantic.stop()
  })

  it('is overhead in reports, and none of the requests, errors and durations that callers had', async () => {
    const semantic = await startSemantic({ policies: { 'faq.yaml': `limits: { retries: 0 }\n${FAQ}` } })
    const question = 'What is the freezing point of water?'
    semantic.says.set(question, () => saying('0 °C'))
    await semantic.asked(question)
    for (const [hits, answer] of [saying('0 °C'), { kind: 'status', status: 500 } as const].entries()) {
      const before = semantic.mock.count
      semantic.says.set(question, () => answer)
      expect(status(await semantic.asked(question))).toContain('detail=semantic')
      await semantic.mock.until(() => semantic.mock.count > before)
      await settledLedger(semantic.trimtab.ledgerFile, (rows) => rows.length === 3 + 2 * hits)
    }
    const { stdout } = await runCommand([
      'report',
      '--json',
      '--by',
      'workflow',
      '--config',
      semantic.trimtab.configFile,
    ])
    const { rows, totals } = JSON.parse(stdout)
    // One asked, two answered from memory; one audit of 100 tokens in and 10 out.
    expect(totals).toMatchObject({ requests: 3, errors: 0, hits: { semantic: 2 }, usage: { reported: 2 } })
    expect(totals.overhead_usd).toBeCloseTo(120e-6, 12)
    expect(totals.cost_usd).toBeCloseTo(240e-6, 12)
    expect(totals.saved_usd).toBeCloseTo(2 * 120e-6 - 120e-6, 12)
    expect(rows).toHaveLength(1)
    expect(rows[0]).toMatchObject({ requests: 3, errors: 0, overhead_usd: totals.overhead_usd })
    await semantic.stop()
  })

  it.each(['status=500', 'status=400', 'reset', 'error_event'])(
    'whose model fails by %s costs the next caller nothing, and is not audited itself',
    async (fault) => {
      const semantic = await startSemantic({ policies: { 'faq.yaml': `limits: { retries: 0 }\n${FAQ}` } })
      const question = 'What is the boiling point of water?'
      semantic.says.set(question, () => saying('100 °C'))
      await semantic.asked(question)
      const [kind, code] = fault.split('=')
      const failing =
        kind === 'status' ? { kind: 'status' as const, status: Number(code) } : { kind: kind as 'reset' }
      semantic.says.set(question, () => failing)
      const before = semantic.mock.count
      for (let hits = 1; hits <= 3; hits++) {
        expect(status(await semantic.asked(question))).toContain('detail=semantic')
        await semantic.mock.until(() => semantic.mock.count >= before + hits)
        await settledLedger(semantic.trimtab.ledgerFile)
      }
      // One asked, three hits and an audit of each.
      await expect.poll(() => readLedger(semantic.trimtab.ledgerFile).length).toBe(7)
      await semantic.stop()
    },
  )
})
