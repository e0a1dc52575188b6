/** The value that a share of all lies at or below; null where there is none. */
export function percentile(values, share) {
  const sorted = [...values].sort((left, right) => left - right)
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? null
}

/** The one in the middle, or between the two there; null where a value is missing. */
export function median(values) {
  if (values.includes(null)) return null
  const sorted = [...values].sort((left, right) => left - right)
  const half = sorted.length / 2
  return (sorted[Math.ceil(half) - 1] + sorted[Math.floor(half)]) / 2
}
