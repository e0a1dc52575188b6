/** What in a prompt looks as if it were another each time: dates and times, ids, numbers. */

/** `text`: something else. */
export type ChangingKind = 'time' | 'id' | 'number' | 'text'

export interface Changing {
  at: number
  end: number
  kind: Exclude<ChangingKind, 'text'>
}

const MONTH = '(?:Jan|Feb|Mar|Apr|May|June?|July?|Aug|Sept?|Oct|Nov|Dec)[a-z]*\\.?'
const CLOCK = '\\d{1,2}:\\d{2}(?::\\d{2}(?:[.,]\\d+)?)?(?:\\s?[AaPp]\\.?[Mm]\\b\\.?)?'
const ZONE = '(?:\\s?(?:Z|UTC|GMT)\\b|\\s?[+-]\\d{2}:?\\d{2}\\b)?'

/** The first that matches is meant: a date is no number, and a UUID begins with none. */
const ALTERNATIVES: readonly (readonly [Changing['kind'], string])[] = [
  ['id', '[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}\\b'],
  ['time', `\\d{4}-\\d{2}-\\d{2}(?:[T ]${CLOCK}${ZONE})?`],
  ['time', `(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day\\b(?:,? ${MONTH} \\d{1,2}(?:st|nd|rd|th)?\\b)?`],
  ['time', `\\d{1,2}[./]\\d{1,2}[./]\\d{2,4}\\b(?:,? ${CLOCK}${ZONE})?`],
  ['time', `(?:${MONTH} \\d{1,2}(?:st|nd|rd|th)?|\\d{1,2}\\.? ${MONTH})\\b(?:,? \\d{4}\\b)?`],
  ['time', `${CLOCK}${ZONE}`],
  ['time', '1\\d{9}(?:\\d{3}|\\.\\d+)?\\b'],
  // Letters and digits mixed, and too long for a word.
  ['id', '(?=[A-Za-z_-]*\\d)(?=[\\d_-]*[A-Za-z])[A-Za-z0-9_-]{16,}'],
  ['number', '\\d+(?:[.,]\\d+)*'],
]

const CHANGING = new RegExp(ALTERNATIVES.map(([, pattern]) => `(${pattern})`).join('|'), 'y')
/** Of days and months. */
const NAME_BEGINS = new Set([...'MTWFSJAOND'].map((letter) => letter.charCodeAt(0)))
const SHORTEST_ID = 16

/** In order, without overlaps. Looked for only where a word begins that may be one: of most text that is nowhere. */
export function changingIn(text: string): Changing[] {
  const found: Changing[] = []
  for (let at = 0; at < text.length; ) {
    const begin = at
    const first = text.charCodeAt(at)
    while (at < text.length && isOfWord(text.charCodeAt(at))) at++
    if (at === begin) {
      at++
      continue
    }
    if (!isDigit(first) && !NAME_BEGINS.has(first) && at - begin < SHORTEST_ID) continue
    const item = changingAt(text, begin)
    if (item === undefined) continue
    found.push(item)
    at = item.end
  }
  return found
}

function changingAt(text: string, at: number): Changing | undefined {
  CHANGING.lastIndex = at
  const match = CHANGING.exec(text)
  if (match === null) return undefined
  const place = ALTERNATIVES.findIndex((_, group) => match[group + 1] !== undefined)
  return { at, end: at + match[0].length, kind: ALTERNATIVES[place]?.[0] ?? 'number' }
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39
}

/** Letters, digits, `_` and `-`. */
function isOfWord(code: number): boolean {
  return (
    isDigit(code) ||
    (code >= 0x41 && code <= 0x5a) ||
    (code >= 0x61 && code <= 0x7a) ||
    code === 0x5f ||
    code === 0x2d
  )
}

/** The text with a mark in the place of all that changes, whatever its length. */
export function steadyText(text: string, changing: readonly Changing[]): string {
  let steady = ''
  let from = 0
  for (const { at, end, kind } of changing) {
    steady += `${text.slice(from, at)}\u0000${kind}`
    from = end
  }
  return steady + text.slice(from)
}
