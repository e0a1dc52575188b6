/** What another embedder left in `cache.db`: nothing of it is used under the present one, and the operator is told so. */
import type Database from 'better-sqlite3'

export interface PresentEmbedders {
  /** That questions are found by. */
  instantId: string
  /** That tells which are alike: what audits taught is of it. */
  judgingId: string
}

/** In sentences; none where nothing was left behind. @throws SqliteError */
export function leftBehind(
  database: Database.Database,
  { instantId, judgingId }: PresentEmbedders,
): readonly string[] {
  const found = database
    .prepare<[string], string>(`
      SELECT DISTINCT index_name FROM vector_scopes s WHERE index_name <> ?
      AND EXISTS (SELECT 1 FROM vectors v WHERE v.scope = s.scope) ORDER BY index_name`)
    .pluck()
    .all(instantId)
  const learned = database
    .prepare<[string, string], { embedder: string; workflows: number }>(`
      SELECT embedder, count(*) AS workflows FROM semantic_evidence e WHERE embedder <> ?
      AND NOT EXISTS (
        SELECT 1 FROM semantic_evidence o WHERE o.workflow = e.workflow AND o.embedder = ?)
      GROUP BY embedder ORDER BY embedder`)
    .all(judgingId, judgingId)
  return [
    ...found.map(
      (earlier) =>
        `The embedder of remembered questions was ${earlier} and is ${instantId} now: a fresh collection starts, and the questions of the earlier one are not found; they stay until they expire.`,
    ),
    ...learned.map(
      ({ embedder, workflows }) =>
        `What audits taught of ${workflows === 1 ? 'one workflow' : `${workflows} workflows`} was learned under ${embedder}: under ${judgingId} each begins with the shipped calibration, and is audited anew.`,
    ),
  ]
}
