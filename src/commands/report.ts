/** `trimtab report`: what the ledger sums to, as a table, CSV or JSON. */
import type {
  LedgerReader,
  Report,
  ReportDimension,
  ReportFigures,
  ReportQuery,
  ReportRow,
} from '../metering/reports.ts'
import { csv } from './csv.ts'
import { ESCALATION_COLUMNS, ESCALATION_NOTE, escalationFigures } from './escalation-figures.ts'
import { hourlyLines } from './hourly-text.ts'
import { learnedLines } from './learned-lines.ts'
import { hasMeaning, MEANING_COLUMNS, MEANING_NOTE, meaningFigures } from './meaning-figures.ts'
import type { Output } from './output.ts'
import { prefixLines, prefixProblem } from './prefix-text.ts'
import { reportTrend, type Trend } from './report-trend.ts'
import {
  SHADOW_ROUTE_COLUMNS,
  SHADOW_ROUTE_NOTE,
  type ShadowTiers,
  shadowRouteFigures,
  shadowTiers,
} from './shadow-route-figures.ts'
import { type Parsed, parseDimensions, parseInstant, parseTimeZone, parseUntil } from './since.ts'
import { type Column, milliseconds, textTable, usd } from './table.ts'

/** Options as the command line gives them. */
export interface ReportOptions {
  since?: string | undefined
  until?: string | undefined
  tz?: string | undefined
  by?: string | undefined
  json?: boolean | undefined
  csv?: boolean | undefined
  /** Figures of providers' prefix caches. */
  prefix?: boolean | undefined
}

const DEFAULTS = { since: '24h', tz: 'UTC', by: 'workflow,step', prefixBy: 'workflow,model' }

const FIGURE_COLUMNS: readonly Column[] = [
  { title: 'requests', align: 'right' },
  { title: 'errors', align: 'right' },
  { title: 'hits', align: 'right' },
  { title: 'input', align: 'right' },
  { title: 'cached', align: 'right' },
  { title: 'output', align: 'right' },
  { title: 'cost', align: 'right' },
  { title: 'saved', align: 'right' },
  { title: 'p50', align: 'right' },
  { title: 'p95', align: 'right' },
]

export interface ReportParts {
  reader: LedgerReader
  /** What is learned here by now; left out where that cannot be known. */
  learned?: (() => Promise<Report['learning']>) | undefined
  now: number
  isTerminal?: boolean
}

/** Prints a report of what `reader` holds; lines of blocks on a terminal only. `now` is Unix milliseconds. Returns the exit code: 1 where an option is wrong. */
export async function reportCommand(
  options: ReportOptions,
  { reader, learned, now, isTerminal = false }: ReportParts,
  output: Output,
): Promise<number> {
  const asked = reportQuery(options, now)
  if (asked.kind === 'problems') {
    for (const message of asked.messages) output.error(message)
    return 1
  }
  const learning = await learned?.()
  const report: Report = { ...(await reader.report(asked.query)), ...(learning && { learning }) }
  if (options.json) output.out(JSON.stringify(report, null, 2))
  else if (options.csv) output.out(reportCsv(report))
  else if (options.prefix) for (const line of prefixLines(report)) output.out(line)
  else {
    const drawn = isTerminal && report.totals.requests > 0
    const trend = drawn ? await reportTrend(reader, asked.query) : undefined
    const tiers = await shadowTiers(reader, asked.query, report.totals)
    for (const line of reportText(report, trend, tiers)) output.out(line)
  }
  return 0
}

function reportQuery(
  options: ReportOptions,
  now: number,
): { kind: 'query'; query: ReportQuery } | { kind: 'problems'; messages: readonly string[] } {
  const messages: string[] = []
  const accept = <Value>(parsed: Parsed<Value>, otherwise: Value): Value => {
    if (parsed.kind === 'value') return parsed.value
    messages.push(parsed.message)
    return otherwise
  }
  const since = accept(parseInstant('--since', options.since ?? DEFAULTS.since, now), 0)
  const until = accept(parseUntil(options.until, now), now)
  const timeZone = accept(parseTimeZone(options.tz ?? DEFAULTS.tz), 'UTC')
  const by = accept(parseDimensions(options.by ?? (options.prefix ? DEFAULTS.prefixBy : DEFAULTS.by)), [])
  const untold = options.prefix ? prefixProblem(by) : undefined
  if (untold !== undefined) messages.push(untold)
  if (messages.length === 0 && until < since) {
    messages.push('--until lies before --since: exchange them, or leave one out.')
  }
  if (options.json && options.csv) messages.push('--json and --csv exclude each other: give one of them.')
  if (messages.length > 0) return { kind: 'problems', messages }
  return { kind: 'query', query: { since, until, timeZone, by, ...(options.prefix && { prefix: true }) } }
}

function reportCsv({ by, rows, totals }: Report): string {
  const labels = Object.fromEntries(by.map((dimension) => [dimension, null]))
  return csv(
    { ...labels, ...totals },
    rows.map((row) => ({ ...row })),
  )
}

