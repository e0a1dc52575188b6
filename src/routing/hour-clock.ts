/** Tells the hour of the day in time zones; a formatter costs far more to make than to use, so each is kept. */

/** Returns the hour, 0 to 23, in an IANA time zone at a time in Unix milliseconds. */
export function hourClock(): (timeZone: string, at: number) => number {
  const formatters = new Map<string, Intl.DateTimeFormat>()
  return (timeZone, at) => {
    let formatter = formatters.get(timeZone)
    if (formatter === undefined) {
      // Zones come from policy files, which name few, never from requests.
      formatter = new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', hourCycle: 'h23' })
      formatters.set(timeZone, formatter)
    }
    return Number(formatter.format(at))
  }
}
