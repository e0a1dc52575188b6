/** What a question denies: how many times, and which words lie in the reach of it. */
import { isFunctionWord } from './function-words.ts'
import type { Token } from './tokens.ts'
import { termOf } from './word-forms.ts'

export interface Negation {
  readonly count: number
  /** Terms that are denied. */
  readonly scope: ReadonlySet<string>
}

const NEGATORS = new Set(
  `not no never none nobody nothing nowhere neither nor without cannot hardly scarcely barely unable impossible unlikely non
  nt minus lack lacks lacking`.split(/\s+/),
)
const ENDS_REACH = new Set(
  'but because when while if unless although though so and or then instead than'.split(' '),
)
const NONE: Negation = { count: 0, scope: new Set() }
const MOST_WORDS = 8
/** "No matter", and what people say who correct themselves: "no wait", "no I mean". */
const AFTER_EMPTY_NO =
  /^(?:matter|doubt|wait|sorry|i|make|rather|actually|scratch|um|uh|er|what|who|whom|whose|which|when|where|why|how|not|no|or|wow)$/

export function negationOf(tokens: readonly Token[]): Negation {
  let count = 0
  let scope: Set<string> | undefined
  for (let at = 0; at < tokens.length; at++) {
    if (!isNegator(tokens, at) || isEmptyPhrase(tokens, at)) continue
    count++
    scope ??= new Set()
    addReach(scope, tokens, at)
  }
  return scope === undefined ? NONE : { count, scope }
}

function isNegator(tokens: readonly Token[], at: number): boolean {
  const word = tokens[at]?.word ?? ''
  return NEGATORS.has(word) || (word === 'yet' && tokens[at + 1]?.word === 'to')
}

/** "Not only", "or not", "isn't it?", "No. 5". */
function isEmptyPhrase(tokens: readonly Token[], at: number): boolean {
  const word = (place: number): string => tokens[place]?.word ?? ''
  const next = word(at + 1)
  if (word(at) === 'not') {
    if (word(at - 1) === 'or') return true
    if (next === 'only' && tokens.slice(at).some(({ word: later }) => later === 'but')) return true
    if (
      at === tokens.length - 2 &&
      (tokens[at - 2]?.endsClause ?? false) &&
      /^(?:it|they|he|she|we|you|i|that)$/.test(next)
    )
      return true
  }
  if (word(at) !== 'no') return false
  return (tokens[at]?.endsClause ?? false) || /^\d/.test(next) || AFTER_EMPTY_NO.test(next)
}

function addReach(scope: Set<string>, tokens: readonly Token[], at: number): void {
  if (tokens[at]?.endsClause) return
  for (let place = at + 1; place < Math.min(tokens.length, at + 1 + MOST_WORDS); place++) {
    const { word, endsClause } = tokens[place] as Token
    if (ENDS_REACH.has(word)) return
    if (!isFunctionWord(word, MOST_WORDS)) scope.add(termOf(word))
    if (endsClause) return
  }
}
