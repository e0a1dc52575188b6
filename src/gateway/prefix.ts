/** What a request begins with: told once a request, for marks, keys and the choice of an account alike. */
import type { ModelRequest } from '../openai/model-request.ts'
import type { CallerRequest } from '../openai/passed-request.ts'
import { type PromptHead, promptHead } from '../openai/prompt-head.ts'
import { addBytes, digestText, newDigest } from '../routing/prefix-digest.ts'

export interface Prefix {
  /** What was read, and how it is put together. */
  request: ModelRequest
  prompt: PromptHead
  /** Digest of tools and system prompt. */
  head: string
  /** Digest of these and the first turn: the same in each request of a conversation. */
  conversation: string
  /** No model has said anything yet. */
  isOpening: boolean
}

/** Undefined where it is no conversation. */
export function prefixOf(request: CallerRequest): Prefix | undefined {
  if (request.passed !== undefined) return undefined
  const prompt = promptHead(request)
  const [first] = prompt?.turns ?? []
  if (prompt === undefined || first === undefined) return undefined
  const state = newDigest()
  for (const { start, end } of prompt.head) addBytes(state, request.bytes, start, end)
  const head = digestText(state)
  addBytes(state, request.bytes, first.start, first.end)
  return {
    request,
    prompt,
    head,
    conversation: digestText(state),
    isOpening: prompt.turns.every(({ role }) => role !== 'assistant'),
  }
}
