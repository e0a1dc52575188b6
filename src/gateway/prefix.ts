/** What a request begins with: told once a request, for marks, keys and the choice of an account alike. */
import type { CallerRequest } from '../openai/passed-request.ts'
import { promptHead } from '../openai/prompt-head.ts'
import { addBytes, digestText, newDigest } from '../routing/prefix-digest.ts'

export interface Prefix {
  /** Digest of tools and system prompt. */
  head: string
  /** Digest of these and the first turn: the same in each request of a conversation. */
  conversation: string
  headBytes: number
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
    head,
    conversation: digestText(state),
    headBytes: prompt.headBytes,
    isOpening: prompt.turns.every(({ role }) => role !== 'assistant'),
  }
}
