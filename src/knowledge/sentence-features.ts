/** What speaks for a sentence as the answer of a question, as numbers that a linear model weighs. */
import { cosine } from '../vectors/cosine.ts'
import { answersOf } from './answer-kinds.ts'
import type { PassageReading, SentenceReading } from './passage-reading.ts'
import { termOf } from './terms.ts'
import type { WeighedQuestion } from './weighed-question.ts'

export const SENTENCE_FEATURES = [
  'cover',
  'coverNear',
  'coverPassage',
  'pairs',
  'names',
  'namesMissing',
  'kindHeld',
  'kindMissing',
  'like',
  'likePassage',
  'head',
  'length',
  'short',
  'tight',
  'rank',
  'first',
  'before',
  'novel',
  'barren',
  'anaphoric',
  'counted',
  'defines',
  'coverRare',
] as const

export type SentenceFeatures = Float64Array

/** @param rank of its passage in the fused search, from 0 */
export function sentenceFeatures(
  question: WeighedQuestion,
  { sentences, about, has, vector }: PassageReading,
  at: number,
  rank: number,
): SentenceFeatures {
  const sentence = sentences[at] as SentenceReading
  const before = sentences[at - 1]
  const after = sentences[at + 1]
  const { weights, totalWeight, names, pairs } = question
  let cover = 0
  let near = 0
  let passage = 0
  let tiedBefore = 0
  let namesHeld = 0
  let namesGone = 0
  for (const [term, weight] of weights) {
    const here = sentence.has.has(term)
    const around = here || about.has(term) || before?.has.has(term) === true
    if (here) cover += weight
    if (around || after?.has.has(term) === true) near += weight
    if (has.has(term)) passage += weight
    if (!here && before?.has.has(term) === true) tiedBefore += weight
    if (names.has(term)) {
      if (here) namesHeld++
      else if (!has.has(term)) namesGone++
    }
  }
  const total = Math.max(totalWeight, 0.1)
  const held = answersOf(question.kind, sentence.text, (word) => {
    const term = termOf(word)
    return term === '' || weights.has(term)
  })
  const words = sentence.terms.length
  return Float64Array.of(
    cover / total,
    near / total,
    passage / total,
    pairs.length === 0 ? 0 : pairsHeld(pairs, sentence) / pairs.length,
    names.size === 0 ? 0 : namesHeld / names.size,
    names.size === 0 ? 0 : namesGone / names.size,
    held === undefined ? 0 : Math.min(held, 2) / 2,
    held === 0 ? 1 : 0,
    cosine(question.vector, sentence.vector),
    cosine(question.vector, vector),
    question.head !== undefined && sentence.has.has(termOf(question.head)) ? 1 : 0,
    Math.log(1 + words),
    words < 5 ? 1 : 0,
    tightest(sentence.terms, weights) / total,
    1 / (1 + rank),
    at === 0 ? 1 : 0,
    tiedBefore / total,
    Math.log(1 + novelTerms(sentence, weights)),
    novelTerms(sentence, weights) < 3 ? 1 : 0,
    ANAPHORIC.test(sentence.text) ? 1 : 0,
    countedNear(question, sentence),
    defines(question, sentence),
    rareCover(question, sentence),
  )
}

const NAMES_MISSING = SENTENCE_FEATURES.indexOf('namesMissing')

/** Whether the sentence's whole passage lacks a name of the question: what it tells may be of another. */
export function lacksName(features: SentenceFeatures): boolean {
  return (features[NAMES_MISSING] ?? 0) > 0
}

const ANAPHORIC =
  /^(?:[("'“]*)(?:this|these|those|that|it|its|they|their|he|his|she|her|such|both|all of (?:this|these|them)|here|there)\b/i

/** What the sentence says beyond the question: an answer is something new. */
function novelTerms({ has }: SentenceReading, weights: ReadonlyMap<string, number>): number {
  let novel = 0
  for (const term of has) if (!weights.has(term)) novel++
  return novel
}

/** Of "how many X": a figure stands before an X. */
function countedNear({ kind, counted }: WeighedQuestion, { terms }: SentenceReading): number {
  if (kind !== 'count' || counted === undefined) return 0
  for (const [at, term] of terms.entries()) {
    if (term !== counted) continue
    for (let before = Math.max(0, at - 3); before < at; before++)
      if (/^\d/.test(terms[before] ?? '')) return 1
  }
  return -1
}

/** Of "what is X": the sentence begins with X and says that it is something. */
function defines({ defined }: WeighedQuestion, { text, terms }: SentenceReading): number {
  if (defined.length === 0) return 0
  const begins = defined.every((term) => terms.slice(0, defined.length + 2).includes(term))
  if (!begins) return -0.5
  return /^.{0,80}?\b(?:is|are|was|were|refers? to|means?|consists? of)\b/i.test(text) ? 1 : 0
}

/** Of the terms that tell most, half of the weight: how much of it is here. */
function rareCover({ weights, totalWeight }: WeighedQuestion, { has }: SentenceReading): number {
  const sorted = [...weights].sort(([, one], [, two]) => two - one)
  let all = 0
  let here = 0
  for (const [term, weight] of sorted) {
    if (all >= totalWeight / 2) break
    all += weight
    if (has.has(term)) here += weight
  }
  return all === 0 ? 0 : here / all
}

function pairsHeld(pairs: WeighedQuestion['pairs'], { terms }: SentenceReading): number {
  let held = 0
  for (const [one, two] of pairs) {
    for (let at = 0; at + 1 < terms.length; at++) {
      if (terms[at] !== one || (terms[at + 1] !== two && terms[at + 2] !== two)) continue
      held++
      break
    }
  }
  return held
}

const REACH = 8

/** The most weight that stands within a few terms. */
function tightest(terms: readonly string[], weights: ReadonlyMap<string, number>): number {
  let most = 0
  for (let from = 0; from < terms.length; from++) {
    if (!weights.has(terms[from] ?? '')) continue
    const seen = new Set<string>()
    let sum = 0
    for (let at = from; at < Math.min(terms.length, from + REACH); at++) {
      const term = terms[at] ?? ''
      const weight = weights.get(term)
      if (weight === undefined || seen.has(term)) continue
      seen.add(term)
      sum += weight
    }
    if (sum > most) most = sum
  }
  return most
}
