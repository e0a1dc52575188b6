/** A piece of a document as it was written: a paragraph, a list, a pair of question and answer. */

export interface Block {
  /** Headings above it, outermost first. */
  headings: readonly string[]
  /** Of a pair: its text is then the answer. */
  question?: string | undefined
  /** Plain, without markup. */
  text: string
  /** Where lines (of a PDF: pages) begin: offset in the text and number, ascending. */
  marks: readonly (readonly [offset: number, line: number])[]
}

export interface ReadDocument {
  blocks: readonly Block[]
  /** What of it could not be read, a sentence each, without the file's name. */
  problems: readonly string[]
}

/** Joins the lines of a paragraph, each of which knows its number. */
export function blockOf(
  headings: readonly string[],
  lines: readonly (readonly [line: number, text: string])[],
): Block | undefined {
  let text = ''
  const marks: [number, number][] = []
  for (const [line, written] of lines) {
    const plain = written.trim()
    if (plain === '') continue
    if (text !== '') text += '\n'
    marks.push([text.length, line])
    text += plain
  }
  return text === '' ? undefined : { headings: [...headings], text, marks }
}
