/** What a remembered answer is told by: the caller's endpoint, and its form where that has one of its own. */
import type { CallerRequest } from '../openai/passed-request.ts'
import type { Gateway } from './journey.ts'

/** What names of remembered answers are made of, besides the request. */
export type KeySources = Pick<Gateway, 'registry' | 'sha256'>

/**
 * Chat can be told in either form from a recording of the other; for other endpoints each form has its own. Embeddings are
 * each end user's own, where the request names one.
 */
export function recordingOf({ endpoint, stream, body }: CallerRequest): string {
  if (endpoint === 'chat/completions') return endpoint
  if (endpoint === 'embeddings' && typeof body.user === 'string') return `embeddings for ${body.user}`
  return stream ? `${endpoint} as a stream` : endpoint
}
