/**
 * BERT's uncased WordPiece: text to the ids of its tokens. Equal to Hugging Face tokenizers but for characters that Unicode
 * added lately (theirs is an older table), and for `[CLS]`, `[SEP]`, `[MASK]`, `[PAD]`, `[UNK]` written out: they read them
 * as commands of the model, here they are text like any other.
 */
import { normalForm } from './normal-form.ts'
import { PieceTable } from './piece-table.ts'

/** Of a word, in code points; a longer one is unknown, as in the reference. */
const LONGEST_WORD = 100
const SPACE = 0x20
const DELETE = 0x7f

/** Of normal forms that are remembered: what people write uses a few hundred, and what an attacker writes must not fill memory. */
const MOST_FORMS = 4096

/** By ASCII code: the lower-case letter, or 0 where the character is dropped. */
const LOWER = new Uint8Array(128)
/** By ASCII code: 1 where the character is a word of its own. */
const APART = new Uint8Array(128)
for (let code = 0; code < 128; code++) {
  const form = normalForm(code)
  LOWER[code] = form === '' ? 0 : form.length === 3 ? form.charCodeAt(1) : form.charCodeAt(0)
  APART[code] = form.length === 3 ? 1 : 0
}

/** Not reentrant, and needs not be: nothing here waits. Makes no garbage, save for characters that it first meets. */
export class WordPiece {
  readonly #pieces: PieceTable
  readonly #forms = new Map<number, string>()
  /** The word under way, in UTF-16 units, and its length in units and in code points. */
  readonly #word = new Uint16Array(2 * LONGEST_WORD)
  #units = 0
  #points = 0
  #ids: Int32Array = new Int32Array(0)
  #count = 0

  /** @param vocabulary every token at the index that is its id, what continues a word with `##` before it. */
  constructor(vocabulary: readonly string[]) {
    this.#pieces = new PieceTable(vocabulary)
  }

  /**
   * Writes the ids of the text's tokens, without [CLS] and [SEP], and returns how many. A text with more tokens than `ids`
   * has room for is read until it is full.
   */
  encode(text: string, ids: Int32Array): number {
    this.#ids = ids
    this.#count = 0
    const length = text.length
    for (let at = 0; at < length && this.#count < ids.length; at++) {
      const code = text.charCodeAt(at)
      if (code > DELETE) {
        const point = text.codePointAt(at) as number
        if (point > 0xffff) at++
        this.#addForm(this.#formOf(point))
      } else {
        const lower = LOWER[code] as number
        if (lower === SPACE) this.#endWord()
        else if (APART[code] === 1) this.#addApart(lower)
        else if (lower !== 0) this.#addUnit(lower)
      }
    }
    this.#endWord()
    return this.#count
  }

  #formOf(point: number): string {
    let form = this.#forms.get(point)
    if (form === undefined) {
      if (this.#forms.size >= MOST_FORMS) this.#forms.clear()
      form = normalForm(point)
      this.#forms.set(point, form)
    }
    return form
  }

  #addForm(form: string): void {
    for (let at = 0; at < form.length; at++) {
      const unit = form.charCodeAt(at)
      if (unit === SPACE) this.#endWord()
      else this.#addUnit(unit)
    }
  }

  #addApart(unit: number): void {
    this.#endWord()
    this.#addUnit(unit)
    this.#endWord()
  }

  #addUnit(unit: number): void {
    const isLowSurrogate = (unit & 0xfc00) === 0xdc00
    if (!isLowSurrogate) this.#points++
    if (this.#points <= LONGEST_WORD) this.#word[this.#units++] = unit
  }

  #endWord(): void {
    if (this.#points === 0) return
    this.#count =
      this.#points > LONGEST_WORD
        ? this.#pieces.addUnknown(this.#ids, this.#count)
        : this.#pieces.split(this.#word, this.#units, this.#ids, this.#count)
    this.#units = 0
    this.#points = 0
  }
}
