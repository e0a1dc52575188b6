/** Anthropic's usage block, which a stream tells in parts: what has been read at its start, what was written at its end. */

type Wire = Readonly<Record<string, unknown>>

/** Counts are totals of the whole message, never added; null says nothing about what was told before. */
export function mergedUsage(before: Wire | undefined, more: Wire): Record<string, unknown> {
  const merged: Record<string, unknown> = { ...before }
  for (const [name, value] of Object.entries(more)) {
    if (name === '__proto__') continue
    if (value !== null || merged[name] === undefined) merged[name] = value
  }
  return merged
}
