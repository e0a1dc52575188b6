/** The ledger's own rows, read beside the process that writes them, as the identities speak of them. */
import Database from 'better-sqlite3'
import { COUNTED, type Counted } from '../support/mock-provider/counted.ts'

export interface AttemptRow {
  ordinal: number
  provider: string
  model: string
  /** Null while it is under way. */
  outcome: string | null
  /** Of HTTP; null where none came. */
  status: number | null
  usage: 'reported' | 'estimated' | 'absent' | null
  /** Nano-dollars. */
  cost: number | null
  version: string | null
  reservations: string | null
  totalMs: number | null
  tokens: Counted
}

export interface RequestRow {
  id: string
  mark: string
  workflow: string
  /** Null while it is under way. */
  status: number | null
  error: string | null
  cache: 'exact' | 'coalesced' | 'miss' | 'bypass' | null
  baseline: number | null
  shadow: string | null
  shadowSaved: number | null
  attempts: readonly AttemptRow[]
}

type Flat = Omit<AttemptRow, 'tokens'> & Record<(typeof COUNTED)[number], number> & { id: string }

/** All of them, oldest first. */
function readRows(file: string): RequestRow[] {
  const database = new Database(file, { readonly: true })
  try {
    const columns = COUNTED.map((bucket) => `${bucket}_tokens AS ${bucket}`).join(', ')
    const attempts = database
      .prepare(
        `SELECT request_id AS id, ordinal, provider, model, outcome, status, usage, cost_nano_usd AS cost,
          price_version AS version, reservations,
          total_ms AS totalMs, ${columns} FROM attempts ORDER BY request_id, ordinal`,
      )
      .all() as Flat[]
    const requests = database
      .prepare(
        `SELECT id, coalesce(session, '') AS mark, workflow, status, error, cache, baseline_nano_usd AS baseline,
          shadow, shadow_nano_usd AS shadowSaved FROM requests ORDER BY id`,
      )
      .all() as Omit<RequestRow, 'attempts'>[]
    const byRequest = new Map<string, AttemptRow[]>(requests.map(({ id }) => [id, []]))
    for (const { id, ...flat } of attempts) byRequest.get(id)?.push({ ...flat, tokens: tokensOf(flat) })
    return requests.map((request) => ({ ...request, attempts: byRequest.get(request.id) ?? [] }))
  } finally {
    database.close()
  }
}

/** What is counted after its settlement stays so long at most, whatever else the ledger's thread does. */
const COUNTING_MS = 5500

/** Once nothing is under way, and nothing waits to be counted. @throws after ten seconds */
export async function settledRows(file: string): Promise<RequestRow[]> {
  const startedAt = Date.now()
  for (;;) {
    // First, because what is read after it is no older.
    const counting = toBeCounted(file)
    const rows = readRows(file)
    const open = rows.filter(
      ({ status, attempts }) => status === null || attempts.some(({ outcome }) => outcome === null),
    )
    const waitedMs = Date.now() - startedAt
    if (open.length === 0 && (waitedMs > COUNTING_MS || counting === 0)) return rows
    if (waitedMs > 10_000) throw new Error(`never settled: ${JSON.stringify(open.slice(0, 3))}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

/** Requests of the process that serves; those of a killed one stay as they are. */
function toBeCounted(file: string): number {
  const database = new Database(file, { readonly: true })
  try {
    return database
      .prepare<[], number>(
        `SELECT count(*) FROM requests WHERE instance = (SELECT instance FROM requests ORDER BY id DESC LIMIT 1)
          AND instr(decision, '"countedBy":"characters"') > 0`,
      )
      .pluck()
      .get() as number
  } finally {
    database.close()
  }
}

/** What each budget spent and has set aside, in nano-dollars, by whose it is. */
export function readSpending(file: string): { scope: string; spent: number; reserved: number }[] {
  const database = new Database(file, { readonly: true })
  try {
    return database
      .prepare(
        `SELECT scope, sum(spent_nano_usd) AS spent, sum(reserved_nano_usd) AS reserved
        FROM budget_spend GROUP BY scope`,
      )
      .all() as { scope: string; spent: number; reserved: number }[]
  } finally {
    database.close()
  }
}

/** What was kept of older prices, by attempt, the oldest first. */
export function readRepricings(file: string): ReadonlyMap<string, readonly (number | null)[]> {
  const database = new Database(file, { readonly: true })
  try {
    const kept = new Map<string, (number | null)[]>()
    const rows = database
      .prepare(
        `SELECT request_id || '/' || ordinal AS attempt, cost_nano_usd AS cost FROM repricings
        ORDER BY request_id, ordinal, at`,
      )
      .all() as { attempt: string; cost: number | null }[]
    for (const { attempt, cost } of rows) kept.set(attempt, [...(kept.get(attempt) ?? []), cost])
    return kept
  } finally {
    database.close()
  }
}

function tokensOf(flat: Omit<Flat, 'id'>): Counted {
  return Object.fromEntries(COUNTED.map((bucket) => [bucket, flat[bucket]])) as Counted
}
