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

/**
 * Remembers every quarter of an hour it was asked for, because Intl costs a thousand times a look-up.
 * @throws RangeError where `timeZone` is no IANA name.
 */
export function localTimes(timeZone: string): (at: number) => LocalTime {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    timeZoneName: 'longOffset',
  })
  const known = new Map<number, LocalTime>()
  return (at) => {
    const quarter = Math.floor(at / QUARTER_MS)
    let time = known.get(quarter)
    if (time === undefined) {
      time = cut(format, quarter * QUARTER_MS)
      known.set(quarter, time)
    }
    return time
  }
}

function cut(format: Intl.DateTimeFormat, at: number): LocalTime {
  const parts = new Map(format.formatToParts(at).map(({ type, value }) => [type, value]))
  const month = `${parts.get('year')?.padStart(4, '0')}-${parts.get('month')}`
  const day = `${month}-${parts.get('day')}`
  const offset = parts.get('timeZoneName')?.slice('GMT'.length)
  return { hour: `${day}T${parts.get('hour')}:00${offset === '' ? 'Z' : offset}`, day, month }
}
