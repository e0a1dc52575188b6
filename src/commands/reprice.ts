/** `trimtab prices reprice --since`: prices what the ledger holds with today's table and overrides, and keeps the old prices. */
import type { Repricing } from '../storage/reprice.ts'
import type { Output } from './output.ts'
import { parseInstant, parseUntil } from './since.ts'
import { type Column, textTable, usd } from './table.ts'

export interface RepriceOptions {
  since: string
  until?: string | undefined
  json?: boolean | undefined
}

export interface RepriceParts {
  /** Unix milliseconds. */
  now: number
  /** @throws Failure `ledger_unavailable` */
  reprice(span: { since: number; until: number }): readonly Repricing[]
}

const COLUMNS: readonly Column[] = [
  { title: 'model', align: 'left' },
  { title: 'attempts', align: 'right' },
  { title: 'changed', align: 'right' },
  { title: 'cost before', align: 'right' },
  { title: 'cost now', align: 'right' },
]
const NANO_USD = 1e9

/** Returns the exit code: 1 where an option is wrong. */
export async function repriceCommand(
  options: RepriceOptions,
  { now, reprice }: RepriceParts,
  output: Output,
): Promise<number> {
  const since = parseInstant('--since', options.since, now)
  const until = parseUntil(options.until, now)
  const problems = [since, until].flatMap((parsed) => (parsed.kind === 'problem' ? [parsed.message] : []))
  if (since.kind === 'problem' || until.kind === 'problem') {
    for (const problem of problems) output.error(problem)
    return 1
  }
  const lines = reprice({ since: since.value, until: until.value })
  const rows = lines
    .map(({ provider, model, beforeNanoUsd, afterNanoUsd, ...counts }) => ({
      model: `${provider}/${model}`,
      ...counts,
      before_usd: beforeNanoUsd / NANO_USD,
      after_usd: afterNanoUsd / NANO_USD,
    }))
    .toSorted((one, other) => other.after_usd - one.after_usd)
  const totals = sum(rows)
  if (options.json) output.out(JSON.stringify({ rows, totals }, null, 2))
  else for (const line of text(rows, totals)) output.out(line)
  return 0
}

interface Figures {
  attempts: number
  changed: number
  unknown: number
  before_usd: number
  after_usd: number
}

function text(rows: readonly (Figures & { model: string })[], totals: Figures): readonly string[] {
  if (totals.attempts === 0) return ['No attempt of that time has tokens to price.']
  const cells = (row: Figures): string[] => [
    row.attempts.toLocaleString('en-US'),
    row.changed.toLocaleString('en-US'),
    usd(row.before_usd),
    usd(row.after_usd),
  ]
  const table = textTable(
    COLUMNS,
    rows.map((row) => [row.model, ...cells(row)]),
    ['total', ...cells(totals)],
  )
  if (totals.unknown === 0) return [table]
  return [
    table,
    '',
    `What ${totals.unknown.toLocaleString('en-US')} of them cost is kept, because no price is known for them today.`,
  ]
}

function sum(rows: readonly Figures[]): Figures {
  const totals = { attempts: 0, changed: 0, unknown: 0, before_usd: 0, after_usd: 0 }
  for (const row of rows) {
    totals.attempts += row.attempts
    totals.changed += row.changed
    totals.unknown += row.unknown
    totals.before_usd += row.before_usd
    totals.after_usd += row.after_usd
  }
  return totals
}
