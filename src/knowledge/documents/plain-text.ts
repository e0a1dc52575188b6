/** A text without markup: paragraphs between empty lines. */
import { type Block, blockOf, type ReadDocument } from './block.ts'

export function readPlainText(text: string): ReadDocument {
  const blocks: Block[] = []
  let lines: [number, string][] = []
  const close = (): void => {
    const block = blockOf([], lines)
    if (block !== undefined) blocks.push(block)
    lines = []
  }
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === '') close()
    else lines.push([index + 1, line])
  }
  close()
  return { blocks, problems: [] }
}
