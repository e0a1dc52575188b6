/** The text of a PDF, page by page. The reader is loaded for the first one. */
import { type Block, blockOf, type ReadDocument } from '../../knowledge/documents/block.ts'

/** Lines that end so go on in the next one. */
const HYPHENATED = /(\p{Ll})-$/u

/** @throws Error with a reason in few words */
export async function readPdf(bytes: Uint8Array): Promise<ReadDocument> {
  const { extractText, getDocumentProxy } = await import('unpdf')
  const document = await getDocumentProxy(bytes, { verbosity: 0 }).catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error)
    throw new Error(
      /password/i.test(reason) ? 'it is locked with a password' : `it is no whole PDF (${reason})`,
    )
  })
  const { text: pages } = await extractText(document, { mergePages: false })
  const blocks = pages.flatMap((page, index) => blocksOf(page, index + 1))
  if (blocks.length > 0) return { blocks, problems: [] }
  throw new Error('it holds no text (pages that are pictures need text recognition first)')
}

function blocksOf(page: string, number: number): Block[] {
  return page.split(/\n\s*\n/).flatMap((paragraph) => {
    const text = paragraph
      .split('\n')
      .map((line) => line.trim())
      .reduce(
        (all, line) => (HYPHENATED.test(all) ? all.replace(HYPHENATED, '$1') + line : `${all} ${line}`),
        '',
      )
    return blockOf([], [[number, text]]) ?? []
  })
}
