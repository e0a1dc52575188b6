/** Answers a question from one collection by quoting it, or abstains: search, sentences, quote, confidence. */

import type { Embedder, InstantEmbedder } from '../embedding/embedder.ts'
import { forgetOldest } from '../forget-oldest.ts'
import type { VectorIndex } from '../vectors/vector-index.ts'
import { asksOtherwise, deniesAlone } from './as-asked.ts'
import { confidenceModel } from './confidence-model.ts'
import { fusedSearch } from './fused-search.ts'
import type { Asked, CitedPassage, Found, Knowledge } from './knowledge.ts'
import { lineAt, searchedText } from './passage.ts'
import { type PassageReading, readPassage } from './passage-reading.ts'
import type { Collection, PassageStore } from './passage-store.ts'
import { chooseQuote, type Quote, scoreSentences } from './quote.ts'
import type { Reranker } from './reranker.ts'
import { lacksName } from './sentence-features.ts'
import { weighQuestion } from './weighed-question.ts'

/** Where a policy says none: see models/knowledge/README.md for what it lets through. */
export const DEFAULT_MIN_CONFIDENCE = { words: 0.92, meaning: 0.9 } as const

/** Passages whose sentences are weighed, and those of them that a model may phrase from. */
const READ = 6
const SHOWN = 3
/** Of which a reranker chooses those that are read. */
const RERANKED = 20
/** Readings that are kept, a few kilobytes each. */
const MOST_READINGS = 500
const MOST_WORD_VECTORS = 4000

export interface AnswererParts {
  store: PassageStore
  /** Of this embedder alone. */
  index: VectorIndex
  embedder: InstantEmbedder
  /** The encoder that ships, for which the confidence is calibrated too; undefined: words alone tell. */
  encoder?: Embedder | undefined
  /** Chooses what is read among more that the search found; undefined: the search does. */
  reranker?: Reranker | undefined
  /** How long a question waits for the encoder. */
  timeLimitMs: number
  /** Unix milliseconds. */
  now: () => number
}

export class Answerer implements Knowledge {
  readonly #parts: AnswererParts
  readonly #readings = new Map<number, PassageReading>()
  readonly #wordVectors = new Map<string, Float32Array>()

  constructor(parts: AnswererParts) {
    this.#parts = parts
  }

  async ask(asked: Asked): Promise<Found> {
    try {
      return await this.#ask(asked)
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      return abstains(`its passages cannot be read: ${reason.replace(/\.$/, '')}`)
    }
  }

  async #ask({ question, collection: name, tenant, minConfidence }: Asked): Promise<Found> {
    const { store, index, embedder, now } = this.#parts
    const collection = store.collection(name, tenant)
    // Looked at again: rows may come from a file.
    if (collection === undefined || (collection.tenant !== '' && collection.tenant !== tenant))
      return abstains(`there is no passage in a collection ${name}`)
    const pair = store.pairOf(collection, question)
    const reading = pair === undefined ? undefined : this.#reading(collection, pair)
    if (reading !== undefined) return theAnswerTo(reading)
    const weighed = weighQuestion(question, { store, collection, embedder })
    if (weighed.known.length === 0) return abstains('no passage holds a word of the question')
    const meaning = this.#meaningOf(question)
    const where = { store, collection, index: collection.embedderId === embedder.id ? index : undefined }
    const count = this.#parts.reranker === undefined ? READ : RERANKED
    const numbers = await fusedSearch(weighed, where, count, now())
    const found = numbers.flatMap((number) => this.#reading(collection, number) ?? [])
    const { readings, ranks } = await this.#chosen(question, found)
    const read = { ...weighed, meaning: readings.every(hasMeaning) ? await meaning : undefined }
    const by = read.meaning === undefined ? 'words' : 'meaning'
    const { sentenceWeights, confidenceOf } = confidenceModel(by)
    const least = minConfidence ?? DEFAULT_MIN_CONFIDENCE[by]
    const scored = scoreSentences(read, readings, sentenceWeights, ranks)
    const quote = chooseQuote(read, scored, (term) => this.#wordVector(term))
    if (quote === undefined) return abstains('no passage is near the question')
    const confidence = confidenceOf(quote.features)
    const passages = [cited(quote), ...others(quote.reading, readings)] as const
    const doubt = doubtOf(question, quote, confidence, least)
    return doubt === undefined
      ? { kind: 'found', quote: textOf(quote), confidence, passages }
      : { kind: 'abstains', reason: doubt, confidence, passages }
  }

  /**
   * A reranker says which passages are read, and never how sure an answer is: that is told by the features it was calibrated
   * on, the rank in the search among them. What the search had far down is trusted less, however high it was put.
   */
  async #chosen(question: string, found: readonly PassageReading[]): Promise<Chosen> {
    const { reranker } = this.#parts
    if (reranker === undefined || found.length < 2)
      return { readings: found.slice(0, READ), ranks: undefined }
    try {
      const scores = await reranker.scores(
        question,
        found.map(({ passage }) => searchedText(passage)),
      )
      const ranks = [...found.keys()]
        .sort((one, other) => (scores[other] ?? 0) - (scores[one] ?? 0))
        .slice(0, READ)
      return { readings: ranks.map((rank) => found[rank] as PassageReading), ranks }
    } catch {
      return { readings: found.slice(0, READ), ranks: undefined } // the search's own order is good enough
    }
  }

