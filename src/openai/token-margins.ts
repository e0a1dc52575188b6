/** How sure a model was of each token, out of the probabilities that chat's `logprobs` tell. */
import { isObject } from './is-object.ts'

/**
 * Of each token of `logprobs.content` (OpenAI, llama.cpp, vLLM and SGLang alike): its probability less that of the likeliest
 * other one; less all that is left where no other is told.
 */
export function tokenMargins(logprobs: unknown): readonly number[] {
  if (!isObject(logprobs) || !Array.isArray(logprobs.content)) return []
  const margins: number[] = []
  for (const entry of logprobs.content) {
    const margin = isObject(entry) ? marginOf(entry) : undefined
    if (margin !== undefined) margins.push(margin)
  }
  return margins
}

function marginOf({ token, logprob, top_logprobs: top }: Readonly<Record<string, unknown>>) {
  if (typeof logprob !== 'number') return undefined
  const probability = Math.min(1, Math.exp(logprob))
  let other: number | undefined
  if (Array.isArray(top)) {
    for (const one of top) {
      if (!isObject(one) || one.token === token || typeof one.logprob !== 'number') continue
      other = Math.max(other ?? 0, Math.exp(one.logprob))
    }
  }
  // A token that was drawn though another one was likelier is no sure one.
  return Math.max(0, probability - (other ?? 1 - probability))
}
