/** Deletes what the ledger need not keep any longer, a little at a time; what it summed to stays in the rollups. */
import type Database from 'better-sqlite3'
import { requestIdBound } from '../metering/request-id.ts'
import { deleteOldWords } from './rollup-words.ts'
import { HOUR_MS, hourOf } from './rollups.ts'

/** Milliseconds; Infinity keeps for ever. */
export interface Retention {
  /** Requests, with their attempts. */
  requestsMs: number
  /** Their sums by hour; never less than the requests themselves. */
  rollupsMs: number
}

/** With their attempts some 500 rows: about 3 ms, for which another writer waits. */
const REQUESTS_A_BATCH = 150
const ROLLUPS_A_BATCH = 100
const IDS_A_BATCH = 500

/**
 * Deletes the oldest requests, if whole hours are old enough and summed up: from then on those hours' rollups are all
 * that is known of them. `now` is Unix milliseconds.
 * @returns how many requests; to be called again, after a pause, until that is 0.
 */
export function deleteOldRequests(
  writing: Database.Database,
  now: number,
  { requestsMs }: Retention,
): number {
  const oldest = writing
    .prepare<[string], { id: string; at: number }>(
      'SELECT id, at FROM requests WHERE id < ? ORDER BY id LIMIT 1',
    )
    .get(requestIdBound(hourOf(now - requestsMs)))
  if (oldest === undefined) return 0
  const hour = hourOf(oldest.at)
  const remove = writing.transaction((): number => {
    const raw = writing.prepare<[number], 0 | 1>('SELECT raw FROM rollups WHERE hour = ?').pluck().get(hour)
    if (raw === undefined) return 0
    if (raw === 1) {
      writing
        .prepare('UPDATE rollups SET raw = 0, columns = NULL, column_parts = NULL WHERE hour = ?')
        .run(hour)
    }
    const last = writing
      .prepare<[string, string], string>(
        `SELECT max(id) FROM (SELECT id FROM requests WHERE id >= ? AND id < ? ORDER BY id LIMIT ${REQUESTS_A_BATCH})`,
      )
      .pluck()
      .get(oldest.id, requestIdBound(hour + HOUR_MS))
    for (const table of ['attempts', 'repricings']) {
      writing.prepare(`DELETE FROM ${table} WHERE request_id >= ? AND request_id <= ?`).run(oldest.id, last)
    }
    return writing.prepare('DELETE FROM requests WHERE id >= ? AND id <= ?').run(oldest.id, last).changes
  })
  return remove.immediate()
}

/** Deletes the users and tags that only deleted requests had. @returns how many; as `deleteOldRequests`. */
export function deleteUnusedWords(writing: Database.Database): number {
  const oldest = writing.prepare<[], number>('SELECT at FROM requests ORDER BY id LIMIT 1').pluck().get()
  return deleteOldWords(writing, oldest === undefined ? Number.MAX_SAFE_INTEGER : hourOf(oldest))
}

/**
 * Forgets ids of providers that nobody asked for in the time that requests are kept. To be called ahead of
 * `deleteOldRequests`: a batch whose request is gone would be billed again. What is not billed yet stays.
 * @returns how many; as `deleteOldRequests`.
 */
export function deleteOldIds(writing: Database.Database, now: number, { requestsMs }: Retention): number {
  if (requestsMs === Number.POSITIVE_INFINITY) return 0
  return writing
    .prepare(
      `DELETE FROM made_ids WHERE id IN (
        SELECT id FROM made_ids WHERE used_at < ? AND look_at IS NULL LIMIT ${IDS_A_BATCH})`,
    )
    .run(now - requestsMs).changes
}

/** Deletes the oldest rollups. @returns how many; as `deleteOldRequests`. */
export function deleteOldRollups(
  writing: Database.Database,
  now: number,
  { requestsMs, rollupsMs }: Retention,
): number {
  const until = now - Math.max(requestsMs, rollupsMs)
  if (until === Number.NEGATIVE_INFINITY) return 0
  return writing
    .prepare(
      `DELETE FROM rollups WHERE hour IN (
        SELECT hour FROM rollups WHERE raw = 0 AND hour < ? ORDER BY hour LIMIT ${ROLLUPS_A_BATCH})`,
    )
    .run(hourOf(until)).changes
}

/** Deletes the oldest sums of how prompts repeat each other. @returns how many; as `deleteOldRequests`. */
export function deleteOldPrefixes(
  writing: Database.Database,
  now: number,
  { requestsMs, rollupsMs }: Retention,
): number {
  const until = now - Math.max(requestsMs, rollupsMs)
  if (until === Number.NEGATIVE_INFINITY) return 0
  let deleted = 0
  for (const table of ['prefix_hours', 'prefix_places', 'prefix_reuse', 'prefix_warmed']) {
    const hour = writing.prepare<[number], number>(`SELECT hour FROM ${table} WHERE hour < ? LIMIT 1`).pluck()
    const oldest = hour.get(hourOf(until))
    if (oldest !== undefined) {
      deleted += writing.prepare(`DELETE FROM ${table} WHERE hour = ?`).run(oldest).changes
    }
  }
  return deleted
}
