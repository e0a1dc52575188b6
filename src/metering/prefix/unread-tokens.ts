/** What of a prompt could have been read from its provider's cache and was not, in tokens and money. */
import type { AnsweredPrompt } from './prompt-watch.ts'

export interface Amount {
  tokens: number
  nanoUsd: number
}

export const NO_AMOUNT: Amount = { tokens: 0, nanoUsd: 0 }

/** Providers read in steps of so many tokens. */
const STEP_TOKENS = 128
/** Tokens are told by characters here: what differs by less is no miss. */
const DOUBTFUL_SHARE = 1 / 16

/** Tokens between two places of the prompt, less those that were read, and what reading them would have spared. */
export function unreadBetween(
  { readTokens, unread }: Pick<AnsweredPrompt, 'readTokens' | 'unread'>,
  from: number,
  to: number,
): Amount {
  const until = Math.floor(to / STEP_TOKENS) * STEP_TOKENS
  const begin = Math.max(from, readTokens)
  if (until - begin <= Math.max(STEP_TOKENS, until * DOUBTFUL_SHARE)) return NO_AMOUNT
  let nanoUsd = 0
  let at = readTokens
  for (let place = 0; place + 1 < unread.length; place += 2) {
    const end = at + (unread[place] ?? 0)
    const counted = Math.min(end, until) - Math.max(at, begin)
    if (counted > 0) nanoUsd += counted * (unread[place + 1] ?? 0)
    at = end
  }
  return { tokens: Math.floor(until - begin), nanoUsd: Math.round(nanoUsd) }
}
