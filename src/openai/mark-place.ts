/** Where in a body a mark for prompt caches may stand, and the splices that put it there. */
import type { Splice } from './body-splice.ts'
import { isObject } from './is-object.ts'
import { scanArrayAt, scanObjectAt } from './scan-members.ts'

/** In the order in which providers read a prompt. */
export type MarkedPart = 'tools' | 'system' | 'earlier turn' | 'newest turn'

export interface MarkPlace {
  part: MarkedPart
  /** Of the prompt up to here, as its body has it. */
  prefixBytes: number
  /** @param mark a member of a JSON object, `"name":value` */
  splices(mark: string): readonly Splice[]
}

type Marker = MarkPlace['splices']

/** How an API writes one text as a part of content. */
export interface ContentWords {
  textType: 'text' | 'input_text'
  /** Whether a part of content may be marked. */
  isMarkable(part: Readonly<Record<string, unknown>>): boolean
}

/** Before the closing brace of an object with at least one member, which ends at `end`. */
export function atEndOfObject(end: number): Marker {
  return (mark) => [{ start: end - 1, end: end - 1, text: `,${mark}` }]
}

/**
 * At the end of a text, or of the last part of a list that can be marked; undefined where none can. A text becomes a list of
 * one part, which providers read as the same prompt.
 * @param start where the value begins in `bytes`, and `end` where it ends
 */
export function atEndOfContent(
  bytes: Uint8Array,
  { start, end }: { start: number; end: number },
  value: unknown,
  { textType, isMarkable }: ContentWords,
): Marker | undefined {
  if (typeof value === 'string') {
    if (value.trim() === '') return undefined
    return (mark) => [
      { start, end: start, text: `[{"type":"${textType}","text":` },
      { start: end, end, text: `,${mark}}]` },
    ]
  }
  if (!Array.isArray(value)) return undefined
  const index = value.findLastIndex((part) => isObject(part) && isMarkable(part))
  const place = index < 0 ? undefined : scanArrayAt(bytes, start)[index]
  return place && atEndOfObject(place.end)
}

/** The same of a member of the message that begins at `start`. */
export function atEndOfMember(
  bytes: Uint8Array,
  start: number,
  message: Readonly<Record<string, unknown>>,
  name: string,
  words: ContentWords,
): Marker | undefined {
  const member = scanObjectAt(bytes, start).findLast((found) => found.name === name)
  if (member === undefined) return undefined
  return atEndOfContent(bytes, { start: member.valueStart, end: member.valueEnd }, message[name], words)
}
