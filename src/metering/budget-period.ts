/** When a budget's period begins and ends, in its time zone. */
import type { BudgetPeriod } from './budget.ts'

/** Unix milliseconds. */
export interface Span {
  /** Of the span in which spending is written down. */
  start: number
  /** Of the period; before `start` where the period is rolling, which is made of many spans. */
  since: number
  /** Of the span: a new one begins. */
  end: number
}

/** A rolling period is counted in so many spans: it never counts less than itself, and at most a span more. */
const ROLLING_SPANS = 48
const SHORTEST_SPAN_MS = 1000
const DAY_MS = 86_400_000

export function spanAt(period: BudgetPeriod, at: number): Span {
  if (period.kind === 'rolling') {
    const spanMs = Math.max(SHORTEST_SPAN_MS, Math.ceil(period.ms / ROLLING_SPANS))
    const start = Math.floor(at / spanMs) * spanMs
    return { start, since: Math.floor((start - period.ms) / spanMs) * spanMs, end: start + spanMs }
  }
  const [year, month, day] = localDate(period.timeZone, at)
  const midnight = (y: number, m: number, d: number) => instantOf(period.timeZone, Date.UTC(y, m, d))
  if (period.kind === 'month') {
    const start = midnight(year, month, 1)
    return { start, since: start, end: midnight(year, month + 1, 1) }
  }
  // Weeks begin on Monday (ISO 8601).
  const first =
    period.kind === 'day' ? day : day - ((new Date(Date.UTC(year, month, day)).getUTCDay() + 6) % 7)
  const start = midnight(year, month, first)
  return { start, since: start, end: midnight(year, month, first + (period.kind === 'day' ? 1 : 7)) }
}

/** Year, month from 0, day. */
function localDate(timeZone: string, at: number): [number, number, number] {
  const local = new Date(at + offsetAt(timeZone, at))
  return [local.getUTCFullYear(), local.getUTCMonth(), local.getUTCDate()]
}

/** The instant at which clocks of the zone show `wall`, a time written as if it were UTC. */
function instantOf(timeZone: string, wall: number): number {
  const near = wall - offsetAt(timeZone, wall)
  const instant = wall - offsetAt(timeZone, near)
  // Where a clock skips that midnight, the day begins after it.
  return Math.abs(instant - near) > DAY_MS ? near : instant
}

/** Milliseconds that a zone's clocks are ahead of UTC. */
function offsetAt(timeZone: string, at: number): number {
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  }).formatToParts(at)
  const of = (type: string): number => Number(parts.find((part) => part.type === type)?.value)
  const wall = Date.UTC(of('year'), of('month') - 1, of('day'), of('hour'), of('minute'), of('second'))
  return wall - Math.floor(at / 1000) * 1000
}
