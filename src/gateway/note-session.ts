/** Remembers who answered a request of a session, for its next one. */
import type { Ending } from './dispatch.ts'
import type { Journey } from './journey.ts'

export function noteSession({ session, entry }: Journey, ending: Ending): void {
  if (session === undefined || ending.kind !== 'whole') return
  const { answered } = ending
  const hasEscalated = entry.decision.attempts.some(({ insufficiency }) => insufficiency !== undefined)
  session.note(answered, hasEscalated && answered.isSecondBest !== true)
}
