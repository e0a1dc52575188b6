/** HTML as blocks of text under their headings. */
import { Parser } from 'htmlparser2'
import { type Block, blockOf, type ReadDocument } from './block.ts'

const SILENT = new Set([
  'script',
  'style',
  'template',
  'noscript',
  'svg',
  'nav',
  'iframe',
  'object',
  'select',
  'button',
])
const BLOCKS = new Set(
  `address article aside blockquote body br dd details dialog div dl dt fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 header hr
  html li main ol p pre section summary table tbody td th thead title tr ul`.split(/\s+/),
)
/** In which lines belong together: a row, an item, a line of a paragraph. */
const SOFT = new Set(['br', 'li', 'tr', 'td', 'th', 'dt', 'dd', 'ul', 'ol', 'dl', 'tbody', 'thead'])

export function readHtml(text: string): ReadDocument {
  const reader = new HtmlReader(text)
  const parser = new Parser(
    {
      onopentag: (name, attributes) => reader.open(name, attributes),
      ontext: (data) => reader.text(data, parser.startIndex),
      onclosetag: (name) => reader.close(name),
    },
    { decodeEntities: true },
  )
  parser.end(text)
  return { blocks: reader.end(), problems: [] }
}

/** As far as the element itself says so; style sheets are not read. */
function isHidden({ hidden, style = '' }: Readonly<Record<string, string>>): boolean {
  return (
    (hidden !== undefined && hidden !== 'until-found') ||
    /display\s*:\s*none|visibility\s*:\s*hidden/i.test(style)
  )
}

class HtmlReader {
  readonly #blocks: Block[] = []
  readonly #headings: string[] = []
  readonly #lineStarts: number[] = [0]
  #silent = 0
  #depth = 0
  /** Of the outermost element that no reader sees. */
  #hiddenAt: number | undefined
  #title: string | undefined
  #current = ''
  /** Asked of each piece, and pieces are as short as an entity: not by looking at all that came before. */
  #isBlank = true
  #currentLine = 0
  #lines: [number, string][] = []

  constructor(html: string) {
    for (let at = html.indexOf('\n'); at >= 0; at = html.indexOf('\n', at + 1)) this.#lineStarts.push(at + 1)
  }

  open(name: string, attributes: Readonly<Record<string, string>>): void {
    this.#depth++
    if (isHidden(attributes)) this.#hiddenAt ??= this.#depth
    if (SILENT.has(name)) this.#silent++
    if (!BLOCKS.has(name)) return
    if (name === 'td' || name === 'th') this.#current += this.#isBlank ? '' : ' | '
    else if (SOFT.has(name)) this.#breakLine()
    else this.#breakBlock()
  }

  text(data: string, at: number): void {
    if (this.#silent > 0 || this.#hiddenAt !== undefined) return
    if (this.#isBlank) {
      const blanks = /^\s*/.exec(data)?.[0].length ?? 0
      this.#currentLine = this.#lineOf(at + blanks)
      this.#isBlank = blanks === data.length
    }
    this.#current += data
  }

  close(name: string): void {
    if (this.#hiddenAt === this.#depth) this.#hiddenAt = undefined
    this.#depth--
    if (SILENT.has(name)) this.#silent = Math.max(0, this.#silent - 1)
    if (name === 'title') this.#title = this.#taken()
    else if (/^h[1-6]$/.test(name)) this.#head(Number(name[1]), this.#taken())
    else if (name === 'tr' || name === 'li' || name === 'dt' || name === 'dd') this.#breakLine()
    else if (BLOCKS.has(name) && !SOFT.has(name)) this.#breakBlock()
  }

  end(): readonly Block[] {
    this.#breakBlock()
    return this.#blocks
  }

  #head(level: number, text: string): void {
    this.#headings.length = Math.min(this.#headings.length, level - 1)
    while (this.#headings.length < level - 1) this.#headings.push('')
    this.#headings.push(text)
  }

  /** What stands since the last break, which is no paragraph then. */
  #taken(): string {
    this.#breakLine()
    const text = this.#lines.map(([, line]) => line).join(' ')
    this.#lines = []
    return text
  }

  #breakLine(): void {
    const text = this.#current.replace(/\s+/g, ' ').trim()
    if (text !== '') this.#lines.push([this.#currentLine, text])
    this.#current = ''
    this.#isBlank = true
  }

  #breakBlock(): void {
    this.#breakLine()
    const headings = this.#headings.filter((heading) => heading !== '')
    const block = blockOf(headings.length > 0 || !this.#title ? headings : [this.#title], this.#lines)
    if (block !== undefined) this.#blocks.push(block)
    this.#lines = []
  }

  /** From 1, by bisection. */
  #lineOf(offset: number): number {
    let low = 0
    let high = this.#lineStarts.length
    while (high - low > 1) {
      const middle = (low + high) >> 1
      if ((this.#lineStarts[middle] ?? 0) <= offset) low = middle
      else high = middle
    }
    return low + 1
  }
}
