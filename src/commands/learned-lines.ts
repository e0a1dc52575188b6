/** What a report says of learning: what it saved by workflow, and what audits say that it loses. */
import type { LearnedFigures, Report } from '../metering/reports.ts'
import { printable, usd } from './table.ts'

/** A line a workflow that has a version in force, and one of what learning saved. */
export function learnedLines({ totals, learning = [] }: Report): string[] {
  const saved = totals.learning
  const lines = learning.map(auditLine)
  if (saved === undefined) return lines
  return [
    `What was learned began ${saved.requests.toLocaleString('en-US')} of these requests at a small tier, which saved ${usd(saved.saved_usd)} of \`savings.small_model\`; what it learns from is in the overhead.`,
    ...lines,
  ]
}

function auditLine({
  workflow,
  pair,
  version,
  audited,
  begun,
  lost,
  loss,
  loss_upper,
}: LearnedFigures): string {
  const head = `${printable(workflow)} (${printable(pair)}), learned version ${version}`
  if (loss === null || loss_upper === null) return `${head}: no request was audited since it is in force.`
  return `${head}: of ${audited} audited since it is in force ${begun} begin at the small tier, and ${lost} are answered otherwise: ${percent(loss)}, at most ${percent(loss_upper)}.`
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)}%`
}
