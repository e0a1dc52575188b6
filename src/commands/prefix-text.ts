/** `trimtab report --prefix` in words: what providers' prefix caches spared, what was missed, and why. */
import { type PrefixFigures, tellsPrefixes } from '../metering/prefix/prefix-figures.ts'
import type { Report, ReportDimension, ReportFigures, ReportRow } from '../metering/reports.ts'
import { type Column, printable, textTable, usd } from './table.ts'

const COLUMNS: readonly Column[] = [
  { title: 'requests', align: 'right' },
  { title: 'read', align: 'right' },
  { title: 'earned', align: 'right' },
  { title: 'missed', align: 'right' },
  { title: 'tokens missed', align: 'right' },
  { title: 'compared', align: 'right' },
  { title: 'asked again within', align: 'right' },
]

/** Of fewer prompts nothing is said in words. */
const FEW_PROMPTS = 5
/** What happens more seldom is left to `--json`. */
const SELDOM = 0.05
/** Of each row. */
const MOST_TOLD = 2

/** A sentence where these dimensions cannot be told. */
export function prefixProblem(by: readonly ReportDimension[]): string | undefined {
  const other = by.find((dimension) => !tellsPrefixes(dimension))
  return other === undefined
    ? undefined
    : `--prefix cannot be told by ${other}: --by takes workflow, provider and model there.`
}

/** Lines. */
export function prefixLines({ since, until, by, rows, totals }: Report): readonly string[] {
  if (totals.requests === 0) {
    return [
      `No request came from ${since} to ${until}. Look further back with --since, for instance --since 30d.`,
    ]
  }
  if (totals.prefix === undefined)
    return ['Nothing watches prompts in this trimtab, so that nothing is known of their prefixes.']
  const columns = [...by.map((title): Column => ({ title, align: 'left' })), ...COLUMNS]
  const total = [...by.map((_, index) => (index === 0 ? 'total' : '')), ...cells(totals)]
  const lines = rows.map((row) => [...by.map((dimension) => row[dimension] ?? '–'), ...cells(row)])
  const table = by.length === 0 ? textTable(columns, [cells(totals)]) : textTable(columns, lines, total)
  return [`${since} to ${until}`, '', table, '', ...NOTES, ...rows.flatMap((row) => told(row, by))]
}

const NOTES: readonly string[] = [
  'read: of all tokens of input, from a provider’s cache. earned: what that spared, less what writing to it cost more.',
  'missed: what repeated an earlier prompt of its workflow within the hour and was not read, told by its size (~). Prompts of 1,024 tokens or more are compared, up to 64 kB of each, by the whole hour.',
]

function cells({ requests, prefix }: ReportFigures): readonly string[] {
  if (prefix === undefined) return [count(requests), '–', '–', '–', '–', '–', '–']
  const { hit_ratio, earned_usd, missed_usd, missed_tokens, compared, reuse } = prefix
  return [
    count(requests),
    hit_ratio === null ? '–' : percent(hit_ratio),
    earned_usd === null ? '–' : usd(earned_usd),
    missed_usd === null ? '–' : `~${usd(missed_usd)}`,
    count(missed_tokens),
    count(compared),
    reuse.times === 0 ? '–' : span(reuse.p50_s),
  ]
}

function told(row: ReportRow, by: readonly ReportDimension[]): readonly string[] {
  const { prefix } = row
  if (prefix === undefined) return []
  const name = by.map((dimension) => row[dimension] ?? '–').join(', ')
  const diverges = prefix.compared < FEW_PROMPTS ? [] : prefix.diverges
  const warmed = prefix.keep_warm === null ? [] : [warmLine(name, prefix.keep_warm)]
  const lines = diverges
    .filter(({ place, share }) => place !== 'end' && place !== 'conversation' && share >= SELDOM)
    .slice(0, MOST_TOLD)
    .map((divergence) => printable(`${name === '' ? '' : `${name}: `}${divergence.told}${gain(divergence)}`))
  return [...lines, ...warmed]
}

function warmLine(
  name: string,
  { refreshes, cost_usd, found, spared_usd }: NonNullable<PrefixFigures['keep_warm']>,
): string {
  return printable(
    `${name === '' ? '' : `${name}: `}${count(refreshes)} calls kept prefixes warm for ${usd(cost_usd)}; ${count(found)} prompts found them so and were spared ${usd(spared_usd)}.`,
  )
}

function gain({ movable_tokens, movable_usd }: PrefixFigures['diverges'][number]): string {
  if (movable_tokens === 0) return ''
  const worth = movable_usd === null ? `${count(movable_tokens)} tokens` : `about ${usd(movable_usd)}`
  return ` At the end of the prompt it would have spared ${worth}.`
}

/** The half of them. */
function span(seconds: number | null): string {
  if (seconds === null) return 'seldom'
  if (seconds < 60) return `${seconds} s`
  return seconds < 7200 ? `${seconds / 60} min` : `${seconds / 3600} h`
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)}%`
}

function count(value: number): string {
  return value.toLocaleString('en-US')
}
