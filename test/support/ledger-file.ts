/** What a ledger's file says, read beside the process that writes it. */
import Database from 'better-sqlite3'

export interface RequestRow {
  id: string
  workflow: string
  user: string | null
  status: number | null
  error: string | null
  attempts: AttemptRow[]
}

export interface AttemptRow {
  provider: string
  model: string
  outcome: string | null
  status: number | null
  usage: string | null
  input: number
  output: number
}

/** All requests with their attempts, oldest first; input counts what was read from a cache too, output reasoning too. */
export function readLedger(file: string): RequestRow[] {
  const database = new Database(file, { readonly: true })
  try {
    const attempts = database
      .prepare(`
        SELECT request_id AS requestId, provider, model, outcome, status, usage,
          input_tokens + cache_read_tokens AS input, output_tokens + reasoning_tokens AS output
        FROM attempts ORDER BY request_id, ordinal`)
      .all() as (AttemptRow & { requestId: string })[]
    const requests = database
      .prepare('SELECT id, workflow, user, status, error FROM requests ORDER BY id')
      .all() as Omit<RequestRow, 'attempts'>[]
    const byRequest = groupByRequest(attempts)
    return requests.map((row) => ({ ...row, attempts: byRequest.get(row.id) ?? [] }))
  } finally {
    database.close()
  }
}

/** Resolves with the rows once all that count are settled and `isDone` agrees. @throws after ten seconds */
export async function settledLedger(
  file: string,
  isDone: (rows: RequestRow[]) => boolean = () => true,
  counts: (row: RequestRow) => boolean = () => true,
): Promise<RequestRow[]> {
  for (const until = Date.now() + 10_000; ; await new Promise((resolve) => setTimeout(resolve, 20))) {
    const rows = readLedger(file)
    const isOpen = (row: RequestRow) =>
      counts(row) && (row.status === null || row.attempts.some((it) => it.outcome === null))
    if (!rows.some(isOpen) && isDone(rows)) return rows
    if (Date.now() > until)
      throw new Error(`the ledger was not settled: ${JSON.stringify(rows.filter(isOpen))}`)
  }
}

/** `ok` where the file is sound. */
export function integrityOf(file: string): string {
  const database = new Database(file, { readonly: true })
  try {
    return String(database.pragma('integrity_check', { simple: true }))
  } finally {
    database.close()
  }
}

function groupByRequest<Row extends { requestId: string }>(rows: readonly Row[]): Map<string, Row[]> {
  const groups = new Map<string, Row[]>()
  for (const row of rows) {
    const group = groups.get(row.requestId)
    if (group) group.push(row)
    else groups.set(row.requestId, [row])
  }
  return groups
}
