/** How long an answer its caller lets it become. */
import type { ModelRequest } from './model-request.ts'

/** Tokens of all choices together; 0 for embeddings, undefined where the caller sets no bound. */
export function outputBound({ endpoint, body }: ModelRequest): number | undefined {
  if (endpoint === 'embeddings') return 0
  const most = countOf(body.max_completion_tokens) ?? countOf(body.max_tokens)
  return most === undefined ? undefined : most * Math.max(1, countOf(body.n) ?? 1)
}

function countOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined
}
