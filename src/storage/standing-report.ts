/** What a report tells of providers that cost by the hour: what standing ready cost, and how much of it was used. */
import type Database from 'better-sqlite3'
import type { StandingFigures } from '../metering/reports.ts'
import { servedIn } from './standing-hours.ts'
import { providersStanding, standingIn } from './standing-spans.ts'
import { NANO_USD } from './stored-request.ts'

const HOUR_MS = 3_600_000
const MILLION = 1e6

interface Sums {
  tokens: number
  outputTokens: number
  busyMs: number
  /** Of hours that served something. */
  servedNanoUsd: number
}

/** Past hours by what was written of them; those since are looked at. Hours of which there is no word served nothing. */
export async function standingFigures(
  database: Database.Database,
  since: number,
  until: number,
): Promise<readonly StandingFigures[]> {
  const figures: StandingFigures[] = []
  for (const provider of providersStanding(database, since, until)) {
    const known = knownOf(database, provider)
    const sums = await sumsOf(database, provider, Math.max(since, known.since), Math.min(until, known.until))
    const { nanoUsd, replicaMs } = standingIn(database, provider, since, until)
    figures.push(figuresOf(provider, nanoUsd, replicaMs, sums))
  }
  return figures
}

/** From the beginning of the hour in which it first stood ready to the end of the one in which it last did. */
function knownOf(database: Database.Database, provider: string): { since: number; until: number } {
  const { since, until } = database
    .prepare<[string], { since: number; until: number }>(
      'SELECT min(since) AS since, max(until) AS until FROM standing_spans WHERE provider = ?',
    )
    .get(provider) ?? { since: 0, until: 0 }
  return { since: hourOf(since), until: hourOf(until) + HOUR_MS }
}

async function sumsOf(
  database: Database.Database,
  provider: string,
  since: number,
  until: number,
): Promise<Sums> {
  const sums = { tokens: 0, outputTokens: 0, busyMs: 0, servedNanoUsd: 0 }
  const add = (tokens: number, outputTokens: number, busyMs: number, nanoUsd: number): void => {
    sums.tokens += tokens
    sums.outputTokens += outputTokens
    sums.busyMs += busyMs
    if (tokens > 0) sums.servedNanoUsd += nanoUsd
  }
  const hours = new Map(pastHours(database, provider, since, until))
  const spread = database
    .prepare<[string], number | null>('SELECT max(hour) FROM standing_hours WHERE provider = ?')
    .pluck()
    .get(provider)
  for (const [hour, row] of hours) {
    if (hour >= since && hour + HOUR_MS <= until)
      add(row.tokens, row.output_tokens, row.busy_ms, row.nano_usd)
  }
  // The rest is looked at itself: hours that only a part of is asked for, and what came after the last that was spread.
  for (const part of partsOf(since, until, (spread ?? since - HOUR_MS) + HOUR_MS, hours)) {
    const served = await servedIn(database, provider, part.since, part.until)
    const { nanoUsd } = standingIn(database, provider, part.since, part.until)
    add(served.tokens, served.outputTokens, served.busyMs, nanoUsd)
  }
  return sums
}

interface HourRow {
  nano_usd: number
  tokens: number
  output_tokens: number
  busy_ms: number
}

function pastHours(
  database: Database.Database,
  provider: string,
  since: number,
  until: number,
): (readonly [number, HourRow])[] {
  return database
    .prepare<[string, number, number], HourRow & { hour: number }>(
      `SELECT hour, nano_usd, tokens, output_tokens, busy_ms FROM standing_hours
      WHERE provider = ? AND hour > ? AND hour < ?`,
    )
    .all(provider, since - HOUR_MS, until)
    .map((row) => [row.hour, row] as const)
}

/** By hour, so that one which served nothing is told apart. */
function partsOf(
  since: number,
  until: number,
  live: number,
  hours: ReadonlyMap<number, HourRow>,
): { since: number; until: number }[] {
  const parts: { since: number; until: number }[] = []
  for (const hour of hours.keys()) {
    const part = { since: Math.max(hour, since), until: Math.min(hour + HOUR_MS, until) }
    if (part.until - part.since < HOUR_MS) parts.push(part)
  }
  for (let from = Math.max(live, since); from < until; ) {
    const end = Math.min(until, hourOf(from) + HOUR_MS)
    if (!hours.has(hourOf(from))) parts.push({ since: from, until: end })
    from = end
  }
  return parts
}

function hourOf(at: number): number {
  return Math.floor(at / HOUR_MS) * HOUR_MS
}

function figuresOf(provider: string, nanoUsd: number, replicaMs: number, sums: Sums): StandingFigures {
  const { tokens, outputTokens, busyMs, servedNanoUsd } = sums
  const usd = nanoUsd / NANO_USD
  // What a server that runs has not written down yet is no cost of 0.
  const perMillion = (count: number): number | null =>
    count === 0 || replicaMs === 0 ? null : (usd / count) * MILLION
  return {
    provider,
    usd,
    unserved_usd: (nanoUsd - servedNanoUsd) / NANO_USD,
    replica_hours: replicaMs / HOUR_MS,
    idle_share: replicaMs === 0 ? 0 : Math.max(0, 1 - busyMs / replicaMs),
    tokens,
    output_tokens: outputTokens,
    usd_per_million_tokens: perMillion(tokens),
    usd_per_million_output_tokens: perMillion(outputTokens),
  }
}
