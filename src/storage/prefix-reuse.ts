/** How soon each workflow's prompts were repeated lately, as the ledger has it. */
import type Database from 'better-sqlite3'
import type { WorkflowReuse } from '../metering/prefix/reuse-times.ts'

/** Beyond any number of workflows with policies; those with most reuses are told. */
const MOST_WORKFLOWS = 500

/** Since an instant, in Unix milliseconds. */
export function workflowReuse(database: Database.Database, since: number): readonly WorkflowReuse[] {
  const rows = database
    .prepare<[number, number], { workflow: string; bound: number; times: number }>(
      `SELECT workflow, within_seconds AS bound, sum(times) AS times FROM prefix_reuse WHERE hour >= ?
      AND workflow IN (SELECT workflow FROM prefix_reuse GROUP BY workflow ORDER BY sum(times) DESC LIMIT ?)
      GROUP BY workflow, within_seconds`,
    )
    .all(since, MOST_WORKFLOWS)
  const byWorkflow = new Map<string, { bound: number; times: number }[]>()
  for (const { workflow, bound, times } of rows) {
    const bounds = byWorkflow.get(workflow) ?? []
    byWorkflow.set(workflow, bounds)
    bounds.push({ bound, times })
  }
  return [...byWorkflow].map(([workflow, bounds]) => ({ workflow, bounds }))
}
