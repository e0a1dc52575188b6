/** Columns of the report about answers that did not suffice, for policies that ask the next tier then. */
import type { ReportFigures } from '../metering/reports.ts'
import { type Column, milliseconds, usd } from './table.ts'

export const ESCALATION_COLUMNS: readonly Column[] = [
  { title: 'escalated', align: 'right' },
  { title: 'abandoned', align: 'right' },
  { title: 'added', align: 'right' },
]

export const ESCALATION_NOTE =
  'Escalated: share of the requests whose first answer did not suffice, so that the next tier was asked. Abandoned: what the answers cost that nobody was told, which is in the cost. Added: how much later such a request was answered for it, on average.'

/** A cell for each of the columns; `≥` where an answer of the row may have no price. */
export function escalationFigures({ escalation, unpriced_requests }: ReportFigures): readonly string[] {
  if (escalation === undefined) return ['–', '–', '–']
  const { rate, abandoned_usd, added_ms } = escalation
  const bound = unpriced_requests > 0 ? '≥ ' : ''
  return [`${(100 * rate).toFixed(1)}%`, `${bound}${usd(abandoned_usd)}`, milliseconds(Math.round(added_ms))]
}
