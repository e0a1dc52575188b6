/** Remembers who answered a request of a session, for its next one. */
import type { Ending } from './dispatch.ts'
import type { Journey } from './journey.ts'

export function noteSession({ session, entry }: Journey, ending: Ending): void {
  // What trimtab asks by itself is none of the session's.
  if (session === undefined || ending.kind !== 'whole' || entry.cache === 'audit') return
  const { answered } = ending
  const hasEscalated = entry.decision.attempts.some(({ insufficiency }) => insufficiency !== undefined)
  session.note(answered, hasEscalated && answered.isSecondBest !== true)
}
