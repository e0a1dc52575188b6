/** Sums past hours of the ledger up, so that reports need not read their requests; the ledger's thread does it. */
import type Database from 'better-sqlite3'
import { requestIdBound } from '../metering/request-id.ts'
import { scanRequests } from './ledger-scan.ts'
import { RequestColumns } from './request-columns.ts'
import { encodeCells, encodeParts } from './rollup-blob.ts'
import {
  addToCell,
  emptyCell,
  ROLLUP_DIMENSIONS,
  type RollupCell,
  type RollupLabels,
  rollupLabels,
} from './rollup-cell.ts'
import { numberWords } from './rollup-words.ts'

export const HOUR_MS = 60 * 60 * 1000

/** What the sums and the columns of an hour are told apart by. */
const SCANNED = [...ROLLUP_DIMENSIONS, 'user', 'tags', 'part'] as const
const USER = SCANNED.indexOf('user')
const TAGS = SCANNED.indexOf('tags')

/** Labels that are given a number in one transaction. */
const LABELS_A_TURN = 200

/**
 * Sums one hour up, where it has not been, and keeps its requests as columns.
 * @param connections one that only reads, because it is busy over many turns, and one that writes
 * @param open what to do where something of the hour is under way
 * @returns `written`, `open`, or `changed` where its rows changed meanwhile
 */
export async function rollUp(
  { reading, writing }: { reading: Database.Database; writing: Database.Database },
  hour: number,
  open: 'wait' | 'count',
): Promise<'written' | 'open' | 'changed'> {
  const before = repricings(reading, hour)
  const cells = new Map<string, RollupCell & { place: number }>()
  const columns = new RequestColumns(hour)
  let requests = 0
  let underWay = 0
  const period = { since: hour, until: hour + HOUR_MS }
  await scanRequests(reading, period, SCANNED, (request, isOpen) => {
    requests++
    if (isOpen) underWay++
    const labels = rollupLabels(request)
    const key = labelsJson(labels)
    const cell = cells.get(key) ?? { ...emptyCell(), place: cells.size }
    cells.set(key, cell)
    addToCell(cell, request, labels)
    const [user = null, tags = null] = [request.labels[USER], request.labels[TAGS]]
    columns.add(request, labels, cell.place, { user, tags })
  })
  if (underWay > 0 && open === 'wait') return 'open'
  const numbered = await numberLabels(writing, cells)
  const words = await numberWords(writing, columns.words, hour)
  const own = columns.bytes({
    label: (cell) => numbered[cell]?.[0] ?? 0,
    word: (word) => words.get(word) ?? 0,
  })
  const write = writing.transaction(() => {
    if (requestCount(writing, hour) !== requests || repricings(writing, hour) !== before) return 'changed'
    writing
      .prepare(
        `INSERT INTO rollups (hour, requests, raw, cells, parts, columns, column_parts) VALUES (?, ?, 1, ?, ?, ?, ?)
        ON CONFLICT (hour) DO NOTHING`,
      )
      .run(
        hour,
        requests,
        encodeCells(numbered),
        encodeParts(numbered),
        own?.columns ?? null,
        own?.parts ?? null,
      )
    return 'written'
  })
  return write.immediate()
}

/** Hours that ended before `until` and have requests but no rollup, the oldest first. */
export function hoursToRollUp(database: Database.Database, until: number): readonly number[] {
  const first = database.prepare<[], number>('SELECT at FROM requests ORDER BY id LIMIT 1').pluck().get()
  if (first === undefined) return []
  const known = new Set(database.prepare<[], number>('SELECT hour FROM rollups').pluck().all())
  const any = database.prepare('SELECT 1 FROM requests WHERE id >= ? AND id < ? LIMIT 1')
  const hours: number[] = []
  for (let hour = hourOf(first); hour + HOUR_MS <= until; hour += HOUR_MS) {
    if (known.has(hour)) continue
    if (any.get(requestIdBound(hour), requestIdBound(hour + HOUR_MS)) !== undefined) hours.push(hour)
  }
  return hours
}