  #reading(collection: Collection, number: number): PassageReading | undefined {
    const known = this.#readings.get(number)
    // Numbers are never used again, but a passage may be gone.
    const passage = this.#parts.store.passage(collection, number)
    if (passage === undefined) return undefined
    const reading = known ?? readPassage(passage, this.#parts)
    this.#readings.delete(number)
    this.#readings.set(number, reading)
    forgetOldest(this.#readings, MOST_READINGS)
    return reading
  }

  /** Undefined where the encoder does not answer in time. */
  async #meaningOf(question: string): Promise<Float32Array | undefined> {
    const { encoder, timeLimitMs } = this.#parts
    try {
      const [vector] = (await encoder?.embed([question], AbortSignal.timeout(timeLimitMs))) ?? []
      return vector
    } catch {
      return undefined // it costs what it would have told
    }
  }

  #wordVector(term: string): Float32Array {
    const known = this.#wordVectors.get(term)
    if (known !== undefined) return known
    if (this.#wordVectors.size >= MOST_WORD_VECTORS) this.#wordVectors.clear()
    const vector = this.#parts.embedder.embed(term)
    this.#wordVectors.set(term, vector)
    return vector
  }
}

interface Chosen {
  readings: readonly PassageReading[]
  /** In the search; undefined: as they stand. */
  ranks: readonly number[] | undefined
}

/** Why the quote is not told; undefined where nothing speaks against it. */
function doubtOf(question: string, quote: Quote, confidence: number, least: number): string | undefined {
  const stored = quote.reading.passage.question
  if (stored !== undefined && asksOtherwise(question, stored))
    return 'the stored question that is nearest asks for something else'
  if (stored === undefined && deniesAlone(question, textOf(quote)))
    return 'the question denies something that its best passage does not'
  const isElsewhere = lacksName(quote.best.features)
  // "Shipping to Sweden" is much like "shipping to Norway": about half of the doubt is allowed.
  const asked = isElsewhere ? Math.sqrt(least) : least
  if (confidence >= asked) return undefined
  const where = isElsewhere ? ', as it lacks a name that the question has' : ''
  return `it is ${percent(confidence)} sure of its best passage, and ${percent(asked)} are asked for${where}`
}

function hasMeaning({ sentences }: PassageReading): boolean {
  return sentences.every(({ meaning }) => meaning !== undefined)
}

/** Asked word for word, nothing has to be weighed. */
function theAnswerTo(reading: PassageReading): Found {
  return { kind: 'found', quote: reading.passage.text, confidence: 1, passages: [citedAt(reading, 0)] }
}

function abstains(reason: string): Found {
  return { kind: 'abstains', reason, confidence: undefined, passages: [] }
}

function percent(share: number): string {
  return `${(share * 100).toFixed(share > 0.99 ? 1 : 0)} %`
}

function textOf({ reading, from, to }: Quote): string {
  const { sentences, passage } = reading
  // A pair's lines are its writer's.
  if (passage.question !== undefined) return passage.text
  return passage.text.slice(sentences[from]?.begin, sentences[to]?.end).replace(/\s+/g, ' ')
}

/** At the line of the quote. */
function cited({ reading, from }: Quote): CitedPassage {
  return citedAt(reading, reading.sentences[from]?.begin ?? 0)
}

function others(best: PassageReading, readings: readonly PassageReading[]): CitedPassage[] {
  return readings
    .filter((reading) => reading !== best)
    .slice(0, SHOWN - 1)
    .map((reading) => citedAt(reading, 0))
}

function citedAt({ passage }: PassageReading, offset: number): CitedPassage {
  const { id, source, heading, question, text } = passage
  const shown = question === undefined ? text : `${question}\n${text}`
  return { id, source, line: lineAt(passage, offset), heading, text: shown }
}
