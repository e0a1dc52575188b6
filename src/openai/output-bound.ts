/** How long an answer its caller lets it become. */

import { promptCount } from './parse-completions-request.ts'
import type { CallerRequest } from './passed-request.ts'

/**
 * Tokens of all choices together; 0 for embeddings, undefined where nobody sets a bound.
 * `mostOfOne` bounds each choice besides.
 */
export function outputBound({ endpoint, body }: CallerRequest, mostOfOne?: number): number | undefined {
  if (endpoint === 'embeddings') return 0
  const asked = askedBound(endpoint, body)
  const most = asked === undefined ? mostOfOne : Math.min(asked, mostOfOne ?? asked)
  return most === undefined ? undefined : most * choices(endpoint, body)
}

function askedBound(endpoint: CallerRequest['endpoint'], body: CallerRequest['body']): number | undefined {
  if (endpoint === 'responses') return countOf(body.max_output_tokens)
  // OpenAI's own bound of 16, where a legacy completion states none, is not everyone's.
  if (endpoint === 'completions') return countOf(body.max_tokens)
  return countOf(body.max_completion_tokens) ?? countOf(body.max_tokens)
}

/** A legacy completion is billed for every candidate, of which the best are returned, and for every prompt. */
function choices(endpoint: CallerRequest['endpoint'], body: CallerRequest['body']): number {
  if (endpoint === 'responses') return 1
  const returned = Math.max(1, countOf(body.n) ?? 1)
  if (endpoint !== 'completions') return returned
  return Math.max(returned, countOf(body.best_of) ?? 1) * promptCount(body.prompt)
}

function countOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined
}
