/** What the ledger's thread does now and then: sum hours up that are past, and delete what is too old. */
import type Database from 'better-sqlite3'
import {
  deleteOldIds,
  deleteOldPrefixes,
  deleteOldRequests,
  deleteOldRollups,
  deleteUnusedWords,
  type Retention,
} from './retention.ts'
import { daysToSumUp, sumUpDay } from './rollup-days.ts'
import { forgetChangedHours, HOUR_MS, hoursToRollUp, rollUp } from './rollups.ts'
import { spreadStandingCosts } from './standing-hours.ts'

export interface LedgerUpkeepOptions {
  /** Busy over many turns; nothing is written by it. */
  reading: Database.Database
  writing: Database.Database
  retention: Retention
  /** Unix milliseconds. */
  now: () => number
  pause: (milliseconds: number) => Promise<void>
}

/** Until then most of an hour's last requests have ended. */
const SETTLES_WITHIN_MS = 5 * 60 * 1000
/** What an outage kept back is written by then. */
const CHANGES_WITHIN_MS = 24 * HOUR_MS
/** An hour in which something is under way is tried again after this long, doubling. */
const RETRY_MS = { first: 60_000, most: HOUR_MS }
/** Others write meanwhile. */
const BETWEEN_BATCHES_MS = 20

export class LedgerUpkeep {
  readonly #options: LedgerUpkeepOptions
  readonly #waiting = new Map<number, { until: number; delayMs: number }>()
  #running: Promise<void> | undefined
  #stopping = false

  constructor(options: LedgerUpkeepOptions) {
    this.#options = options
  }

  /** Does what there is to do; a second call joins the first. @throws Error where the ledger cannot be read or written */
  run(): Promise<void> {
    this.#running ??= this.#work().finally(() => {
      this.#running = undefined
    })
    return this.#running
  }

  /** Resolves once it does nothing any more: within the time that one hour takes. */
  async stop(): Promise<void> {
    this.#stopping = true
    await this.#running?.catch(() => {})
  }

  async #work(): Promise<void> {
    const { reading, writing, retention, now } = this.#options
    forgetChangedHours({ reading, writing }, now() - CHANGES_WITHIN_MS)
    for (const hour of hoursToRollUp(reading, now() - SETTLES_WITHIN_MS)) {
      if (this.#stopping) return
      if (now() >= (this.#waiting.get(hour)?.until ?? 0)) await this.#rollUp(hour)
    }
    await this.#sumUpDays()
    await this.#inBatches(() => deleteOldIds(writing, now(), retention))
    const requests = await this.#inBatches(() => deleteOldRequests(writing, now(), retention))
    if (requests > 0) await this.#inBatches(() => deleteUnusedWords(writing))
    await this.#inBatches(() => deleteOldRollups(writing, now(), retention))
    await this.#inBatches(() => deleteOldPrefixes(writing, now(), retention))
  }

  /** Once no hour of theirs is still to come. */
  async #sumUpDays(): Promise<void> {
    const { reading, writing, now, pause } = this.#options
    const [missing = now()] = hoursToRollUp(reading, now() - SETTLES_WITHIN_MS)
    for (const day of daysToSumUp(reading, Math.min(missing, now() - SETTLES_WITHIN_MS))) {
      if (this.#stopping) return
      sumUpDay({ reading, writing }, day)
      await pause(BETWEEN_BATCHES_MS)
    }
  }

  async #rollUp(hour: number): Promise<void> {
    const { now, retention } = this.#options
    // Ahead of its sums, which are of what requests cost.
    await spreadStandingCosts(this.#options, hour)
    // What is still open when its rows are to go was left behind by a process that is gone.
    const isOld = hour + HOUR_MS <= now() - retention.requestsMs
    const outcome = await rollUp(this.#options, hour, isOld ? 'count' : 'wait')
    if (outcome === 'written') {
      this.#waiting.delete(hour)
      return
    }
    const delayMs = Math.min(2 * (this.#waiting.get(hour)?.delayMs ?? RETRY_MS.first / 2), RETRY_MS.most)
    this.#waiting.set(hour, { until: now() + delayMs, delayMs })
  }

  /** @returns how many. */
  async #inBatches(remove: () => number): Promise<number> {
    let removed = 0
    while (!this.#stopping) {
      const some = remove()
      if (some === 0) break
      removed += some
      await this.#options.pause(BETWEEN_BATCHES_MS)
    }
    return removed
  }
}
