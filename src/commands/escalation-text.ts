/** When the next tier is asked, and what a session keeps, in sentences. */
import type { ExplainedEscalation, ExplainedSession } from '../gateway/explained/explained-escalation.ts'
import { span } from './span.ts'

export function escalationWords(escalation: ExplainedEscalation): string {
  const { confidence_below: below, slower_than_ms: slow } = escalation
  const said = [
    escalation.refused && 'refuses',
    escalation.empty && 'says nothing',
    escalation.invalid_json && 'breaks the JSON or the tool’s schema asked for',
    escalation.loops && 'repeats itself',
    below !== null && `is less sure than ${below}`,
    slow !== null && `has not begun after ${span(slow)}`,
  ].filter((part) => part !== false)
  if (said.length === 0) return 'No answer is taken for insufficient.'
  const last = said.length > 1 ? ` or ${said.at(-1)}` : ''
  const listed = said.length > 1 ? said.slice(0, -1).join(', ') : said[0]
  const { hold } = escalation
  const held = hold === 'whole' ? 'a stream is held back whole' : `${hold} tokens of a stream are held back`
  return `The next tier is asked where the answer ${listed}${last}; ${held} to tell.`
}

export function sessionWords({ stick, idle_ms }: ExplainedSession): string {
  const kept = stick.length === 0 ? 'nothing' : `its ${stick.join(', its ')}`
  return `A session keeps ${kept}, until it has been idle for ${span(idle_ms)}; who answers which, only the running server knows.`
}
