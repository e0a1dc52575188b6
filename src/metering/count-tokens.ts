/** Counts the tokens of texts with an encoder, bounded in work: long texts by their beginning. */
import { type AnswerText, answerTexts } from '../openai/answer-text.ts'
import type { PromptText } from '../openai/prompt-text.ts'

/** How many tokens a text is. */
export type Encode = (text: string) => number

/**
 * An encoder's work grows with the square of a word's length, and a word may be as long as the text (64 kB of one letter
 * take it seconds); a cut costs a token at most, and before a space none.
 */
const SLICE_CHARACTERS = 512
/** Of one answer. */
const MOST_CHARACTERS = 64 * 1024

export function countPrompt(prompt: PromptText, encode: Encode): number {
  let tokens = 0
  for (const piece of prompt.pieces) tokens += countText(piece, encode)
  return scaled(tokens, prompt.keptCharacters, prompt.characters) + prompt.extraTokens
}

/** Undefined where the bytes at hand hold no text, though the answer has some. */
export function countAnswer(answer: AnswerText, encode: Encode): number | undefined {
  let tokens = 0
  let counted = 0
  for (const text of answerTexts(answer)) {
    const kept = text.slice(0, MOST_CHARACTERS - counted)
    tokens += countText(kept, encode)
    counted += kept.length
  }
  if (counted === 0) return answer.characters === 0 ? 0 : undefined
  return scaled(tokens, counted, answer.characters)
}

function countText(text: string, encode: Encode): number {
  let tokens = 0
  for (let from = 0; from < text.length; ) {
    const end = sliceEnd(text, from)
    tokens += encode(text.slice(from, end))
    from = end
  }
  return tokens
}

/** Before the last word that begins in the slice, else where the slice is full. */
function sliceEnd(text: string, from: number): number {
  const full = from + SLICE_CHARACTERS
  if (full >= text.length) return text.length
  const space = text.lastIndexOf(' ', full)
  const isBetweenWords = space > from && text[space - 1] !== ' ' && text[space - 1] !== '\n'
  if (isBetweenWords) return space
  return isLowSurrogate(text.charCodeAt(full)) ? full + 1 : full
}

function isLowSurrogate(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff
}

function scaled(tokens: number, counted: number, all: number): number {
  return counted === 0 || counted >= all ? tokens : Math.round((tokens * all) / counted)
}
