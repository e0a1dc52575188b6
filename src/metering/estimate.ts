/** Guesses usage where a provider reported none: an interrupted stream, or a server that does not count. */
import { noTokens, type Usage } from './tokens.ts'

/** English prose and code average about this many characters a token across tokenizers. */
const CHARACTERS_PER_TOKEN = 4

export interface Extent {
  /** As they were estimated before the request left. */
  inputTokens: number
  /** Characters of answer that came, reasoning and tool calls included. */
  outputCharacters: number
}

/** Marked `estimated`; never less than one token for what is not empty. */
export function estimateUsage({ inputTokens, outputCharacters }: Extent): Usage {
  return countedUsage(inputTokens, Math.ceil(outputCharacters / CHARACTERS_PER_TOKEN))
}

/** As counted here, not by the provider: still an estimate, because what it added or left out is unknown. */
export function countedUsage(inputTokens: number, outputTokens: number): Usage {
  const tokens = noTokens()
  tokens.input = inputTokens
  tokens.output = outputTokens
  return { tokens, source: 'estimated' }
}
