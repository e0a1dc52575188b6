/** What is known of questions and of what was learned of them, for commands. */
import type Database from 'better-sqlite3'
import type { WorkflowEvidence } from '../cache/semantic/evidence-store.ts'

export interface StoredEvidence extends WorkflowEvidence {
  workflow: string
  embedder: string
}

export interface SemanticStats {
  entries: number
  /** Null where that is not known: in Qdrant. */
  bytes: number | null
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
