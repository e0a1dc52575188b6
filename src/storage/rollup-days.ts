/** Sums up whole days of UTC from the sums of their hours: reports over weeks read a tenth as much of them. */
import type Database from 'better-sqlite3'
import { encodeCells, encodeParts, readCells } from './rollup-blob.ts'
import { emptyCell, type RollupCell } from './rollup-cell.ts'
import { HOUR_MS } from './rollups.ts'

export const DAY_MS = 24 * HOUR_MS

interface HourSums {
  hour: number
  cells: Buffer
  parts: Buffer | null
}

export function dayOf(at: number): number {
  return Math.floor(at / DAY_MS) * DAY_MS
}

/** The hours of one day as the bits of `rollup_days.hours`. */
export function hourBits(hours: readonly number[]): number {
  let bits = 0
  for (const hour of hours) bits |= 1 << ((hour % DAY_MS) / HOUR_MS)
  return bits
}

/** Days that ended before `until` and have sums by hour, but none of their own; the oldest first. */
export function daysToSumUp(reading: Database.Database, until: number): readonly number[] {
  const known = new Set(reading.prepare<[], number>('SELECT day FROM rollup_days').pluck().all())
  const hours = reading.prepare<[], number>('SELECT hour FROM rollups ORDER BY hour').pluck().all()
  return [...new Set(hours.map(dayOf))].filter((day) => day + DAY_MS <= until && !known.has(day))
}

/** Does nothing where one of its hours changes meanwhile. */
export function sumUpDay(
  { reading, writing }: { reading: Database.Database; writing: Database.Database },
  day: number,
): void {
  const before = hoursOf(reading, day)
  const cells = new Map<number, RollupCell>()
  const cellOf = (label: number): RollupCell => {
    const cell = cells.get(label) ?? emptyCell()
    cells.set(label, cell)
    return cell
  }
  for (const hour of before) readCells(hour.cells, hour.parts, cellOf)
  // What an older version summed up tells nothing of parts.
  const parts = before.every((hour) => hour.parts !== null) ? encodeParts(cells) : null
  const sums = [hourBits(before.map(({ hour }) => hour)), encodeCells(cells), parts] as const
  const write = writing.transaction(() => {
    const now = hoursOf(writing, day)
    if (now.length !== before.length || !now.every((hour, index) => isSame(hour, before[index]))) return
    writing
      .prepare('INSERT OR REPLACE INTO rollup_days (day, hours, cells, parts) VALUES (?, ?, ?, ?)')
      .run(day, ...sums)
  })
  write.immediate()
}

function hoursOf(database: Database.Database, day: number): readonly HourSums[] {
  return database
    .prepare<[number, number], HourSums>(
      'SELECT hour, cells, parts FROM rollups WHERE hour >= ? AND hour < ? ORDER BY hour',
    )
    .all(day, day + DAY_MS)
}

function isSame(one: HourSums, other: HourSums | undefined): boolean {
  if (other === undefined || one.hour !== other.hour || !one.cells.equals(other.cells)) return false
  return one.parts === null || other.parts === null
    ? one.parts === other.parts
    : one.parts.equals(other.parts)
}
