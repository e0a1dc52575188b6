/** Which words are written as names: a capital within a sentence, or capitals throughout. */
import type { Token } from './tokens.ts'

const NO_NAME = new Set([
  'i',
  'ok',
  'okay',
  'mr',
  'mrs',
  'ms',
  'dr',
  'prof',
  'professor',
  'faq',
  'id',
  'diy',
  'asap',
  'etc',
  'pm',
  'am',
  'tv',
  'a',
])

export function isName(tokens: readonly Token[], at: number, written: string): boolean {
  const token = tokens[at] as Token
  if (NO_NAME.has(token.word) || !/^\p{Lu}/u.test(written)) return false
  // The first word of a sentence is told by the capitals that follow, or by those within.
  if (!token.opensSentence) return true
  return /^.\p{Ll}*\p{Lu}/u.test(written) && written.length > 1
}
