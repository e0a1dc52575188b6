/** Cuts a text into words, numbers and names of things as a reader of a question tells them apart. */

import { exactlyWritten } from './identifiers.ts'

export interface Token {
  /** As written, without the punctuation around it. */
  written: string
  /** In lower case, without a possessive ending; options and symbols as written. */
  word: string
  isPossessive: boolean
  /** First of a sentence: its capital says nothing. */
  opensSentence: boolean
  /** A comma, a stop or the like follows. */
  endsClause: boolean
  /** Continues a word of several parts: the `mail` of `e-mail`. */
  isJoined: boolean
}

const LEADING = /^[([{<"'`*_~|.,;:!?-]+(?=[^\d])|^[([{<"'`*_~|,;:!?]+/
const TRAILING = /[\])}>"'`*_~|.,;:!?-]+$/
const LETTERS = /^[^\d@/\\=#<>{}+|&%$€£¥.:^]+$/
const ABBREVIATED = /^(?:\p{L}\.)+\p{L}$/u
/** Most chunks are a word and nothing else. */
const BARE_WORD = /^[a-z]+$/i
const WORD_PARTS = /[-–—/_]+/

export function tokensOf(text: string): Token[] {
  const tokens: Token[] = []
  let opensSentence = true
  for (const chunk of plainMarks(text).split(/\s+/)) {
    if (chunk === '') continue
    if (BARE_WORD.test(chunk)) {
      tokens.push(bareWord(chunk, opensSentence))
      opensSentence = false
      continue
    }
    const exact = tokens.length === 0 ? undefined : exactlyWritten(chunk)
    if (exact !== undefined) {
      tokens.push({ ...bareWord(exact, false), word: exact, endsClause: /[.!?,;:)]$/.test(chunk) })
      opensSentence = /[.!?]$/.test(chunk)
      continue
    }
    const trimmed = chunk.replace(LEADING, '').replace(TRAILING, '')
    const bare = ABBREVIATED.test(trimmed) ? trimmed.replaceAll('.', '') : trimmed
    const tail = chunk.slice(chunk.lastIndexOf(trimmed) + trimmed.length)
    const endsSentence = /[.!?]/.test(tail)
    if (bare !== '') {
      addParts(tokens, bare, opensSentence)
      opensSentence = false
    }
    const last = tokens.at(-1)
    if (last !== undefined && /[.!?,;:)]/.test(tail)) last.endsClause = true
    if (/^[-–—]+$/.test(chunk) && last !== undefined) last.endsClause = true
    if (endsSentence) opensSentence = true
  }
  return tokens
}

/** One form of the quotes and apostrophes that keyboards and editors make. */
export function plainMarks(text: string): string {
  return text.replace(/[‘’ʼ´]/g, "'").replace(/[“”„«»]/g, '"')
}

function bareWord(written: string, opensSentence: boolean): Token {
  return {
    written,
    word: written.toLowerCase(),
    isPossessive: false,
    opensSentence,
    endsClause: false,
    isJoined: false,
  }
}

function addParts(tokens: Token[], bare: string, opensSentence: boolean): void {
  const isWords = LETTERS.test(bare) || /^\p{L}+(?:[-–—/_]\p{L}+)+$/u.test(bare)
  const parts = isWords ? bare.split(WORD_PARTS).filter((part) => part !== '') : [bare]
  for (const [index, part] of parts.entries()) {
    const isPossessive =
      /[a-z]'s$|s'$/i.test(part) &&
      !/^(?:it|that|what|who|where|how|there|here|let|he|she|when|why)'s$/i.test(part)
    tokens.push({
      written: part,
      word: part.toLowerCase().replace(isPossessive ? /'s?$/ : /'$/, ''),
      isPossessive,
      opensSentence: opensSentence && index === 0,
      endsClause: false,
      isJoined: index > 0,
    })
  }
}
