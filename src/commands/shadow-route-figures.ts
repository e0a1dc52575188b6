/** Columns of the report about routes in shadow, for policies that try one. */
import type { LedgerReader, ReportFigures, ReportQuery, ReportRow } from '../metering/reports.ts'
import { type Column, usd } from './table.ts'

export const SHADOW_ROUTE_COLUMNS: readonly Column[] = [
  { title: 'shadow route', align: 'right' },
  { title: 'to', align: 'left' },
  { title: 'would save', align: 'right' },
]

export const SHADOW_ROUTE_NOTE =
  'Shadow route: requests that another model would have been asked for, were the route on, and how many of them of which tier. Would save: what they cost less what the same tokens cost there, none of them read from a prompt cache; ≥ where a price is unknown. Documents, memory and answers that do not suffice are not foreseen.'

/** How many requests of a row each tier would have got that another model answered, in words. */
export type ShadowTiers = (row: ReportRow | undefined) => string

/** @returns undefined where no route was in shadow, or rows are of parts or tiers already */
export async function shadowTiers(
  reader: LedgerReader,
  query: ReportQuery,
  totals: ReportFigures,
): Promise<ShadowTiers | undefined> {
  const { by } = query
  if (totals.shadow_route === undefined || by.includes('part')) return undefined
  const whole = await reader.report({ ...query, by: ['shadow_tier'] })
  const parts = by.length === 0 ? whole : await reader.report({ ...query, by: [...by, 'shadow_tier'] })
  const keyOf = (row: ReportRow): string => JSON.stringify(by.map((dimension) => row[dimension] ?? null))
  const ofRows = new Map<string, string[]>()
  for (const row of parts.rows) {
    const words = wordsOf(row)
    if (words !== undefined) ofRows.set(keyOf(row), [...(ofRows.get(keyOf(row)) ?? []), words])
  }
  const ofTotals = whole.rows.flatMap((row) => wordsOf(row) ?? [])
  return (row) => (row === undefined ? ofTotals : (ofRows.get(keyOf(row)) ?? [])).join(', ') || '–'
}

/** A cell for each of the columns. */
export function shadowRouteFigures(row: ReportFigures, tiers: string): readonly string[] {
  const told = row.shadow_route
  if (told === undefined) return ['–', '–', '–']
  const { elsewhere, unpriced, saved_usd } = told
  const saved = saved_usd === null ? 'no price' : `${unpriced > 0 ? '≥ ' : ''}${usd(saved_usd)}`
  return [elsewhere.toLocaleString('en-US'), tiers, saved]
}

function wordsOf({ shadow_tier, shadow_route }: ReportRow): string | undefined {
  if (shadow_tier === undefined || shadow_tier === null || !shadow_route?.elsewhere) return undefined
  return `${shadow_tier} ${shadow_route.elsewhere.toLocaleString('en-US')}`
}
