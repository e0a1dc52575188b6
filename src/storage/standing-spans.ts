/** For how long providers stood ready that cost by the hour, and what that cost. */
import type Database from 'better-sqlite3'
import type { HourlyCosts } from '../metering/standing-cost.ts'

const HOUR_MS = 3_600_000

interface Span {
  since: number
  until: number
  replicas: number
  nano_usd_per_hour: number
}

/** What a provider cost in a time, and for how long its replicas together stood ready. */
export interface Standing {
  nanoUsd: number
  replicaMs: number
}

/** Writes down that providers stand ready, from when it is told of them. A `kill -9` loses the time since the last `keep`. */
export class StandingSpans {
  readonly #database: Database.Database
  /** Ids of the rows that are moved on. */
  #running: readonly number[] = []

  constructor(database: Database.Database) {
    this.#database = database
  }

  /** From `now` on, in Unix milliseconds, these and no others. @throws SqliteError */
  begin(costs: HourlyCosts, now: number): void {
    this.keep(now)
    const insert = this.#database.prepare<[string, number, number, number, number]>(
      `INSERT INTO standing_spans (provider, since, until, replicas, nano_usd_per_hour) VALUES (?, ?, ?, ?, ?)`,
    )
    this.#running = [...costs].map(([provider, { replicas, nanoUsdPerHour }]) =>
      Number(insert.run(provider, now, now, replicas, nanoUsdPerHour).lastInsertRowid),
    )
  }

  /** To be called now and then, and at the end. @throws SqliteError */
  keep(now: number): void {
    if (this.#running.length === 0) return
    const move = this.#database.prepare<[number, number]>('UPDATE standing_spans SET until = ? WHERE id = ?')
    for (const id of this.#running) move.run(now, id)
  }
}

/** Providers that stood ready at some time of it. */
export function providersStanding(
  database: Database.Database,
  since: number,
  until: number,
): readonly string[] {
  return database
    .prepare<[number, number], string>(
      'SELECT DISTINCT provider FROM standing_spans WHERE since < ? AND until > ? ORDER BY provider',
    )
    .pluck()
    .all(until, since)
}

/** Where two trimtabs wrote that the same provider stood ready, it counts once, at the cost of the one that began first. */
export function standingIn(
  database: Database.Database,
  provider: string,
  since: number,
  until: number,
): Standing {
  const spans = database
    .prepare<[string, number, number], Span>(
      `SELECT since, until, replicas, nano_usd_per_hour FROM standing_spans
      WHERE provider = ? AND since < ? AND until > ? ORDER BY since, id`,
    )
    .all(provider, until, since)
  let reached = since
  let nanoUsd = 0
  let replicaMs = 0
  for (const span of spans) {
    const from = Math.max(span.since, reached)
    const milliseconds = Math.min(span.until, until) - from
    if (milliseconds <= 0) continue
    reached = from + milliseconds
    replicaMs += span.replicas * milliseconds
    nanoUsd += (span.replicas * span.nano_usd_per_hour * milliseconds) / HOUR_MS
  }
  return { nanoUsd: Math.round(nanoUsd), replicaMs }
}
