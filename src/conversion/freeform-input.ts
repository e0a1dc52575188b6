/** Reads the text that a custom tool is called with out of the JSON arguments of the function it was said as, as they come. */
import { isObject } from '../openai/is-object.ts'

const OPENING = /^\s*\{\s*"input"\s*:\s*"/
/** What may still become an opening. */
const BEGUN = /^\s*(?:\{\s*(?:"(?:i(?:n(?:p(?:u(?:t(?:"\s*(?::\s*)?)?)?)?)?)?)?)?)?$/
/** What is none of JSON's escapes, and line breaks that a model forgot to escape, stand for themselves. */
const ESCAPE = /\\(?:u([0-9a-fA-F]{4})|(.))/gs
const HALF_PAIR = /[\uD800-\uDBFF]$/

const ESCAPED: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
}

/** One for each call. The same arguments give the same text, however they were cut. */
export class FreeformInput {
  /** Everything until the text begins, then what of it cannot be told yet. */
  #pending = ''
  #state: 'before' | 'within' | 'after' | 'elsewhere' = 'before'

  /** Returns the text that has become certain. */
  push(args: string): string {
    if (this.#state === 'after') return ''
    this.#pending += args
    if (this.#state === 'before') this.#open()
    return this.#state === 'within' ? this.#take() : ''
  }

  /** What is left to be told, once no more arguments come. */
  end(): string {
    const isElsewhere = this.#state === 'before' || this.#state === 'elsewhere'
    this.#state = 'after'
    return isElsewhere ? textOf(this.#pending) : ''
  }

  #open(): void {
    const opening = OPENING.exec(this.#pending)
    if (opening !== null) {
      this.#state = 'within'
      this.#pending = this.#pending.slice(opening[0].length)
    } else if (!BEGUN.test(this.#pending)) this.#state = 'elsewhere'
  }

  #take(): string {
    const end = endOfText(this.#pending)
    const raw = this.#pending.slice(0, end)
    this.#pending = this.#pending.slice(end)
    const text = raw.replace(ESCAPE, unescaped)
    if (this.#pending.startsWith('"')) {
      this.#state = 'after'
      return text
    }
    // Half a pair is no text that every client can read.
    if (!HALF_PAIR.test(text)) return text
    this.#pending = text.slice(-1) + this.#pending
    return text.slice(0, -1)
  }
}

/** Where the text's closing quote stands, or an escape that is not whole; its length where neither does. */
function endOfText(text: string): number {
  let at = 0
  while (at < text.length) {
    const character = text[at]
    if (character === '"') return at
    const length = character !== '\\' ? 1 : text[at + 1] === 'u' ? 6 : 2
    if (at + length > text.length) return at
    at += length
  }
  return at
}

function unescaped(written: string, unit: string | undefined, character: string | undefined): string {
  if (unit !== undefined) return String.fromCharCode(Number.parseInt(unit, 16))
  return (character !== undefined ? ESCAPED[character] : undefined) ?? written
}

/** Of arguments that don't begin with the text: where it is elsewhere among them, else all of them. */
function textOf(args: string): string {
  try {
    const parsed: unknown = JSON.parse(args)
    if (isObject(parsed) && typeof parsed.input === 'string') return parsed.input
    return isObject(parsed) && Object.keys(parsed).length === 0 ? '' : JSON.stringify(parsed)
  } catch {
    return args
  }
}
