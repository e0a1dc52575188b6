/** 2,000 requests of all kinds, and then two accounts of them side by side: the report, and what the provider wrote down. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { closedPortUrl } from '../support/mock-provider/closed-port.ts'
import { COUNTED, type Counted, type CountedBucket } from '../support/mock-provider/counted.ts'
import { type MockProvider, startMockProvider } from '../support/mock-provider/mock-provider.ts'
import { startTrimtab, type Trimtab } from '../support/start-trimtab.ts'
import type { PrintedReport } from './check-report.ts'
import { configuration, UNHURRIED_POLICIES } from './installation.ts'
import { Play } from './play.ts'
import { settledRows } from './rows.ts'
import { type Scripted, scripts } from './script.ts'

const REQUESTS = 2000

/** What the mock wrote of an exchange that is over. */
interface Line {
  ended?: number
  model: string
  mark: string
  counted?: Counted
  /** The answer left whole, with its usage. */
  isTold: boolean
}

const folder = mkdtempSync(join(tmpdir(), 'trimtab-mixed-'))
const logFile = join(folder, 'provider.jsonl')
let mock: MockProvider
let trimtab: Trimtab
let play: Play
let lines: readonly Line[]
let report: PrintedReport

beforeAll(async () => {
  mock = await startMockProvider({ logFile, logEnds: true })
  const config = configuration({ mock: mock.url, gone: await closedPortUrl() }, 1)
  trimtab = await startTrimtab({ config, policies: UNHURRIED_POLICIES })
  play = new Play(mock)
  await play.all(mixed(), () => trimtab.origin)
  await mock.until(() => mock.requests.every(({ end }) => end !== 'open'), 20_000)
  await settledRows(join(trimtab.dataFolder, 'ledger.db'))
  const text = readFileSync(logFile, 'utf8').trim().split('\n')
  lines = text.map((line) => JSON.parse(line) as Line).filter(({ ended }) => ended !== undefined)
  report = (await trimtab.json(
    'report',
    '--json',
    '--since',
    '2h',
    '--by',
    'workflow,model',
  )) as PrintedReport
}, 120_000)

afterAll(async () => {
  await trimtab.stop()
  await mock.close()
  rmSync(folder, { recursive: true, force: true })
})

describe('after 2,000 mixed requests', () => {
  it('the report tells the very tokens that the provider wrote down, by bucket', () => {
    const told = lines.filter((line) => line.isTold && !isApart(line))
    const reported = report.rows.filter(({ workflow }) => workflow !== 'left' && workflow !== 'cut')
    expect(sumOf(reported.map(({ tokens }) => tokens))).toEqual(sumOf(told.map(({ counted }) => counted)))
    expect(reported.reduce((sum, { usage }) => sum + usage.estimated, 0)).toBe(0)
  })

  it('and by model', () => {
    for (const model of new Set(lines.map((line) => line.model))) {
      const told = lines.filter((line) => line.model === model && line.isTold && !isApart(line))
      const rows = report.rows.filter(
        (row) => row.model === model && row.workflow !== 'left' && row.workflow !== 'cut',
      )
      const pair = [rows.map(({ tokens }) => tokens), told.map(({ counted }) => counted)]
      const [reported, counted] = pair.map(sumOf)
      expect([model, reported]).toEqual([model, counted])
    }
  })

  it('the totals are those and what was cut or left, which the report marks apart', () => {
    expect(report.totals.requests).toBe(REQUESTS)
    expect(sumOf(report.rows.map(({ tokens }) => tokens))).toEqual(report.totals.tokens)
    const cut = report.rows.filter(({ workflow }) => workflow === 'cut')
    const ofCut = lines.filter((line) => workflowOf(line) === 'cut')
    const whole = ofCut.filter(({ isTold }) => isTold).length
    expect(cut.reduce((sum, { usage }) => sum + usage.reported, 0)).toBe(whole)
    expect(cut.reduce((sum, { usage }) => sum + usage.estimated, 0)).toBe(ofCut.length - whole)
    expect(whole).toBeGreaterThan(0)
    expect(ofCut.length - whole).toBeGreaterThan(0)
  })

  it('it was mixed', () => {
    const { totals } = report
    expect(Math.min(totals.hits.exact, totals.hits.coalesced, totals.usage.absent)).toBeGreaterThan(20)
    expect(lines.filter(({ model }) => model === 'text-embedding-3-small').length).toBeGreaterThan(20)
    expect(lines.length).toBeGreaterThan(REQUESTS / 4)
  })
})

/** The same ones each time. Who leaves, and whose answer is cut, goes under a workflow of that name. */
function mixed(): readonly Scripted[] {
  const [script] = fc.sample(scripts(REQUESTS), { seed: 4, numRuns: 1 })
  if (script === undefined) throw new Error('nothing was sampled')
  return [...script.before, ...script.after].map((one) => {
    if (one.leaves !== undefined) return { ...one, leaves: 'content', workflow: 'left', faults: [] }
    if (!one.faults.some(({ kind }) => CUTS.has(kind))) return one
    const provider = COUNTING_ON.has(one.provider) ? 'openai' : one.provider
    return { ...one, provider, workflow: 'cut', faults: one.faults.filter(({ kind }) => CUTS.has(kind)) }
  })
}

/** A provider may bill for what it had said by then, so that trimtab estimates it. */
const CUTS = new Set([
  'error_event',
  'error_event_mid',
  'reset_before_body',
  'reset_mid',
  'truncated_json',
  'no_finish',
  'stall_mid',
  'black_hole',
])
/** These report what they said until they are cut. */
const COUNTING_ON = new Set(['vllm', 'strange'])

function isApart(line: Line): boolean {
  return ['left', 'cut'].includes(workflowOf(line))
}

function workflowOf({ mark }: Line): string {
  return play.asked.get(mark)?.one.workflow ?? ''
}

function sumOf(tokens: readonly (Partial<Counted> | undefined)[]): Record<CountedBucket, number> {
  const sums = COUNTED.map((bucket) => [bucket, tokens.reduce((sum, one) => sum + (one?.[bucket] ?? 0), 0)])
  return Object.fromEntries(sums) as Record<CountedBucket, number>
}
