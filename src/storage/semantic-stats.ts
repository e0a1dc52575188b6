/** What `cache.db` holds of questions and of what was learned of them, for commands. */
import type Database from 'better-sqlite3'
import type { WorkflowEvidence } from '../cache/semantic/evidence-store.ts'
import { removeIds } from './vector-removals.ts'

export interface StoredEvidence extends WorkflowEvidence {
  workflow: string
  embedder: string
}

export interface SemanticStats {
  entries: number
  bytes: number
  evidence: readonly StoredEvidence[]
}

export function semanticStats(database: Database.Database): SemanticStats {
  const totals = database
    .prepare<[], { entries: number; bytes: number }>('SELECT entries, bytes FROM vector_totals')
    .get()
  const rows = database
    .prepare<[], { workflow: string; embedder: string; evidence: string }>(
      'SELECT workflow, embedder, evidence FROM semantic_evidence ORDER BY workflow, embedder',
    )
    .all()
  const evidence = rows.map(({ evidence, ...of }) => ({
    ...of,
    ...(JSON.parse(evidence) as WorkflowEvidence),
  }))
  return { entries: totals?.entries ?? 0, bytes: totals?.bytes ?? 0, evidence }
}

/** Forgets every question, of whichever workflow, that `isMeant`; how many. */
export async function removeQuestions(
  database: Database.Database,
  indexName: string,
  isMeant: (question: string) => boolean,
): Promise<number> {
  const rows = database
    .prepare<[string], { id: string; question: string }>(
      'SELECT id, question FROM vector_entries WHERE index_name = ?',
    )
    .iterate(indexName)
  const ids: string[] = []
  for (const { id, question } of rows) if (isMeant(question)) ids.push(id)
  return removeIds(database, indexName, ids)
}
