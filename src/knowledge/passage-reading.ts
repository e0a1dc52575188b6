/** A passage taken apart: its sentences with their terms, as a question is held against it. */
import type { InstantEmbedder } from '../embedding/embedder.ts'
import { type Passage, searchedText } from './passage.ts'
import { type Span, sentencesOf } from './sentences.ts'
import { termsOf } from './terms.ts'

export interface SentenceReading extends Span {
  text: string
  /** In their order. */
  terms: readonly string[]
  has: ReadonlySet<string>
  vector: Float32Array
  /** As the contextual encoder has it; undefined where it was not asked. */
  meaning: Float32Array | undefined
}

export interface PassageReading {
  passage: Passage
  sentences: readonly SentenceReading[]
  /** Of its headings, and of its question where it is a pair. */
  about: ReadonlySet<string>
  has: ReadonlySet<string>
  vector: Float32Array
}

export interface ReadBy {
  embedder: InstantEmbedder
  /** Whose vectors of sentences count; undefined: nobody's. */
  encoder?: { id: string; dimensions: number } | undefined
}

/** What a contextual encoder is to be shown of a passage: its sentences, of a pair the question. */
export function sentenceTexts({ question, text }: Pick<Passage, 'question' | 'text'>): string[] {
  if (question !== undefined) return [question]
  return sentencesOf(text).map(({ begin, end }) => text.slice(begin, end))
}

export function readPassage(passage: Passage, { embedder, encoder }: ReadBy): PassageReading {
  const { heading, question, text } = passage
  const about = new Set(termsOf(`${heading}\n${question ?? ''}`).map(({ term }) => term))
  const spans = question === undefined ? sentencesOf(text) : []
  const meanings = meaningsOf(passage, encoder, question === undefined ? spans.length : 1)
  const sentences =
    question === undefined
      ? spans.map((span, at) =>
          readSentence(text.slice(span.begin, span.end), span, { embedder, meaning: meanings?.[at] }),
        )
      : [readPair(question, text, { embedder, meaning: meanings?.[0] })]
  const has = new Set(about)
  for (const sentence of sentences) for (const term of sentence.terms) has.add(term)
  return { passage, sentences, about, has, vector: embedder.embed(searchedText(passage)) }
}

interface ReadAs {
  embedder: InstantEmbedder
  meaning: Float32Array | undefined
}

/** Told as a whole, and found by its question above all. */
function readPair(question: string, text: string, { embedder, meaning }: ReadAs): SentenceReading {
  const terms = termsOf(`${question}\n${text}`).map(({ term }) => term)
  return {
    begin: 0,
    end: text.length,
    text,
    terms,
    has: new Set(terms),
    vector: embedder.embed(question),
    meaning,
  }
}

function readSentence(text: string, { begin, end }: Span, { embedder, meaning }: ReadAs): SentenceReading {
  const terms = termsOf(text).map(({ term }) => term)
  return { begin, end, text, terms, has: new Set(terms), vector: embedder.embed(text), meaning }
}

/** Undefined where they are another encoder's, or not as many. */
function meaningsOf(
  { meaning }: Passage,
  encoder: ReadBy['encoder'],
  sentences: number,
): Float32Array[] | undefined {
  if (meaning === undefined || meaning.encoder !== encoder?.id) return undefined
  const { dimensions } = encoder
  if (meaning.vectors.length !== sentences * dimensions) return undefined
  return Array.from({ length: sentences }, (_, at) =>
    unit(meaning.vectors.subarray(at * dimensions, (at + 1) * dimensions)),
  )
}

function unit(numbers: Int8Array): Float32Array {
  let squares = 0
  for (const number of numbers) squares += number * number
  const scale = squares === 0 ? 0 : 1 / Math.sqrt(squares)
  return Float32Array.from(numbers, (number) => number * scale)
}
