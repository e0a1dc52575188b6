/** What a remembered answer is told by: the caller's endpoint, and its form where that has one of its own. */
import type { CallerRequest } from '../../openai/passed-request.ts'
import type { Policy } from '../../policy/policy.ts'
import { steeredBy } from '../../routing/match-condition.ts'
import type { Gateway, Incoming } from '../journey.ts'

/** What names of remembered answers are made of, besides the request. */
export type KeySources = Pick<Gateway, 'registry' | 'sha256'>

/**
 * Chat can be told in either form from a recording of the other; for other endpoints each form has its own.
 */
export function recordingOf({ endpoint, stream, passed }: CallerRequest): string {
  if (passed !== undefined) return `${passed.path}?${passed.query}${stream ? ' as a stream' : ''}`
  if (endpoint === 'chat/completions') return endpoint
  return stream ? `${endpoint} as a stream` : endpoint
}

/** What of the policy affects the answer to this request: what it says, and which of its rules the caller's labels meet. */
export function policyScopeOf(
  { answerScope, route }: Pick<Policy, 'answerScope' | 'route'>,
  { principal, labels }: Pick<Incoming, 'principal' | 'labels'>,
): string {
  if (route.rules.length === 0) return answerScope
  return answerScope + steeredBy(route.rules, { keyName: principal.key?.name, tags: labels.tags })
}
