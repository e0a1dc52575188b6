/** Whether the provider keeps its answer, to be asked for by its id. */
import type { CallerRequest } from './passed-request.ts'

/** OpenAI keeps chat only where it is told to, and responses unless it is told not to. */
export function isAnswerStored({ endpoint, body }: Pick<CallerRequest, 'endpoint' | 'body'>): boolean {
  return endpoint === 'responses' ? body.store !== false : body.store === true
}

/** Whether the provider answers before it has done what it is asked, and keeps what comes of it. */
export function isBackground(request: Pick<CallerRequest, 'endpoint' | 'body'>): boolean {
  return request.endpoint === 'responses' && request.body.background === true && isAnswerStored(request)
}
