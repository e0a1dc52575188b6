import { beforeEach, expect, test } from 'vitest'
import { type ReportOptions, type ReportParts, reportCommand } from '../../src/commands/report.ts'
import { TOKEN_BUCKETS } from '../../src/metering/tokens.ts'
import { MemoryLedger } from '../../src/storage/memory-ledger.ts'
import { attempt, attemptSettled, NOON, request, requestSettled } from '../storage/ledger-rows.ts'

const FIGURES = [
  'requests',
  'errors',
  'hits',
  'tokens',
  'units',
  'usage',
  'baseline_usd',
  'cost_usd',
  'saved_usd',
  'savings',
  'overhead_usd',
  'shadow',
  'unpriced_requests',
  'latency_ms',
  'first_chunk_ms',
]

let ledger: MemoryLedger

beforeEach(async () => {
  ledger = new MemoryLedger()
  await add('req_1', { step: 'draft' }, {})
  await add('req_2', { step: 'draft' }, { usage: 'estimated' })
  await add('req_3', { step: 'check' }, { costNanoUsd: undefined })
})

test('report --json: exactly the fields of the contract, and JSON alone', async () => {
  const { code, out, error } = await run({ json: true, by: 'workflow,step,tag:team' })
  expect([code, error]).toEqual([0, []])
  const report = JSON.parse(out.join('\n'))
  expect(Object.keys(report)).toEqual(['since', 'until', 'by', 'rows', 'totals'])
  expect(report.by).toEqual(['workflow', 'step', 'tag:team'])
  expect(Object.keys(report.rows[0])).toEqual(['workflow', 'step', 'tag:team', ...FIGURES])
  expect(Object.keys(report.totals)).toEqual(FIGURES)
  expect(Object.keys(report.totals.tokens)).toEqual([...TOKEN_BUCKETS])
  expect(report.totals).toMatchObject({
    requests: 3,
    hits: { exact: 0, coalesced: 0, semantic: 0, knowledge: 0 },
    units: { audio_seconds: 0, images: 0, characters: 0 },
    cost_usd: 0.003,
    unpriced_requests: 1,
  })
})

test('report --csv: columns join with _, one line a row', async () => {
  const { out } = await run({ csv: true })
  const [header, ...lines] = out.join('\n').split('\n')
  expect(header).toMatch(
    /^workflow,step,requests,errors,hits_exact,.*tokens_cache_write_30m,.*cost_usd,.*latency_ms_p95,first_chunk_ms_p50,first_chunk_ms_p95$/,
  )
  expect(lines).toHaveLength(2)
  expect(lines[0]).toMatch(/^support,draft,2,0,/)
})

test('report: a table with totals says what is estimated and what has no price', async () => {
  const { code, out } = await run({})
  expect(code).toBe(0)
  const text = out.join('\n')
  expect(text).toMatch(/^2026-11-24T12:00:00.000Z to 2026-11-25T12:00:00.001Z\n/)
  expect(text).toMatch(/support +draft +2 +0 +0 +200 +0 +40 +~\$0\.00300/)
  expect(text).toMatch(/support +check +1 +0 +0 +100 +0 +20 +no price/)
  expect(text).toMatch(/total +3 +0 +0 +300 +0 +60 +≥ ~\$0\.00300/)
  expect(text).toMatch(/2 attempts reported by the provider, 1 estimated \(~\), 0 without any/)
  expect(text).toMatch(/Not in the cost \(≥\): .*, 1 in all/)
})

test('report: on a terminal each row shows when its requests came; elsewhere none does', async () => {
  await add('req_4', { step: 'check', at: NOON - 2 * 3_600_000 }, {})
  await add('req_5', { step: 'check', at: NOON - 2 * 3_600_000 }, {})
  const { out } = await run({}, true)
  expect(out.join('\n')).toMatch(/p95 +requests by hour\n/)
  // From the first hour with a request: two, none, and what came at noon.
  expect(out.join('\n')).toMatch(/draft .* {4}█\n/)
  expect(out.join('\n')).toMatch(/check .* {2}█ ▄\n/)
  expect(out.join('\n')).toMatch(/total .* {2}▆ █\n/)
  expect((await run({})).out.join('\n')).not.toMatch(/by hour|█/)
  expect((await run({ by: 'hour' }, true)).out.join('\n')).not.toMatch(/█/)
})

test('report --by mechanism: what answered in a provider’s place, with what that saved', async () => {
  ledger.recordUnsent(
    request('req_4'),
    requestSettled('req_4', { cache: 'exact', baselineNanoUsd: 2_000_000_000 }),
  )
  const { out } = await run({ by: 'mechanism' })
  expect(out.join('\n')).toMatch(/exact +1 +0 +1 +0 +0 +0 +\$0 +\$2\.00/)
  expect(out.join('\n')).toMatch(/none +3 +0 +0 +300/)
})

