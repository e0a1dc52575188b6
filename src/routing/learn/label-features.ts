/**
 * What is kept of a text that was labelled: hashed words, its static vector, how long it is, and what the prior makes of it.
 * Small enough to keep thousands, and no text: nobody can read it back.
 */
import type { InstantEmbedder } from '../../embedding/embedder.ts'
import {
  HASHED_PLACES,
  HASHED_VERSION,
  type HashedFeatures,
  hashedFeatures,
  MOST_CHARACTERS,
} from '../hashed-features.ts'

/** Words and pairs of words are folded into so many places: thousands of labels know no more. */
export const WORD_PLACES = 2 ** 16
/** Of a longer text, the words that come first. */
const MOST_WORDS = 512
/** Where ids of words begin: those below are runs of characters, which the vector makes up for. */
const FIRST_WORD = HASHED_PLACES / 2
/** Figures behind the vector: three of length, and last the prior's. */
export const FIGURES = 4
/** What a full byte of a word's or the vector's number stands for. */
const WORD_UNIT = 255
const VECTOR_UNIT = 127

/** What texts are read with. */
export interface LabelReaders {
  embedder: InstantEmbedder
  prior: LearnPrior
}

/** The prior that ships, also where it calls a text unlike those that it was learned on: the weights say what that is worth. */
interface LearnPrior {
  /** Of the weights. */
  readonly id: string
  /** That a small model does not suffice, 0 to 1. */
  probabilityOf(features: HashedFeatures, characters: number): number
}

/** What a request asks, as learning sees it. */
export interface LearnText {
  /** The last text of the user. */
  text: string
  /** Estimated, of the whole request. */
  tokens: number
  /** Messages of the whole request. */
  turns: number
}

export interface LabelFeatures {
  /** Each below `WORD_PLACES`; one that two words fold into may come twice. */
  ids: Uint16Array
  /** Of unit length together, times `WORD_UNIT`. */
  values: Uint8Array
  /** Static vector, then lengths and what the prior says, from -1 to 1; times `VECTOR_UNIT`. */
  dense: Int8Array
}

/** Weights belong to the scheme of the features they were learned on. */
export function featureScheme({ embedder, prior }: LabelReaders): string {
  return `3 hashed-${HASHED_VERSION} ${embedder.id} ${prior.id}`
}

export function denseLength(embedder: Pick<InstantEmbedder, 'dimensions'>): number {
  return embedder.dimensions + FIGURES
}

/** Takes tens of microseconds for a paragraph; of a longer text than `MOST_CHARACTERS`, beginning and end are read. */
export function labelFeatures(asked: LearnText, { embedder, prior }: LabelReaders): LabelFeatures {
  const hashed = hashedFeatures(asked.text)
  const words = hashedWords(hashed)
  const probability = prior.probabilityOf(hashed, asked.text.length)
  const dense = new Int8Array(denseLength(embedder))
  const vector = embedder.embed(beginningAndEnd(asked.text))
  for (let at = 0; at < vector.length; at++) dense[at] = Math.round((vector[at] as number) * VECTOR_UNIT)
  const lengths = [asked.text.length, asked.tokens, asked.turns]
  // A doubling is a step of a sixteenth; 2^16 characters are as long as it gets.
  for (const [index, length] of lengths.entries())
    dense[vector.length + index] = Math.round((Math.min(16, Math.log2(1 + length)) / 16) * VECTOR_UNIT)
  dense[vector.length + lengths.length] = Math.round((2 * probability - 1) * VECTOR_UNIT)
  return { ...words, dense }
}

/** What is hashed of it: a vector of all of a long text would take longer than everything else. */
function beginningAndEnd(text: string): string {
  const half = MOST_CHARACTERS / 2
  return text.length <= MOST_CHARACTERS ? text : `${text.slice(0, half)} ${text.slice(-half)}`
}

function hashedWords({ count, ids, values }: HashedFeatures): Pick<LabelFeatures, 'ids' | 'values'> {
  let first = 0
  while (first < count && (ids[first] as number) < FIRST_WORD) first++
  const kept = Math.min(MOST_WORDS, count - first)
  let squares = 0
  for (let at = first; at < first + kept; at++) squares += (values[at] as number) ** 2
  const scale = squares === 0 ? 0 : WORD_UNIT / Math.sqrt(squares)
  const words = { ids: new Uint16Array(kept), values: new Uint8Array(kept) }
  for (let at = 0; at < kept; at++) {
    words.ids[at] = (ids[first + at] as number) & (WORD_PLACES - 1)
    words.values[at] = Math.round((values[first + at] as number) * scale)
  }
  return words
}

/** As bytes: how many words, their ids, their values, the dense part. */
export function featureBytes({ ids, values, dense }: LabelFeatures): Uint8Array {
  const bytes = new Uint8Array(2 + 3 * ids.length + dense.length)
  const view = new DataView(bytes.buffer)
  view.setUint16(0, ids.length, true)
  for (const [index, id] of ids.entries()) view.setUint16(2 + 2 * index, id, true)
  bytes.set(values, 2 + 2 * ids.length)
  bytes.set(new Uint8Array(dense.buffer, dense.byteOffset, dense.length), 2 + 3 * ids.length)
  return bytes
}

/** Undefined where the bytes are not of that form. */
export function featuresFrom(bytes: Uint8Array, dense: number): LabelFeatures | undefined {
  if (bytes.length < 2) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const count = view.getUint16(0, true)
  if (bytes.length !== 2 + 3 * count + dense) return undefined
  const ids = new Uint16Array(count)
  for (let at = 0; at < count; at++) ids[at] = view.getUint16(2 + 2 * at, true)
  const wordsEnd = 2 + 3 * count
  return {
    ids,
    // Copied into arrays of their own: a database's buffers are windows on a larger one, also where they are sliced.
    values: Uint8Array.from(bytes.subarray(2 + 2 * count, wordsEnd)),
    dense: new Int8Array(Uint8Array.from(bytes.subarray(wordsEnd)).buffer),
  }
}
