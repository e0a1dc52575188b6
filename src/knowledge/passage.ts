/** A passage of a document: what is found, read and quoted. */

export interface Passage {
  /** Unique in its store, and never used again. */
  number: number
  /** A UUID, made of what it says and where: vectors are stored under it. */
  id: string
  /** Path of its file, as it was added. */
  source: string
  /** Headings above it, outermost first, joined by ` > `; empty where there are none. */
  heading: string
  /** Of a pair of question and answer. */
  question: string | undefined
  /** Plain text, without markup; of a pair its answer. */
  text: string
  /** Where lines (of a PDF: pages) begin: offset in the text and number, ascending. */
  marks: readonly (readonly [offset: number, line: number])[]
  /** What a contextual encoder says of its sentences; undefined where none was asked. */
  meaning: Meaning | undefined
}

export interface Meaning {
  /** Its id: vectors of two are never compared. */
  encoder: string
  /** As 8-bit numbers, one vector a sentence, in their order. */
  vectors: Int8Array
}

/** Where its source has what stands at an offset of the text: the line, or the page of a PDF; 1 where that is not known. */
export function lineAt({ marks }: Pick<Passage, 'marks'>, offset: number): number {
  let line = marks[0]?.[1] ?? 1
  for (const [begin, number] of marks) {
    if (begin > offset) break
    line = number
  }
  return line
}

/** What a passage is found by: its headings, question and text. */
export function searchedText({
  heading,
  question,
  text,
}: Pick<Passage, 'heading' | 'question' | 'text'>): string {
  return [heading, question, text].filter((part) => part !== undefined && part !== '').join('\n')
}
