/** Leaves out what a speaker takes back: "who, no wait, when was it built". */
import type { Token } from './tokens.ts'

const MARKS = new Set(
  'sorry wait rather actually no oops correction uh um er hmm mean instead wow'.split(' '),
)
const ASKS = /^(?:what|which|who|whom|whose|when|where|why|how)$/
/** Words between the mark and the question that is meant: "no I meant to ask what". */
const REACH = 4

/** The tokens after the last mark that a question word follows at once; all of them where there is none. */
export function withoutRepair(tokens: readonly Token[]): readonly Token[] {
  for (let at = tokens.length - 1; at > 0; at--) {
    if (!ASKS.test(tokens[at]?.word ?? '')) continue
    if (isMarked(tokens, at) && at < tokens.length - 2) return tokens.slice(at)
  }
  return tokens
}

/** A mark right before, or further back with nothing between but small words of the speaker's. */
function isMarked(tokens: readonly Token[], at: number): boolean {
  for (let place = at - 1; place >= Math.max(0, at - REACH); place--) {
    const word = tokens[place]?.word ?? ''
    if (MARKS.has(word)) return true
    if (
      !/^(?:i|to|ask|let|me|make|that|a|second|it|scratch|or|better|yet|well|oh|err|say|know|want|still)$/.test(
        word,
      )
    )
      return false
  }
  return false
}
