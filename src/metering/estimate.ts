/** Guesses usage where a provider reported none: an interrupted stream, or a server that does not count. */
import { noTokens, type Usage } from './tokens.ts'

/** English prose and code average about this many characters a token across tokenizers. */
const CHARACTERS_PER_TOKEN = 4

export interface Extent {
  /** Size of the request body. */
  requestBytes: number
  /** Characters of answer that came, reasoning and tool calls included. */
  outputCharacters: number
}

/** Marked `estimated`; never less than one token for what is not empty. */
export function estimateUsage(extent: Extent): Usage {
  const tokens = noTokens()
  tokens.input = Math.ceil(extent.requestBytes / CHARACTERS_PER_TOKEN)
  tokens.output = Math.ceil(extent.outputCharacters / CHARACTERS_PER_TOKEN)
  return { tokens, source: 'estimated' }
}
