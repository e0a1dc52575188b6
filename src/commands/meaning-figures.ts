/** Columns of the report about questions that mean the same, for installations that look for them. */
import type { ReportFigures } from '../metering/reports.ts'
import { type Column, usd } from './table.ts'

export const MEANING_COLUMNS: readonly Column[] = [
  { title: 'by meaning', align: 'right' },
  { title: 'saved by it', align: 'right' },
  { title: 'shadow hits', align: 'right' },
  { title: 'would save', align: 'right' },
  { title: 'audited', align: 'right' },
  { title: 'wrong', align: 'right' },
]

export const MEANING_NOTE =
  'By meaning: hits that answered a question which means the same; in shadow, those that would have. Audited: of both, those that were compared with a model’s own answer, and how many of these were wrong.'

/** Nothing is shown of what nobody uses. */
export function hasMeaning({ hits, shadow }: ReportFigures): boolean {
  return hits.semantic > 0 || shadow.semantic !== undefined
}

/** A cell for each of the columns. */
export function meaningFigures({ hits, savings, shadow }: ReportFigures): readonly string[] {
  const watched = shadow.semantic
  return [
    count(hits.semantic),
    money(savings.semantic),
    count(watched?.hits ?? 0),
    money(watched?.saved_usd),
    count(watched?.audited ?? 0),
    count(watched?.wrong ?? 0),
  ]
}

function money(amount: number | null | undefined): string {
  return amount === null || amount === undefined ? '–' : usd(amount)
}

function count(value: number): string {
  return value.toLocaleString('en-US')
}
