/** What a request begins with: told once a request, for marks, keys and the choice of an account alike. */
import type { ModelRequest } from '../../openai/model-request.ts'
import type { CallerRequest } from '../../openai/passed-request.ts'
import { type PromptHead, promptHead } from '../../openai/prompt-head.ts'
import { TextHash } from '../../routing/text-hash.ts'

export interface Prefix {
  /** What was read, and how it is put together. */
  request: ModelRequest
  prompt: PromptHead
  /** Names tools and system prompt, by their bytes; a clash does no harm. 53 bits. */
  head: number
  /** Names these and the first turn: the same in each request of a conversation. */
  conversation: number
}

/** What lies between two ends this long tells no more prefixes apart, and hashing it would take long. */
const MOST_AT_START = 65_536
const MOST_AT_END = 16_384

/**
 * Undefined where it is no conversation. In full, unlike the names that `routing/balance/prefix-blocks` finds conversations by,
 * which are of samples: a system prompt that differs in a date is another one to providers.
 */
export function prefixOf(request: CallerRequest): Prefix | undefined {
  if (request.passed !== undefined) return undefined
  const prompt = promptHead(request)
  if (prompt?.first === undefined) return undefined
  const hash = new TextHash()
  for (const span of prompt.head) addSpan(hash, request.bytes, span)
  const head = hash.value
  addSpan(hash, request.bytes, prompt.first)
  return { request, prompt, head, conversation: hash.value }
}

function addSpan(hash: TextHash, bytes: Uint8Array, { start, end }: { start: number; end: number }): void {
  const length = end - start
  hash.addNumber(length)
  if (length <= MOST_AT_START + MOST_AT_END) return hash.addBytes(bytes, start, end)
  hash.addBytes(bytes, start, start + MOST_AT_START)
  hash.addBytes(bytes, end - MOST_AT_END, end)
}
