/** Cuts a text into sentences, each with its place. */

export interface Span {
  begin: number
  /** Exclusive. */
  end: number
}

/** After which a stop ends nothing. */
const ABBREVIATIONS = new Set(
  `mr mrs ms dr prof st sr jr vs etc e.g i.e cf al fig eq no nos vol pp ed eds gen gov sen rep col lt capt sgt rev hon inc ltd co corp
  jan feb mar apr jun jul aug sept sep oct nov dec u.s u.k u.n d.c a.m p.m approx ca c b.c a.d mt ft`.split(
    /\s+/,
  ),
)

/** A stop with what closes behind it, white space, and what may begin a sentence. */
const END = /[.!?…]+["'”’)\]]*(?=\s+["'“‘([]*[\p{Lu}\d]|\s*$)|\n\s*\n|[。！？]+/gu

/** Without white space around them; none is empty. */
export function sentencesOf(text: string): Span[] {
  const spans: Span[] = []
  let begin = 0
  for (const match of text.matchAll(END)) {
    if (isAbbreviation(text, match.index, match[0])) continue
    add(spans, text, begin, match.index + match[0].length)
    begin = match.index + match[0].length
  }
  add(spans, text, begin, text.length)
  return spans
}

function isAbbreviation(text: string, at: number, ending: string): boolean {
  if (ending !== '.') return false
  const before = /[\p{L}\d.]*$/u.exec(text.slice(Math.max(0, at - 20), at))?.[0] ?? ''
  // An initial, as in "J. Smith", is one capital.
  return (
    /^\p{Lu}$/u.test(before) || /^(?:\p{L}\.)+\p{L}$/u.test(before) || ABBREVIATIONS.has(before.toLowerCase())
  )
}

function add(spans: Span[], text: string, from: number, to: number): void {
  let begin = from
  let end = to
  while (begin < end && /\s/.test(text[begin] ?? '')) begin++
  while (end > begin && /\s/.test(text[end - 1] ?? '')) end--
  if (end > begin) spans.push({ begin, end })
}
