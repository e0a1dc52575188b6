/** What a question asks for: its terms, the names and figures in it, and the kind of answer. */
import { type Term, termOf, termsOf } from './terms.ts'

export type AnswerKind =
  | 'person'
  | 'place'
  | 'time'
  | 'count'
  | 'share'
  | 'duration'
  | 'reason'
  | 'manner'
  | 'name'
  | 'thing'

export interface QuestionReading {
  text: string
  /** Each once, in their order. */
  terms: readonly string[]
  /** Pairs of terms that stand beside each other. */
  pairs: readonly (readonly [string, string])[]
  /** Of the terms: written with a capital that no sentence asks for, or figures. */
  names: ReadonlySet<string>
  kind: AnswerKind
  /** The noun that says what is asked for ("which company"); undefined where none does. */
  head: string | undefined
  /** Of "how many X": X, as a term. */
  counted: string | undefined
  /** Of "what is X": the terms of X; empty for any other question. */
  defined: readonly string[]
}

const TIMES = /^(?:year|years|date|day|month|century|decade|era|period|season|age)$/
const PLACES =
  /^(?:city|cities|country|countries|state|states|region|town|continent|area|location|place|county|province|street|river|island|building|stadium|neighborhood|district|village|nation|nations)$/
const COUNTS =
  /^(?:number|amount|population|price|cost|size|rank|score|temperature|length|height|width|depth|distance|area|total|rate)$/
const SHARES = /^(?:percentage|percent|proportion|fraction|share)$/
const PERSONS =
  /^(?:person|people|man|woman|president|king|queen|emperor|author|actor|actress|singer|player|scientist|leader|professor|physicist|mathematician|pope|general|designer|director|founder|writer|composer|philosopher|chairman|quarterback|coach|governor|minister|researcher|engineer|architect|explorer)$/
const NAMES =
  /^(?:name|names|company|companies|team|organization|university|school|party|network|show|album|song|film|movie|book|treaty|act|war|battle|language|religion|group|tribe|award|title|nickname|festival|museum|park|church|ship|mission|game|station|channel|agency|law|theorem|club|dynasty)$/
const REASONS = /^(?:reason|reasons|cause|causes|purpose)$/
const MANNERS = /^(?:way|ways|method|methods|means|process|manner)$/
const AUXILIARY =
  /^(?:is|are|was|were|am|do|does|did|has|have|had|can|could|will|would|should|may|might|must|the|a|an|of|s)$/

const BY_NOUN: readonly (readonly [RegExp, AnswerKind])[] = [
  [SHARES, 'share'],
  [TIMES, 'time'],
  [COUNTS, 'count'],
  [PERSONS, 'person'],
  [PLACES, 'place'],
  [REASONS, 'reason'],
  [MANNERS, 'manner'],
  [NAMES, 'name'],
]

const AFTER_HOW: readonly (readonly [RegExp, AnswerKind])[] = [
  [/^(?:many|much|big|large|tall|high|deep|wide|far|fast|heavy|old|few)$/, 'count'],
  [/^(?:long|often|soon)$/, 'duration'],
]

/** Words looked at for the noun after "what". */
const NOUN_REACH = 4

export function readQuestion(text: string): QuestionReading {
  const all = termsOf(text)
  const terms = [...new Set(all.map(({ term }) => term))]
  const words = text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []
  const { kind, head } = asked(words)
  return {
    text,
    terms,
    pairs: pairsOf(text, all),
    names: namesIn(text, all),
    kind,
    head,
    counted: countedIn(words),
    defined:
      /^\W*(?:what|who) (?:is|are|was|were) (?!the .* (?:of|for|in) )/i.test(text) && terms.length <= 3
        ? terms
        : [],
  }
}

function countedIn(words: readonly string[]): string | undefined {
  const at = words.findIndex((word, index) => word === 'how' && words[index + 1] === 'many')
  if (at < 0) return undefined
  for (const word of words.slice(at + 2, at + 6)) {
    const term = termOf(word)
    if (term === '') break
    if (/s$|^(?:people|men|women|children|percent)$/.test(word)) return term
  }
  return undefined
}

function pairsOf(text: string, terms: readonly Term[]): [string, string][] {
  const pairs: [string, string][] = []
  for (let at = 0; at + 1 < terms.length; at++) {
    const [one, two] = [terms[at] as Term, terms[at + 1] as Term]
    // Words that say nothing may stand between; a stop may not.
    if (two.begin - one.end <= 12 && !/[.?!;:]/.test(text.slice(one.end, two.begin)))
      pairs.push([one.term, two.term])
  }
  return pairs
}

function namesIn(text: string, terms: readonly Term[]): ReadonlySet<string> {
  const names = new Set<string>()
  for (const [index, { term, begin, end }] of terms.entries()) {
    const written = text.slice(begin, end)
    const opens = index === 0 && text.slice(0, begin).trim() === ''
    if (/\d/.test(written) || (!opens && /^\p{Lu}/u.test(written))) names.add(term)
  }
  return names
}

function asked(words: readonly string[]): { kind: AnswerKind; head: string | undefined } {
  for (const [at, word] of words.entries()) {
    const next = words[at + 1] ?? ''
    if (word === 'who' || word === 'whom' || word === 'whose') return { kind: 'person', head: undefined }
    if (word === 'where') return { kind: 'place', head: undefined }
    if (word === 'when') return { kind: 'time', head: undefined }
    if (word === 'why') return { kind: 'reason', head: undefined }
    if (word === 'how') return { kind: afterHow(next), head: undefined }
    if (word === 'what' || word === 'which') return afterWhat(words, at + 1)
  }
  return { kind: 'thing', head: undefined }
}

function afterHow(next: string): AnswerKind {
  return AFTER_HOW.find(([words]) => words.test(next))?.[1] ?? 'manner'
}

/** "What is the name of", "which of the cities", "what company". */
function afterWhat(words: readonly string[], from: number): { kind: AnswerKind; head: string | undefined } {
  const next = words[from] ?? ''
  for (let at = from; at < Math.min(words.length, from + NOUN_REACH); at++) {
    const kind = BY_NOUN.find(([nouns]) => nouns.test(words[at] ?? ''))?.[1]
    if (kind !== undefined) return { kind, head: words[at] }
  }
  return { kind: 'thing', head: AUXILIARY.test(next) ? undefined : next }
}
