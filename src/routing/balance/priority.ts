/** `priority`: the first that can be asked. */
import type { Candidate } from './candidate.ts'
import { usable } from './usable.ts'

export function priority(candidates: readonly Candidate[]): number {
  return usable(candidates)[0] ?? 0
}