/** Forgets rollups of hours since `since` whose requests are more, or fewer, than they were: written late, after an outage. */
export function forgetChangedHours(
  { reading, writing }: { reading: Database.Database; writing: Database.Database },
  since: number,
): void {
  const rolledUp = reading
    .prepare<[number], { hour: number; requests: number }>(
      'SELECT hour, requests FROM rollups WHERE hour >= ? AND raw = 1',
    )
    .all(since)
  const forget = writing.prepare('DELETE FROM rollups WHERE hour = ? AND raw = 1')
  for (const { hour, requests } of rolledUp) {
    if (requestCount(reading, hour) !== requests) forget.run(hour)
  }
}

export function hourOf(at: number): number {
  return Math.floor(at / HOUR_MS) * HOUR_MS
}

/** Callers may make labels up, so that what is remembered of them has a bound. */
const MOST_LABELS = 50_000

/** Remembers what it has read: labels never change. */
export function rollupLabelReader(database: Database.Database): (label: number) => RollupLabels {
  const statement = database
    .prepare<[number], string>('SELECT labels FROM rollup_labels WHERE id = ?')
    .pluck()
  const known = new Map<number, RollupLabels>()
  return (label) => {
    let labels = known.get(label)
    if (labels === undefined) {
      labels = parsedLabels(statement.get(label) ?? '')
      if (known.size >= MOST_LABELS) known.clear()
      known.set(label, labels)
    }
    return labels
  }
}

async function numberLabels(
  database: Database.Database,
  cells: ReadonlyMap<string, RollupCell>,
): Promise<readonly (readonly [number, RollupCell])[]> {
  const number = database.prepare<[string], number>('SELECT id FROM rollup_labels WHERE labels = ?').pluck()
  const insert = database.prepare('INSERT INTO rollup_labels (labels) VALUES (?) ON CONFLICT DO NOTHING')
  const unknown = [...cells.keys()].filter((labels) => number.get(labels) === undefined)
  const insertSome = database.transaction((some: readonly string[]) => {
    for (const labels of some) insert.run(labels)
  })
  for (let from = 0; from < unknown.length; from += LABELS_A_TURN) {
    insertSome.immediate(unknown.slice(from, from + LABELS_A_TURN))
    await new Promise((resume) => setImmediate(resume))
  }
  return [...cells].map(([labels, cell]) => [number.get(labels) ?? 0, cell] as const)
}

function requestCount(database: Database.Database, hour: number): number {
  return count(database, 'SELECT count(*) FROM requests WHERE id >= ? AND id < ?', hour)
}

/** A price that changes while an hour is summed up must not be summed half. */
function repricings(database: Database.Database, hour: number): number {
  return count(database, 'SELECT count(*) FROM repricings WHERE request_id >= ? AND request_id < ?', hour)
}

function count(database: Database.Database, sql: string, hour: number): number {
  const bounds: [string, string] = [requestIdBound(hour), requestIdBound(hour + HOUR_MS)]
  return (
    database
      .prepare<[string, string], number>(sql)
      .pluck()
      .get(...bounds) ?? 0
  )
}

function labelsJson({ values, mechanism, targets }: RollupLabels): string {
  return JSON.stringify([
    values,
    mechanism,
    targets.map(({ provider, model, unpriced }) => (unpriced ? [provider, model, 1] : [provider, model])),
  ])
}

function parsedLabels(json: string): RollupLabels {
  const [values, mechanism, targets] = JSON.parse(json) as [
    RollupLabels['values'],
    RollupLabels['mechanism'],
    [string, string, 1?][],
  ]
  return {
    values,
    mechanism,
    targets: targets.map(([provider, model, unpriced]) => ({ provider, model, unpriced: unpriced === 1 })),
  }
}
