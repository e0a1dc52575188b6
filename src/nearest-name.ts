/** The name that a mistyped one most likely meant. */
import { distance } from 'fastest-levenshtein'

/** Longer texts are no typing slips, and comparing them would cost in proportion to their product. */
const MAX_COMPARED_LENGTH = 200

/** The closest of `names` within a third of its length in edits (at least two), or undefined. */
export function nearestName(typed: string, names: Iterable<string>): string | undefined {
  if (typed.length > MAX_COMPARED_LENGTH) return undefined
  const lowered = typed.toLowerCase()
  let best: string | undefined
  let bestDistance = Number.POSITIVE_INFINITY
  for (const name of names) {
    if (name.length > MAX_COMPARED_LENGTH) continue
    const edits = distance(lowered, name.toLowerCase())
    if (edits < bestDistance && edits <= allowedEdits(name)) {
      best = name
      bestDistance = edits
    }
  }
  return best
}

/** `; did you mean \`x\`?`, or nothing where no name is close. */
export function suggestion(typed: string, names: Iterable<string>): string {
  const name = nearestName(typed, names)
  return name === undefined ? '' : `; did you mean \`${name}\`?`
}

function allowedEdits(name: string): number {
  // Two edits turn any two-letter name into any other.
  return Math.max(Math.min(2, name.length - 1), Math.floor(name.length / 3))
}
