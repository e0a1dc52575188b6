/** Where prompts differ, in words. */
import type { ChangingKind } from './changing.ts'
import type { Divergence } from './divergence.ts'

const WHAT: Readonly<Record<ChangingKind, string>> = {
  time: 'a date or time there',
  id: 'an id there',
  number: 'a number there',
  text: 'what stands there',
}

/** One sentence. `share`: of the prompts that were compared, 0 to 1. */
export function divergenceWords({
  place,
  message,
  character,
  what,
  share,
}: Divergence & { share: number }): string {
  const often = `${Math.round(share * 100)}% of prompts`
  if (place === 'end')
    return `${often} only differ from an earlier one at their end: all before it can be read from a cache.`
  if (place === 'conversation') return `${often} begin another conversation after the same beginning.`
  const where =
    place === 'tools' ? 'the tools' : place === 'system' ? 'the system message' : `message ${message + 1}`
  return `${often} differ from the one before already in ${where}, at about character ${character}: ${WHAT[what]} keeps every provider from reading the rest from its cache.`
}
