/** Markdown as blocks of plain text under their headings; by lines, because passages need no more of its grammar. */
import { type Block, blockOf, type ReadDocument } from './block.ts'

const FENCE = /^\s{0,3}(```+|~~~+)/
const HEADING = /^\s{0,3}(#{1,6})(?:\s+(.*?))?\s*#*\s*$/
const UNDERLINE = /^\s{0,3}(=+|-{2,})\s*$/
const RULE = /^\s{0,3}(?:(?:\*\s*){3,}|(?:-\s*){3,}|(?:_\s*){3,})$/
const TABLE_RULE = /^\s*\|?(?:\s*:?-+:?\s*\|)+\s*:?-*:?\s*$/
const REFERENCE = /^\s{0,3}\[[^\]]+\]:\s+\S+/

export function readMarkdown(text: string): ReadDocument {
  const reader = new MarkdownReader()
  const lines = text.split(/\r?\n/)
  for (const [index, line] of lines.entries()) {
    if (index < frontMatter(lines)) continue
    reader.line(index + 1, line)
  }
  return { blocks: reader.end(), problems: [] }
}

/** How many lines of settings stand ahead. */
function frontMatter(lines: readonly string[]): number {
  if (lines[0]?.trim() !== '---') return 0
  const end = lines.findIndex((line, index) => index > 0 && /^(?:---|\.\.\.)\s*$/.test(line))
  return end + 1
}

class MarkdownReader {
  readonly #blocks: Block[] = []
  readonly #headings: string[] = []
  #lines: [number, string][] = []
  #fence: string | undefined
  #isComment = false

  line(number: number, line: string): void {
    if (this.#fence !== undefined) return this.#fenced(number, line)
    const plain = this.#uncommented(line)
    const fence = FENCE.exec(plain)?.[1]
    const heading = HEADING.exec(plain)
    if (fence !== undefined) {
      this.#fence = fence
    } else if (heading !== null) {
      this.#close()
      this.#head(heading[1]?.length ?? 1, heading[2] ?? '')
    } else if (UNDERLINE.test(plain) && this.#lines.length === 1) {
      const [[, written] = [0, '']] = this.#lines
      this.#lines = []
      this.#head(plain.trim().startsWith('=') ? 1 : 2, written)
    } else if (plain.trim() === '' || RULE.test(plain)) {
      this.#close()
    } else if (!TABLE_RULE.test(plain) && !REFERENCE.test(plain)) {
      this.#lines.push([number, inline(plain)])
    }
  }

  end(): readonly Block[] {
    this.#close()
    return this.#blocks
  }

  /** Code belongs to the paragraph that it stands below. */
  #fenced(number: number, line: string): void {
    if (line.trim().startsWith(this.#fence ?? '')) this.#fence = undefined
    else this.#lines.push([number, line])
  }

  #uncommented(line: string): string {
    let plain = line
    if (this.#isComment) {
      const end = plain.indexOf('-->')
      if (end < 0) return ''
      this.#isComment = false
      plain = plain.slice(end + 3)
    }
    plain = plain.replace(/<!--.*?-->/g, '')
    const begin = plain.indexOf('<!--')
    if (begin < 0) return plain
    this.#isComment = true
    return plain.slice(0, begin)
  }

  #head(level: number, written: string): void {
    this.#headings.length = Math.min(this.#headings.length, level - 1)
    while (this.#headings.length < level - 1) this.#headings.push('')
    this.#headings.push(inline(written).trim())
  }

  #close(): void {
    const block = blockOf(
      this.#headings.filter((heading) => heading !== ''),
      this.#lines,
    )
    if (block !== undefined) this.#blocks.push(block)
    this.#lines = []
  }
}

/** Nobody writes longer ones by hand; looking for marks takes time that grows with the square of what is never closed. */
const LONGEST_MARKED = 10_000

/** Words without their marks: links as their text, emphasis and tags gone. */
function inline(line: string): string {
  if (line.length > LONGEST_MARKED) return line
  return line
    .replace(/^\s*(?:>\s?)+/, '')
    .replace(/^\s*(?:[-*+]|\d{1,3}[.)])\s+(?:\[[ xX]\]\s+)?/, '')
    .replace(/!\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/\[([^\]]+)\](?:\([^)]*\)|\[[^\]]*\])/g, '$1')
    .replace(/<(https?:[^>\s]+)>/g, '$1')
    .replace(/<\/?[a-zA-Z][^>]*>/g, '')
    .replace(/(\*\*|__)(?=\S)(.+?)(?<=\S)\1/g, '$2')
    .replace(/(?<![\w*])\*(?=\S)([^*]+?)(?<=\S)\*(?![\w*])/g, '$1')
    .replace(/(?<![\w_])_(?=\S)([^_]+?)(?<=\S)_(?![\w_])/g, '$1')
    .replace(/`([^`]+)`/g, '$1')
    .replace(/^\s*\|(.*)\|\s*$/, (_, cells: string) =>
      cells
        .split('|')
        .map((cell) => cell.trim())
        .join(' | '),
    )
    .replace(/\\([\\`*_{}[\]()#+\-.!|>~])/g, '$1')
}
