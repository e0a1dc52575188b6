/** Durations for people. */

/** As policies write durations. */
export function span(durationMs: number): string {
  if (durationMs % 3_600_000 === 0) return `${durationMs / 3_600_000}h`
  if (durationMs % 60_000 === 0) return `${durationMs / 60_000}m`
  return durationMs % 1000 === 0 ? `${durationMs / 1000}s` : `${durationMs}ms`
}
