/** How long an answer its caller lets it become. */
import type { CallerRequest } from './passed-request.ts'

/**
 * Tokens of all choices together; 0 for embeddings, undefined where nobody sets a bound.
 * `mostOfOne` bounds each choice besides.
 */
export function outputBound({ endpoint, body }: CallerRequest, mostOfOne?: number): number | undefined {
  if (endpoint === 'embeddings') return 0
  const asked =
    countOf(body.max_completion_tokens) ?? countOf(body.max_output_tokens) ?? countOf(body.max_tokens)
  const most = asked === undefined ? mostOfOne : Math.min(asked, mostOfOne ?? asked)
  return most === undefined ? undefined : most * Math.max(1, countOf(body.n) ?? 1)
}

function countOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined
}
