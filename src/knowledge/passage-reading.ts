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
  /** As it stands beside its headings. */
  vector: Float32Array
}

export interface PassageReading {
  passage: Passage
  sentences: readonly SentenceReading[]
  /** Of its headings, and of its question where it is a pair. */
  about: ReadonlySet<string>
  has: ReadonlySet<string>
  vector: Float32Array
}

export function readPassage(passage: Passage, embedder: InstantEmbedder): PassageReading {
  const { heading, question, text } = passage
  const about = new Set(termsOf(`${heading}\n${question ?? ''}`).map(({ term }) => term))
  const sentences =
    question === undefined
      ? sentencesOf(text).map((span) => readSentence(text.slice(span.begin, span.end), span, embedder))
      : [readPair(question, text, embedder)]
  const has = new Set(about)
  for (const sentence of sentences) for (const term of sentence.terms) has.add(term)
  return { passage, sentences, about, has, vector: embedder.embed(searchedText(passage)) }
}

/** Told as a whole, and found by its question above all. */
function readPair(question: string, text: string, embedder: InstantEmbedder): SentenceReading {
  const terms = termsOf(`${question}\n${text}`).map(({ term }) => term)
  return { begin: 0, end: text.length, text, terms, has: new Set(terms), vector: embedder.embed(question) }
}

function readSentence(text: string, { begin, end }: Span, embedder: InstantEmbedder): SentenceReading {
  const terms = termsOf(text).map(({ term }) => term)
  return { begin, end, text, terms, has: new Set(terms), vector: embedder.embed(text) }
}
