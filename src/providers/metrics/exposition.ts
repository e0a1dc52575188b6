/**
 * Prometheus' text format 0.0.4, and of OpenMetrics what both write alike, as model servers print it. Lenient: a line that is
 * not understood is passed over, because all others still tell something.
 */

export interface SampleReader {
  /** Whether a metric of this name is to be read; nothing else of its line is looked at where not. */
  wants(name: string): boolean
  /** `value` may be NaN or infinite. */
  sample(name: string, labels: ReadonlyMap<string, string>, value: number): void
}

const BRACE = 123
const HASH = 35
const NO_LABELS: ReadonlyMap<string, string> = new Map()
const LABEL = /[ \t]*([a-zA-Z_][a-zA-Z0-9_]*)[ \t]*=[ \t]*"([^"\\]*(?:\\.[^"\\]*)*)"[ \t]*(,?)/y
const END_OF_LABELS = /[ \t]*\}/y
/** A time may follow, and in OpenMetrics an exemplar. */
const VALUE = /[ \t]*([^ \t\r]+)/y
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/
const WORDS: ReadonlyMap<string, number> = new Map([
  ['nan', Number.NaN],
  ['inf', Number.POSITIVE_INFINITY],
  ['+inf', Number.POSITIVE_INFINITY],
  ['-inf', Number.NEGATIVE_INFINITY],
])

/** Never throws. */
export function readExposition(text: string, reader: SampleReader): void {
  for (let start = 0; start < text.length; ) {
    const newline = text.indexOf('\n', start)
    const end = newline === -1 ? text.length : newline
    const from = skipSpace(text, start, end)
    if (from < end && text.charCodeAt(from) !== HASH) readLine(text, from, end, reader)
    start = end + 1
  }
}

function readLine(text: string, from: number, end: number, reader: SampleReader): void {
  let at = from
  while (at < end && !isSpace(text.charCodeAt(at)) && text.charCodeAt(at) !== BRACE) at++
  const name = text.slice(from, at)
  if (!reader.wants(name)) return
  const line = text.slice(skipSpace(text, at, end), end)
  const labels = line.charCodeAt(0) === BRACE ? labelsOf(line) : { labels: NO_LABELS, end: 0 }
  const value = labels && valueAt(line, labels.end)
  if (value !== undefined && labels !== undefined) reader.sample(name, labels.labels, value)
}

function labelsOf(line: string): { labels: ReadonlyMap<string, string>; end: number } | undefined {
  const labels = new Map<string, string>()
  let at = 1
  for (let isMore = true; isMore; ) {
    LABEL.lastIndex = at
    const [whole, name, value, comma] = LABEL.exec(line) ?? []
    if (whole === undefined || name === undefined || value === undefined) break
    labels.set(name, unescaped(value))
    at += whole.length
    isMore = comma !== ''
  }
  END_OF_LABELS.lastIndex = at
  const end = END_OF_LABELS.exec(line)
  return end === null ? undefined : { labels, end: at + end[0].length }
}

function unescaped(text: string): string {
  if (!text.includes('\\')) return text
  return text.replace(/\\(.)/g, (whole, escaped: string) =>
    escaped === 'n' ? '\n' : escaped === '"' || escaped === '\\' ? escaped : whole,
  )
}

function valueAt(line: string, at: number): number | undefined {
  VALUE.lastIndex = at
  const word = VALUE.exec(line)?.[1]
  if (word === undefined) return undefined
  return NUMBER.test(word) ? Number(word) : WORDS.get(word.toLowerCase())
}

function skipSpace(text: string, from: number, end: number): number {
  let at = from
  while (at < end && isSpace(text.charCodeAt(at))) at++
  return at
}

/** Blanks and tabs, and what is left of a line that ends as on Windows. */
function isSpace(code: number): boolean {
  return code === 32 || code === 9 || code === 13
}
