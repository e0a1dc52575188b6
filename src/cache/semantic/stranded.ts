/** Prepositions that a question leaves alone, because it asks for what stands under them: "What is bronze made of?" */
import { PREPOSITIONS } from './function-words.ts'
import { roleOf } from './roles.ts'
import type { Token } from './tokens.ts'

const ASKS_FOR_THINGS = new Set(['what', 'which', 'who', 'whom', 'whose'])
const NONE: ReadonlySet<string> = new Set()

/** Their roles: see `roleOf`. */
export function strandedOf(tokens: readonly Token[]): ReadonlySet<string> {
  let found: Set<string> | undefined
  let isAskedForThing = false
  for (const [index, { word, endsClause }] of tokens.entries()) {
    if (ASKS_FOR_THINGS.has(word)) isAskedForThing = true
    const isLast = endsClause || index === tokens.length - 1
    if (!isLast || !isAskedForThing || !PREPOSITIONS.has(word)) continue
    found ??= new Set()
    found.add(roleOf(word))
  }
  return found ?? NONE
}
