/** When what nobody has read yet is looked at, to be billed all the same. */

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const FIRST_LOOK_MS = 15 * MINUTE_MS
const MOST_BETWEEN_MS = 6 * HOUR_MS
/** Providers keep answers for about a month. */
const LAST_LOOK_MS = 30 * 24 * HOUR_MS

/** Whoever waits for an answer has read it by then. Unix milliseconds. */
export function firstLookAt(madeAt: number): number {
  return madeAt + FIRST_LOOK_MS
}

/** Again when it is twice as old, four times a day at least; undefined once nothing will come of it. */
export function nextLookAt(madeAt: number, now: number): number | undefined {
  const ageMs = Math.max(FIRST_LOOK_MS, now - madeAt)
  return ageMs >= LAST_LOOK_MS ? undefined : now + Math.min(ageMs, MOST_BETWEEN_MS)
}
