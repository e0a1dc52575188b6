/** Superlatives of a question and what each of them picks out: "the largest state", "the most rivers". */
import type { ContentWord } from './question-reading.ts'
import { termOf } from './word-forms.ts'

export interface Superlative {
  /** One term for all words of its meaning. */
  term: string
  /** Terms that follow it up to the next small word: the last is what it picks out. */
  heads: readonly string[]
}

export interface FoundSuperlative {
  term: string
  /** Place among the content words where what it picks out begins. */
  from: number
  /** Of the words that belong to it. */
  phrase: number
  /** That it stands in itself. */
  role: string
}

const TERMS = new Set(
  `largest smallest highest lowest longest shortest tallest oldest youngest newest latest earliest fastest slowest cheapest
  heaviest lightest richest poorest strongest weakest nearest closest farthest furthest deepest shallowest widest narrowest greatest
  best worst hottest coldest easiest hardest busiest most least fewest`
    .split(/\s+/)
    .map(termOf),
)
/** "The highest number of rivers" picks out rivers. */
const COUNTS = new Set(['number', 'amount', 'count', 'total', 'quantity', 'share', 'percent'])

export function isSuperlative(term: string): boolean {
  return TERMS.has(term)
}

export function withHeads(
  found: readonly FoundSuperlative[],
  words: readonly ContentWord[],
): readonly Superlative[] {
  return found.map((one) => ({ term: one.term, heads: headsOf(one, words) }))
}

function headsOf({ from, phrase, role }: FoundSuperlative, words: readonly ContentWord[]): string[] {
  const heads: string[] = []
  for (let at = from; at < words.length; at++) {
    const word = words[at] as ContentWord
    const isCounted = word.role === 'of' && COUNTS.has(heads.at(-1) ?? '')
    if (word.phrase !== phrase && !isCounted) break
    heads.push(word.term)
    // "The oldest customer's order": an owner is what is picked out.
    if (word.role === 'of' && role !== 'of') break
  }
  return heads
}
