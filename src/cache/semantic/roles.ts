/** Prepositions as the parts that words have in a question. */

const SAME = new Map(
  `within in, inside in, into to, toward to, towards to, onto on, upon on, till until, under below, over above, beneath below, amid in, during in,
  among between, amongst between, like as, via by, throughout in`
    .split(',')
    .map((pair) => pair.trim().split(' ') as [string, string]),
)

/** What stands under these is never what stands under another, or under none. */
const STRONG = new Set('before after until since outside against except despite unlike'.split(' '))
const OPPOSED = new Map([
  ['from', 'to'],
  ['to', 'from'],
  ['above', 'below'],
  ['below', 'above'],
])

/** One name for the prepositions that put a word in the same part. */
export function roleOf(preposition: string): string {
  return SAME.get(preposition) ?? preposition
}

export function isStrongRole(role: string): boolean {
  return STRONG.has(role)
}

/** Whether one word cannot have both parts in questions of one meaning. */
export function rolesConflict(left: string, right: string): boolean {
  if (left === right) return false
  if (STRONG.has(left) || STRONG.has(right)) return true
  return OPPOSED.get(left) === right
}
