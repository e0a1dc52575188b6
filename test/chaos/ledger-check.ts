/** The ledger's rows, held to what the provider counted and to what callers heard. */
import Database from 'better-sqlite3'
import type { FaultKind } from '../support/mock-provider/fault.ts'
import { TIMEOUT_MS } from './installation.ts'
import type { Ending } from './judge.ts'

export interface Told {
  mark: string
  status: number
  ending: Ending
  /** When its caller had heard all or had left, in Unix milliseconds. */
  endedAtMs: number
  /** Of all attempts that the provider saw, oldest first. */
  seen: readonly Sighting[]
}

interface Sighting {
  input: number | undefined
  output: number | undefined
  fault: FaultKind
  isSpare: boolean
  /** Unix milliseconds. */
  atMs: number
  /** Undefined while the exchange goes on. */
  endedAtMs: number | undefined
}

interface Row {
  id: string
  mark: string
  /** Unix milliseconds. */
  at: number
  status: number | null
}

interface Attempt {
  requestId: string
  provider: string
  outcome: string | null
  status: number | null
  usage: string | null
  input: number
  output: number
}

export interface LedgerCheck {
  rows: number
  attempts: number
  /** Neither ended nor on their way. */
  unsettled: number
  /** Answered and reported, each compared with what the provider counted. */
  compared: number
  /** Attempts of which the provider knows nothing. */
  unseen: number
  faults: { mark: string; fault: string }[]
}

export function checkLedger(file: string, told: ReadonlyMap<string, Told>): LedgerCheck {
  const { rows, attempts } = read(file)
  const byMark = new Map(rows.map((row) => [row.mark, row]))
  const check: LedgerCheck = {
    rows: rows.length,
    attempts: attempts.length,
    unsettled:
      rows.filter(({ status }) => status === null).length +
      attempts.filter(({ outcome }) => outcome === null).length,
    compared: 0,
    unseen: 0,
    faults: [],
  }
  if (byMark.size !== rows.length) check.faults.push({ mark: '', fault: 'two rows of one request' })
  const byRequest = groupBy(attempts)
  for (const one of told.values()) {
    const row = byMark.get(one.mark)
    const faults =
      row === undefined
        ? one.ending === 'left' && one.seen.length === 0
          ? []
          : ['no row']
        : faultsOf(one, row, byRequest.get(row.id) ?? [], check)
    check.faults.push(...faults.map((fault) => ({ mark: one.mark, fault })))
  }
  return check
}

function faultsOf(one: Told, row: Row, attempts: readonly Attempt[], check: LedgerCheck): string[] {
  const faults: string[] = []
  const isLeft = one.ending === 'left'
  if (!isLeft && row.status !== one.status) faults.push(`row's status ${row.status}, heard ${one.status}`)
  const reached = attempts.filter(({ provider }) => !/-by-(?:refused|unaccepting)-/.test(provider))
  const unseen = reached.length - one.seen.length
  check.unseen += Math.max(0, unseen)
  if (unseen < 0 || unseen > reached.filter(mayBeUnseen).length) {
    faults.push(
      `${reached.length} attempts, ${one.seen.length} seen: ${reached.map(({ outcome }) => outcome)}`,
    )
  }
  const answered = attempts.filter(({ outcome }) => outcome === 'answered')
  if (!isLeft && answered.length !== (one.ending === 'answer' ? 1 : 0))
    faults.push(`${one.ending} with ${answered.length} answered attempts`)
  if (one.ending === 'cut' && !attempts.some(({ outcome }) => outcome === 'interrupted'))
    faults.push('cut without an interrupted attempt')
  for (const attempt of reached) faults.push(...billing(attempt, row, one, check))
  return faults
}

/** Written ahead and not sent: its caller left, or a kept connection was gone. Or given up before the provider read it. */
function mayBeUnseen({ outcome, status, usage }: Attempt): boolean {
  return status === null && (usage === 'absent' || outcome === 'timeout' || outcome === 'abandoned')
}

function billing(attempt: Attempt, row: Row, one: Told, check: LedgerCheck): string[] {
  const { provider, outcome, usage, input, output } = attempt
  // The last that its provider was asked is the one that it answered.
  const seen = one.seen.findLast(({ isSpare }) => isSpare === provider.startsWith('spare-'))
  if (outcome === 'answered' && usage === 'reported') {
    check.compared++
    return input === seen?.input && output === seen.output
      ? []
      : [`billed ${input}/${output}, counted ${seen?.input}/${seen?.output}`]
  }
  if (outcome === 'answered' && !mayBeUntold(seen, row)) return [`answered, usage ${usage}`]
  if (outcome === 'rate_limited' && input + output > 0) return ['a refusal billed']
  // Anthropic tells at the start what it read.
  if (usage === 'reported' && !one.seen.some((it) => it.input === input))
    return [`reported ${input} that nobody counted`]
  return []
}

/** A huge answer that was not held, or one that was whole at its deadline while its provider had yet to tell its usage. */
function mayBeUntold(seen: Sighting | undefined, { at }: Row): boolean {
  if (seen === undefined) return false
  return seen.fault === 'huge' || (seen.endedAtMs ?? Number.POSITIVE_INFINITY) >= at + TIMEOUT_MS
}

function groupBy(attempts: readonly Attempt[]): Map<string, Attempt[]> {
  const groups = new Map<string, Attempt[]>()
  for (const attempt of attempts) {
    const group = groups.get(attempt.requestId)
    if (group) group.push(attempt)
    else groups.set(attempt.requestId, [attempt])
  }
  return groups
}

function read(file: string): { rows: Row[]; attempts: Attempt[] } {
  const database = new Database(file, { readonly: true })
  try {
    const rows = database
      .prepare('SELECT id, session AS mark, at, status FROM requests ORDER BY id')
      .all() as Row[]
    const attempts = database
      .prepare(`
        SELECT request_id AS requestId, provider, outcome, status, usage,
          input_tokens + cache_read_tokens AS input, output_tokens + reasoning_tokens AS output
        FROM attempts ORDER BY request_id, ordinal`)
      .all() as Attempt[]
    return { rows, attempts }
  } finally {
    database.close()
  }
}
