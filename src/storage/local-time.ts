/** Cuts time into hours, days and months of a time zone, right across its changes of offset. */

export interface LocalTime {
  /** `2026-10-25T02:00+02:00`: the offset tells the hour that a clock set back shows twice apart. */
  hour: string
  /** `2026-10-25` */
  day: string
  /** `2026-10` */
  month: string
}

/** Every zone in use since 1972 changes its offset at a multiple of a quarter of an hour. */
const QUARTER_MS = 15 * 60 * 1000
const MINUTE_MS = 60 * 1000
const DAY_MS = 24 * 60 * MINUTE_MS

/** `+02:00` as minutes, and as text, empty for UTC. */
interface Offset {
  minutes: number
  text: string
}

/**
 * Remembers every quarter of an hour it was asked for. Intl, which costs a thousand times a look-up, is asked for the
 * offset at the begin and the end of each day of UTC, and within those in which it changes.
 * @throws RangeError where `timeZone` is no IANA name.
 */
export function localTimes(timeZone: string): (at: number) => LocalTime {
  const offsetAt = offsets(timeZone)
  const known = new Map<number, LocalTime>()
  return (at) => {
    const quarter = Math.floor(at / QUARTER_MS)
    let time = known.get(quarter)
    if (time === undefined) {
      time = cut(quarter * QUARTER_MS, offsetAt(quarter * QUARTER_MS))
      known.set(quarter, time)
    }
    return time
  }
}

function offsets(timeZone: string): (at: number) => Offset {
  const format = new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' })
  const atMidnight = new Map<number, Offset>()
  const midnight = (day: number): Offset => {
    let offset = atMidnight.get(day)
    if (offset === undefined) {
      offset = offsetOf(format, day * DAY_MS)
      atMidnight.set(day, offset)
    }
    return offset
  }
  return (at) => {
    const day = Math.floor(at / DAY_MS)
    const [begin, end] = [midnight(day), midnight(day + 1)]
    return begin.text === end.text ? begin : offsetOf(format, at)
  }
}

function offsetOf(format: Intl.DateTimeFormat, at: number): Offset {
  const name = format.formatToParts(at).find(({ type }) => type === 'timeZoneName')?.value ?? ''
  const text = name.slice('GMT'.length)
  const [hours = 0, minutes = 0] = text.slice(1).split(':').map(Number)
  return { minutes: (text.startsWith('-') ? -1 : 1) * (hours * 60 + minutes), text }
}

function cut(at: number, { minutes, text }: Offset): LocalTime {
  const local = new Date(at + minutes * MINUTE_MS).toISOString()
  const day = local.slice(0, local.indexOf('T'))
  const hour = local.slice(0, local.indexOf(':'))
  return { hour: `${hour}:00${text === '' ? 'Z' : text}`, day, month: day.slice(0, day.lastIndexOf('-')) }
}
