/** A YAML file read once: its value, its syntax problems, and where in the text each key and value stands. */
import { type Document, isAlias, isMap, isNode, isScalar, isSeq, parseDocument, visit } from 'yaml'
import { shown } from '../setting-values.ts'
import type { Problem } from './problem.ts'

export type Path = readonly (string | number)[]

/** A file of policy is a page; more than this is a mistake, and costs memory before it is noticed. */
const MAX_CHARACTERS = 1 << 20
/** Deep enough for anything a schema here allows, shallow enough for every stack. */
const MAX_DEPTH = 100
const MAX_ALIASES = 100

export class YamlText {
  readonly file: string
  /** Plain JavaScript; undefined where `syntaxProblems` has an error. */
  readonly value: unknown
  readonly syntaxProblems: readonly Problem[]
  readonly #document: Document | undefined
  /** The offset at which each line begins; counted here, because the parser's own counter misses lines in broken texts. */
  readonly #lineStarts: readonly number[]

  constructor(text: string, file: string) {
    this.file = file
    this.#lineStarts = lineStarts(text)
    const refusal = unreadable(text)
    if (refusal !== undefined) {
      this.syntaxProblems = [{ file, line: 1, column: 1, severity: 'error', message: refusal }]
      return
    }
    const document = parseDocument(text, { prettyErrors: false })
    this.syntaxProblems = firstOfEachLine([
      ...this.#unusable(document),
      ...document.errors.map((error) => this.#syntaxProblem(error, text)),
    ])
    if (this.syntaxProblems.length > 0) return
    this.#document = document
    try {
      // A file of comments alone states nothing, and so is an empty policy.
      this.value = document.toJS({ maxAliasCount: MAX_ALIASES }) ?? {}
    } catch {
      const message = `The file repeats its anchors more than ${MAX_ALIASES} times; write the values out.`
      this.syntaxProblems = [{ file, line: 1, column: 1, severity: 'error', message }]
    }
  }

  /**
   * A problem at the node under `path`, or at its nearest parent where the file has no such node.
   * `at: 'key'` points to the key rather than to its value.
   */
  problem(
    path: Path,
    message: string,
    { severity = 'error', at = 'value' }: { severity?: Problem['severity']; at?: 'key' | 'value' } = {},
  ): Problem {
    const { line, column } = this.place(path, at)
    const value = at === 'value' ? valueAt(this.value, path) : undefined
    return {
      file: this.file,
      line,
      column,
      severity,
      message,
      ...(value === undefined ? {} : { value: JSON.stringify(value) }),
    }
  }

  /** Line and column, from 1, of the value under `path` or of its key. */
  place(path: Path, at: 'key' | 'value' = 'value'): { line: number; column: number } {
    let node: unknown = this.#document?.contents
    let offset = startOf(node) ?? 0
    for (const [index, step] of path.entries()) {
      if (isAlias(node) && this.#document !== undefined) node = node.resolve(this.#document)
      const found = child(node, step)
      if (found === undefined) break
      const wanted = index === path.length - 1 && at === 'key' ? found.key : found.value
      offset = startOf(wanted) ?? startOf(found.key) ?? offset
      node = found.value
    }
    return this.#position(offset)
  }

  #position(offset: number): { line: number; column: number } {
    const index = this.#lineStarts.findLastIndex((start) => start <= offset)
    return { line: index + 1, column: offset - (this.#lineStarts[index] ?? 0) + 1 }
  }

  #syntaxProblem(error: { code: string; message: string; pos: [number, number] }, text: string): Problem {
    const unclosed = /end with a ([\]}])/.exec(error.message)?.[1]
    const words =
      unclosed === undefined
        ? (error.message.split('\n')[0] ?? '').replace(/[.:]$/, '')
        : `the closing \`${unclosed}\` is missing`
    const messages: Readonly<Record<string, string>> = {
      DUPLICATE_KEY: `The key ${shown(keyAt(text, error.pos[0]))} is here twice; keep one.`,
      MULTIPLE_DOCS: 'The file holds several YAML documents; keep one policy a file.',
    }
    return this.#errorAt(error.pos[0], messages[error.code] ?? `This is not valid YAML: ${words}.`)
  }

  /** What the parser lets pass, and no policy can mean. */
  #unusable(document: Document): Problem[] {
    const problems: Problem[] = []
    visit(document, {
      Alias: (_, alias) => {
        // To people an undefined alias is a glob without its quotes.
        if (alias.resolve(document) !== undefined) return
        problems.push(
          this.#errorAt(
            startOf(alias) ?? 0,
            `A text that begins with \`*\` must stand in quotes: "*${alias.source}".`,
          ),
        )
      },
      Pair: (_, { key }) => {
        if (isNode(key) && !isScalar(key) && !isAlias(key)) {
          problems.push(this.#errorAt(startOf(key) ?? 0, 'A key must be a text, not a list or a mapping.'))
        }
      },
    })
    return problems
  }

  #errorAt(offset: number, message: string): Problem {
    return { file: this.file, ...this.#position(offset), severity: 'error', message }
  }
}

/** `route[0].to`, as people write it. */
export function pathLabel(path: Path): string {
  let written = ''
  for (const step of path)
    written += typeof step === 'number' ? `[${step}]` : written === '' ? step : `.${step}`
  return written
}

/** What `path` leads to, or undefined. */
export function valueAt(value: unknown, path: Path): unknown {
  let current = value
  for (const step of path) {
    if (typeof current !== 'object' || current === null || !Object.hasOwn(current, step)) return undefined
    current = (current as Record<string | number, unknown>)[step]
  }
  return current
}

/** One slip makes the parser complain more than once about a line. */
function firstOfEachLine(problems: readonly Problem[]): Problem[] {
  return problems.filter(
    (problem, index) => problems.findIndex(({ line }) => line === problem.line) === index,
  )
}

function lineStarts(text: string): number[] {
  return [0, ...Array.from(text.matchAll(/\n/g), ({ index }) => index + 1)]
}

function unreadable(text: string): string | undefined {
  if (text.length > MAX_CHARACTERS)
    return 'The file is larger than 1 MiB; split it or remove what it repeats.'
  if (text.includes('\uFFFD') || text.includes('\0')) return 'The file is not UTF-8 text; save it as UTF-8.'
  if (deeperThan(text, MAX_DEPTH)) return `The file is nested deeper than ${MAX_DEPTH} levels.`
  return undefined
}

/** Bounds flow and block nesting before the parser recurses; brackets in texts count too, which errs to the safe side. */
function deeperThan(text: string, most: number): boolean {
  let depth = 0
  for (const character of text) {
    if (character === '[' || character === '{') depth++
    else if ((character === ']' || character === '}') && depth > 0) depth--
    if (depth > most) return true
  }
  return new RegExp(`^ {${most * 2},}\\S|^(?:[-?] ){${most},}`, 'm').test(text)
}

function child(node: unknown, step: string | number): { key: unknown; value: unknown } | undefined {
  if (isMap(node)) {
    const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(step))
    return pair === undefined ? undefined : { key: pair.key, value: pair.value }
  }
  if (isSeq(node) && typeof step === 'number' && step < node.items.length) {
    const item = node.items[step]
    return { key: item, value: item }
  }
  return undefined
}

function startOf(node: unknown): number | undefined {
  return isNode(node) ? node.range?.[0] : undefined
}

function keyAt(text: string, offset: number): string {
  return /^[^:,}\]\n]*/.exec(text.slice(offset, offset + 100))?.[0].trim() ?? ''
}
