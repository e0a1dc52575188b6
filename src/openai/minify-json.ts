/**
 * Takes the white space out of JSON that users and tools quote, byte by byte: what stands in its strings, the text around it
 * and what models said stay as they came. A turn is sent the same when it is newest and in every request after: prompt caches
 * depend on it.
 */

import type { Splice } from './body-splice.ts'
import { isObject } from './is-object.ts'
import type { ModelRequest } from './model-request.ts'
import { scanArrayAt, scanObjectAt } from './scan-members.ts'
import { turnsOf } from './turns-of.ts'

const QUOTE = 0x22
const BACKSLASH = 0x5c
const LOWER_U = 0x75
const OPEN_BRACE = 0x7b
const OPEN_BRACKET = 0x5b
/** Of a message and of its parts: where text stands. `output` is what a tool gave back. */
const TEXT_MEMBERS: ReadonlySet<string> = new Set(['content', 'text', 'output'])
const FENCED = /```json[ \t]*\r?\n([\s\S]*?)\r?\n[ \t]*```/gi

export interface Minified {
  splices: readonly Splice[]
  /**
   * Lines of the newest turn that are lines no more; each was at least one token. Those of earlier turns were claimed when
   * these were newest.
   */
  lines: number
}

/** Empty where there is no JSON, or none with white space. */
export function minifyTurns(request: ModelRequest): Minified {
  const found = { splices: [] as Splice[], lines: 0 }
  const { bytes } = request
  const turns = turnsOf(request)
  if (turns === undefined) {
    // All that is said may be one text.
    const input = request.endpoint === 'responses' ? request.members.get('input') : undefined
    if (input !== undefined && bytes[input.valueStart] === QUOTE) minifyText(bytes, input.valueStart, found)
    return found
  }
  const from = turns.messages.findLastIndex(({ role }) => role === 'assistant') + 1
  for (const [index, { role, start }] of turns.messages.entries()) {
    if (index === from) found.lines = 0
    if (role === 'user' || role === 'tool') minifyAt(bytes, start, found)
  }
  if (from === turns.messages.length) found.lines = 0
  return found
}

/** A text, or whatever holds texts. */
function minifyAt(bytes: Uint8Array, start: number, found: { splices: Splice[]; lines: number }): void {
  if (bytes[start] === OPEN_BRACE) {
    for (const { name, valueStart } of scanObjectAt(bytes, start))
      if (TEXT_MEMBERS.has(name)) minifyAt(bytes, valueStart, found)
  } else if (bytes[start] === OPEN_BRACKET) {
    for (const item of scanArrayAt(bytes, start)) minifyAt(bytes, item.start, found)
  } else if (bytes[start] === QUOTE) minifyText(bytes, start, found)
}

function minifyText(bytes: Uint8Array, start: number, found: { splices: Splice[]; lines: number }): void {
  const { text, places } = decoded(bytes, start)
  for (const { from, until } of jsonIn(text)) {
    for (const run of spacesIn(text, from, until)) {
      found.splices.push({ start: places[run.from] ?? 0, end: places[run.until] ?? 0, text: '' })
      if (text.slice(run.from, run.until).includes('\n')) found.lines++
    }
  }
}

/** A text's characters, and the place in the body where each begins; one more place, for the end. */
function decoded(bytes: Uint8Array, start: number): { text: string; places: readonly number[] } {
  const places: number[] = []
  let at = start + 1
  while (at < bytes.length && bytes[at] !== QUOTE) {
    const byte = bytes[at] as number
    places.push(at)
    // Four bytes of UTF-8 are two characters.
    if (byte >= 0xf0) places.push(at)
    if (byte === BACKSLASH) at += bytes[at + 1] === LOWER_U ? 6 : 2
    else at += byte < 0x80 ? 1 : byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2
  }
  places.push(at)
  const text = JSON.parse(new TextDecoder().decode(bytes.subarray(start, at + 1))) as string
  return { text, places }
}

/** The text as a whole, or what it fences as JSON. */
function jsonIn(text: string): { from: number; until: number }[] {
  if (isJson(text)) return [{ from: 0, until: text.length }]
  return [...text.matchAll(FENCED)].flatMap((match) => {
    const inner = match[1] ?? ''
    const from = match.index + match[0].indexOf(inner, match[0].indexOf('\n') + 1)
    return isJson(inner) ? [{ from, until: from + inner.length }] : []
  })
}

function isJson(text: string): boolean {
  if (!/^\s*[{[]/.test(text)) return false
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) || Array.isArray(value)
  } catch {
    return false
  }
}

/** Runs of white space outside the strings of JSON. */
function* spacesIn(text: string, from: number, until: number): Generator<{ from: number; until: number }> {
  for (let at = from; at < until; at++) {
    const character = text[at]
    if (character === '"') at = endOfString(text, at)
    else if (isSpace(character)) {
      const begin = at
      while (at + 1 < until && isSpace(text[at + 1])) at++
      yield { from: begin, until: at + 1 }
    }
  }
}

/** Place of the closing quote. */
function endOfString(text: string, start: number): number {
  let at = start + 1
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1
  return at
}

function isSpace(character: string | undefined): boolean {
  return character === ' ' || character === '\n' || character === '\t' || character === '\r'
}
