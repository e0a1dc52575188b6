/** The words of a text with contractions as the words that they stand for. */
import type { Token } from './tokens.ts'
import { uncontracted } from './word-forms.ts'

export function uncontractedTokens(tokens: readonly Token[]): readonly Token[] {
  const whole: Token[] = []
  for (const token of tokens) {
    const parts = token.written === 'US' ? ['usa'] : token.written === 'U' ? ['u'] : uncontracted(token.word)
    if (parts.length === 1) {
      token.word = parts[0] as string
      whole.push(token)
      continue
    }
    for (const [index, word] of parts.entries()) {
      const isLast = index === parts.length - 1
      whole.push({
        ...token,
        word,
        opensSentence: token.opensSentence && index === 0,
        endsClause: isLast && token.endsClause,
      })
    }
  }
  return whole
}
