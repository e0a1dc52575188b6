/** Chooses what is quoted: the sentence that most likely answers, and its neighbour where the answer may be there. */
import { cosine } from '../vectors/cosine.ts'
import type { PassageReading, SentenceReading } from './passage-reading.ts'
import { product } from './product.ts'
import { type SentenceFeatures, sentenceFeatures } from './sentence-features.ts'
import { softCover } from './soft-cover.ts'
import type { WeighedQuestion } from './weighed-question.ts'

export interface Scored {
  reading: PassageReading
  /** Of the sentence in its passage. */
  at: number
  /** Of its passage in the fused search, from 0. */
  rank: number
  features: SentenceFeatures
  score: number
  /** Its share of all sentences' odds. */
  mass: number
}

export interface Quote {
  reading: PassageReading
  rank: number
  /** First and last sentence of the passage that are quoted. */
  from: number
  to: number
  best: Scored
  /** What it is judged by: see `QUOTE_FEATURES`. */
  features: Float64Array
}

/** A neighbour that has at least this share is quoted as well. */
const LEAST_MASS = 0.015
/** Beyond it a quote stays one sentence. */
const MOST_CHARACTERS = 600
/** Stands for what came before: quoted alone it says little. */
const REFERRING =
  /^(?:[("'“]*)(?:all of |some of |many of |most of |one of )?(?:this|these|those|that|it|its|they|their|he|his|she|her|such|both|them)\b|\b(?:this|these) (?:\w+ )?\w+\.?$/i
const MEANING_FEATURES = 2

export const QUOTE_FEATURES = [
  'score',
  'mass',
  'massOdds',
  'passageMass',
  'overOthers',
  'overPassages',
  'cover',
  'heaviestGone',
  'gone',
  'unknown',
  'unknownShare',
  'terms',
  'weight',
  'length',
  'two',
  'firstRank',
  'soft',
  'refers',
  'pointing',
  'coverNear',
  'coverPassage',
  'pairs',
  'names',
  'namesMissing',
  'kindHeld',
  'kindMissing',
  'like',
  'likePassage',
  'tight',
  'novel',
  'barren',
  'counted',
  'defines',
  'coverRare',
  'isTime',
  'isCount',
  'isPerson',
  'isThing',
  'isManner',
  'isReason',
  'isPlace',
  'isName',
] as const

/** Of the features of a sentence, the higher one of both counts. */
const FROM_SENTENCES = [1, 2, 3, 4, 5, 6, 7, 8, 9, 13, 17, 18, 20, 21, 22] as const
const KINDS = ['time', 'count', 'person', 'thing', 'manner', 'reason', 'place', 'name'] as const

/** `ranks`: of each passage in the fused search, where they are not in its order. */
export function scoreSentences(
  question: WeighedQuestion,
  readings: readonly PassageReading[],
  weights: ArrayLike<number>,
  ranks?: readonly number[],
): Scored[] {
  const scored = readings.flatMap((reading, place) =>
    reading.sentences.map((_, at): Scored => {
      const rank = ranks?.[place] ?? place
      const features = withMeaning(question, reading, at, sentenceFeatures(question, reading, at, rank))
      return { reading, at, rank, features, score: product(weights, features), mass: 0 }
    }),
  )
  shareOut(scored)
  return scored
}

/** How like the encoder finds the sentence, and the likest of it and its neighbours. */
function withMeaning(
  { meaning }: WeighedQuestion,
  { sentences }: PassageReading,
  at: number,
  features: SentenceFeatures,
): SentenceFeatures {
  if (meaning === undefined) return features
  const like = (place: number): number => {
    const other = sentences[place]?.meaning
    return other === undefined ? -1 : cosine(meaning, other)
  }
  const own = like(at)
  return Float64Array.from([...features, own, Math.max(own, like(at - 1), like(at + 1))])
}

export function shareOut(scored: readonly Scored[]): void {
  const top = Math.max(...scored.map(({ score }) => score))
  let all = 0
  for (const one of scored) {
    one.mass = Math.exp(one.score - top)
    all += one.mass
  }
  for (const one of scored) one.mass /= all
}

/** Undefined where nothing was scored. */
export function chooseQuote(
  question: WeighedQuestion,
  scored: readonly Scored[],
  wordVector: (term: string) => Float32Array,
): Quote | undefined {
  let best = scored[0]
  if (best === undefined) return undefined
  for (const one of scored) if (one.score > best.score) best = one
  const place = scored.indexOf(best)
  const picked = [best]
  const second = neighbour(scored, place)
  if (second !== undefined) picked.push(second)
  picked.sort((one, two) => one.at - two.at)
  const [first, last] = [picked[0] as Scored, picked.at(-1) as Scored]
  return {
    reading: best.reading,
    rank: best.rank,
    from: first.at,
    to: last.at,
    best,
    features: quoteFeatures(question, scored, { best, picked }, wordVector),
  }
}

function neighbour(scored: readonly Scored[], place: number): Scored | undefined {
  const best = scored[place] as Scored
  const [before, after] = [scored[place - 1], scored[place + 1]].map((one) =>
    one?.reading === best.reading && fits(best, one) ? one : undefined,
  )
  if (
    before !== undefined &&
    REFERRING.test(sentenceOf(best).text) &&
    !((after?.mass ?? 0) > 4 * before.mass)
  )
    return before
  const likelier = (before?.mass ?? 0) > (after?.mass ?? 0) ? before : after
  return likelier !== undefined && likelier.mass >= LEAST_MASS ? likelier : undefined
}

function fits(one: Scored, two: Scored): boolean {
  return sentenceOf(one).text.length + sentenceOf(two).text.length <= MOST_CHARACTERS
}

function sentenceOf({ reading, at }: Scored): SentenceReading {
  return reading.sentences[at] as SentenceReading
}

function quoteFeatures(
  question: WeighedQuestion,
  scored: readonly Scored[],
  { best, picked }: { best: Scored; picked: readonly Scored[] },
  wordVector: (term: string) => Float32Array,
): Float64Array {
  const { reading } = best
  const held = new Set(picked.flatMap((one) => sentenceOf(one).terms))
  const total = Math.max(0.1, question.totalWeight)
  let cover = 0
  let heaviestGone = 0
  let gone = 0
  for (const [term, weight] of question.weights) {
    if (held.has(term)) cover += weight
    if (reading.has.has(term)) continue
    gone++
    heaviestGone = Math.max(heaviestGone, weight)
  }
  let mass = 0
  let passageMass = 0
  let other = best.score - FAR
  let elsewhere = best.score - FAR
  for (const one of scored) {
    if (one.reading === reading) passageMass += one.mass
    else elsewhere = Math.max(elsewhere, one.score)
    if (picked.includes(one)) mass += one.mass
    else other = Math.max(other, one.score)
  }
  const unknown = question.terms.length - question.known.length
  const length = picked.reduce((sum, one) => sum + sentenceOf(one).text.length, 0)
  const meanings =
    best.features.length > LEXICAL
      ? Array.from({ length: MEANING_FEATURES }, (_, index) => LEXICAL + index)
      : []
  return Float64Array.from([
    best.score,
    mass,
    Math.log((mass + ODDS_FLOOR) / (1 - mass + ODDS_FLOOR)),
    passageMass,
    best.score - other,
    best.score - elsewhere,
    cover / total,
    heaviestGone,
    Math.min(4, gone),
    unknown,
    unknown / Math.max(1, question.terms.length),
    Math.log(1 + question.terms.length),
    Math.min(60, question.totalWeight) / 10,
    length / 100,
    picked.length - 1,
    best.rank === 0 ? 1 : 0,
    softCover(question, held, reading.about, wordVector),
    REFERRING.test(sentenceOf(picked[0] as Scored).text) ? 1 : 0,
    POINTING.test(question.text) ? 1 : 0,
    ...[...FROM_SENTENCES, ...meanings].map((place) =>
      Math.max(...picked.map(({ features }) => features[place] ?? 0)),
    ),
    ...KINDS.map((kind) => (question.kind === kind ? 1 : 0)),
  ])
}

const FAR = 12
const ODDS_FLOOR = 1e-4
/** Of a sentence without what a contextual encoder says. */
const LEXICAL = 23
/** Asks about something that was said before. */
const POINTING = /\b(?:this|that|these|those|it|he|she|they|them|his|her|their|its)\b/i