test('report --by model: what asked nobody and what named no model are one row', async () => {
  await ledger.openRequest(request('req_4', { endpoint: 'files' }), attempt('req_4', { model: '' }))
  ledger.settleAttempt(attemptSettled('req_4', { costNanoUsd: 0 }))
  ledger.settleRequest(requestSettled('req_4'))
  ledger.recordUnsent(request('req_5'), requestSettled('req_5', { status: 404, error: 'model_not_found' }))
  const { out } = await run({ json: true, by: 'model' })
  const rows = (JSON.parse(out.join('\n')) as { rows: { model: string | null; requests: number }[] }).rows
  expect(rows.map(({ model, requests }) => ({ model, requests }))).toEqual([
    { model: 'gpt-5.5', requests: 3 },
    { model: null, requests: 2 },
  ])
})

test('report: an empty period is said, and how to widen it', async () => {
  ledger = new MemoryLedger()
  const { code, out } = await run({ since: '1h' })
  expect(code).toBe(0)
  expect(out).toEqual([expect.stringMatching(/^No request came .*--since 30d\.$/)])
})

test.each<[ReportOptions, RegExp]>([
  [{ since: 'soon' }, /^--since cannot be "soon"/],
  [{ until: 'never' }, /^--until cannot be "never"/],
  [{ tz: 'Moon' }, /^--tz cannot be "Moon"/],
  [{ by: 'colour' }, /^--by cannot be "colour"/],
  [{ since: '1h', until: '2h' }, /^--until lies before --since/],
  [{ json: true, csv: true }, /^--json and --csv exclude each other/],
])(
  'report %j: exit code 1, one sentence on standard error, nothing on standard output',
  async (options, message) => {
    const { code, out, error } = await run(options)
    expect([code, out]).toEqual([1, []])
    expect(error).toEqual([expect.stringMatching(message)])
  },
)

test('answers that did not suffice have columns of their own, once there are any', async () => {
  expect((await run({})).out.join('\n')).not.toContain('escalated')
  await ledger.openRequest(request('req_4'), attempt('req_4'))
  ledger.settleAttempt(attemptSettled('req_4', { outcome: 'insufficient', costNanoUsd: 2e9, totalMs: 1500 }))
  await ledger.openAttempt(attempt('req_4', { ordinal: 1 }))
  ledger.settleAttempt(attemptSettled('req_4', { ordinal: 1 }))
  ledger.settleRequest(requestSettled('req_4'))
  const told = (await run({ by: 'workflow' })).out.join('\n')
  expect(told).toMatch(/workflow .* escalated +abandoned +added/)
  // Another request of the row has no price.
  expect(told).toMatch(/support .* 25\.0% +≥ \$2\.00 +1500 ms/)
  const { out } = await run({ csv: true, by: 'workflow' })
  expect(out.join('\n').split('\n')[0]).toContain('escalation_abandoned_usd')
})

test('what learning loses is told by workflow, in words and as JSON', async () => {
  const learning = [
    {
      workflow: 'support',
      pair: 'gpu/s > openai/l',
      version: 3,
      audited: 200,
      begun: 80,
      lost: 3,
      loss: 0.015,
      loss_upper: 0.0431,
    },
  ]
  const learned = () => Promise.resolve(learning)
  expect((await run({}, false, learned)).out.at(-1)).toBe(
    'support (gpu/s > openai/l), learned version 3: of 200 audited since it is in force 80 begin at the small tier, and 3 are answered otherwise: 1.5%, at most 4.3%.',
  )
  expect(JSON.parse((await run({ json: true }, false, learned)).out.join('\n')).learning).toEqual(learning)
})

async function run(
  options: ReportOptions,
  isTerminal = false,
  learned?: ReportParts['learned'],
): Promise<{ code: number; out: string[]; error: string[] }> {
  const out: string[] = []
  const error: string[] = []
  const code = await reportCommand(
    options,
    { reader: ledger, learned, now: NOON, isTerminal },
    { out: (line) => out.push(line), error: (line) => error.push(line) },
  )
  return { code, out, error }
}

async function add(
  id: string,
  opened: Parameters<typeof request>[1],
  settled: Parameters<typeof attemptSettled>[1],
): Promise<void> {
  await ledger.openRequest(request(id, opened), attempt(id))
  ledger.settleAttempt(attemptSettled(id, settled))
  ledger.settleRequest(requestSettled(id))
}
