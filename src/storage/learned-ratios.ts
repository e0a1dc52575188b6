/** What the latest requests teach of bytes a token: read once at a start, off the path, so that nothing has to be written for it. */
import type Database from 'better-sqlite3'
import type { CountedInput } from '../metering/decision.ts'
import { type LearnedRatio, TokenRatios } from '../metering/token-ratios.ts'

export interface EstimateError {
  workflow: string
  /** Of whose text a provider counted the tokens. */
  requests: number
  /** Mean of |estimated - counted| / counted. */
  meanError: number
}

/** A ratio forgets what is older than some hundred requests of its workflow; a read takes 12 ms of a thread that yields. */
const LATEST_LESSONS = 2000
const LATEST_COMPARED = 5000

type Lesson = CountedInput & { workflow: string }

export function learnedRatios(database: Database.Database): LearnedRatio[] {
  const ratios = new TokenRatios()
  for (const { workflow, bytes, counted } of lessons(database, LATEST_LESSONS))
    ratios.learn(workflow, bytes, counted)
  return ratios.learned()
}

/** How near the estimates of the latest requests came, by workflow, the busiest first. */
export function estimateErrors(database: Database.Database): EstimateError[] {
  const sums = new Map<string, { requests: number; error: number }>()
  for (const { workflow, estimated, counted } of lessons(database, LATEST_COMPARED)) {
    const sum = sums.get(workflow) ?? { requests: 0, error: 0 }
    sum.requests++
    sum.error += Math.abs(estimated - counted) / counted
    sums.set(workflow, sum)
  }
  return [...sums]
    .map(([workflow, { requests, error }]) => ({ workflow, requests, meanError: error / requests }))
    .sort((one, other) => other.requests - one.requests)
}

/** Oldest first. */
function lessons(database: Database.Database, latest: number): Lesson[] {
  const rows = database
    .prepare<[number], Lesson>(`
      SELECT workflow, decision ->> '$.input.bytes' AS bytes, decision ->> '$.input.estimated' AS estimated,
        decision ->> '$.input.counted' AS counted
      FROM (SELECT workflow, decision FROM requests ORDER BY id DESC LIMIT ?)
      WHERE decision ->> '$.input.counted' > 0`)
    .all(latest)
  return rows.reverse()
}