function reportText(
  report: Report,
  trend: Trend | undefined,
  tiers: ShadowTiers | undefined,
): readonly string[] {
  const { by, rows, totals } = report
  const period = `${report.since} to ${report.until}`
  const hourly = [...hourlyLines(report.standing ?? []), ...learnedLines(report)]
  if (totals.requests === 0) {
    const none = `No request came from ${period}. Look further back with --since, for instance --since 30d.`
    return [none, ...hourly]
  }
  const drawn: readonly Column[] =
    trend === undefined ? [] : [{ title: `requests by ${trend.unit}`, align: 'left' }]
  const meaning = hasMeaning(totals) ? MEANING_COLUMNS : []
  const escalation = totals.escalation === undefined ? [] : ESCALATION_COLUMNS
  const columns = [
    ...by.map((title): Column => ({ title, align: 'left' })),
    ...FIGURE_COLUMNS,
    ...meaning,
    ...escalation,
    ...(tiers === undefined ? [] : SHADOW_ROUTE_COLUMNS),
    ...drawn,
  ]
  const meant = (figures: ReportFigures, row?: ReportRow): readonly string[] => [
    ...(meaning.length === 0 ? [] : meaningFigures(figures)),
    ...(escalation.length === 0 ? [] : escalationFigures(figures)),
    ...(tiers === undefined ? [] : shadowRouteFigures(figures, tiers(row))),
  ]
  const total = by.map((_, index) => (index === 0 ? 'total' : ''))
  const lines = rows.map((row) => {
    const isPart = typeof row.part === 'string'
    return [
      ...labels(row, by),
      ...figures(row, isPart ? partCost : cost),
      ...meant(row, row),
      trend?.ofRow(row) ?? '',
    ]
  })
  const sums = [...figures(totals, cost), ...meant(totals), trend?.ofTotals ?? '']
  const table = by.length === 0 ? textTable(columns, [sums]) : textTable(columns, lines, [...total, ...sums])
  return [period, '', table, '', ...notes(totals, by), ...hourly]
}

function labels(row: ReportRow, by: readonly ReportDimension[]): readonly string[] {
  return by.map((dimension) => row[dimension] ?? '–')
}

function figures(row: ReportFigures, costOf: (row: ReportFigures) => string): readonly string[] {
  const { tokens } = row
  return [
    count(row.requests),
    count(row.errors),
    count(Object.values(row.hits).reduce((sum, hits) => sum + hits, 0)),
    count(
      tokens.input +
        tokens.cache_write_5m +
        tokens.cache_write_30m +
        tokens.cache_write_1h +
        tokens.audio_in +
        tokens.image_in,
    ),
    count(tokens.cache_read),
    count(tokens.output + tokens.reasoning + tokens.audio_out + tokens.image_out),
    costOf(row),
    row.saved_usd === null ? '–' : usd(row.saved_usd),
    milliseconds(row.latency_ms.p50),
    milliseconds(row.latency_ms.p95),
  ]
}

/** A part of the input has its cost where that of its requests is all of input; else the row without a part has it. */
function partCost(row: ReportFigures): string {
  return row.cost_usd === null ? '–' : cost(row)
}

/** `≥` where something in the sum has no price, `~` where token counts are partly our own. */
function cost({ cost_usd, unpriced_requests, usage }: ReportFigures): string {
  if (cost_usd === null) return 'no price'
  const bound = unpriced_requests > 0 ? '≥ ' : ''
  return `${bound}${usage.estimated > 0 ? '~' : ''}${usd(cost_usd)}`
}

/** What the cost rests on, in words. */
function notes(totals: ReportFigures, by: readonly ReportDimension[]): readonly string[] {
  const { usage, unpriced_requests } = totals
  const lines = [
    `Token counts: ${count(usage.reported)} attempts reported by the provider, ${count(usage.estimated)} estimated (~), ${count(usage.absent)} without any.`,
  ]
  if (unpriced_requests > 0) {
    lines.push(
      `Not in the cost (≥): requests to a model without a known price, ${count(unpriced_requests)} in all; set it under \`prices.overrides\`.`,
    )
  }
  if (hasMeaning(totals)) lines.push(MEANING_NOTE)
  if (totals.escalation !== undefined) lines.push(ESCALATION_NOTE)
  if (totals.shadow_route !== undefined && !by.includes('part')) lines.push(SHADOW_ROUTE_NOTE)
  if (by.includes('model') || by.includes('provider')) {
    lines.push('A request that tried several models counts in the row of each; tokens and cost count once.')
  }
  if (by.includes('part')) {
    lines.push(
      'A request counts in each part that its input had. What is no part of an input is in the row –: output, durations, and costs that are not of the input alone.',
    )
  }
  return lines
}

function count(value: number): string {
  return value.toLocaleString('en-US')
}
