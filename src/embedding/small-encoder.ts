/**
 * A contextual encoder of our own: four narrow transformer layers distilled from MiniLM (models/encoder/README.md), int8, in
 * WebAssembly SIMD. It knows the order of words, which the static table does not, and needs no native part and no download.
 * Milliseconds a text (card): for a thread of its own, or for a text that saves a call to a model.
 */
import { type EncoderExports, type EncoderMemory, layOut } from './encoder-memory.ts'
import type { EncoderModel } from './small-encoder-model.ts'
import { WordPiece } from './word-piece.ts'

/** With both marks, as in training; of a longer text the beginning is read. */
const MOST_TOKENS = 128
const DIMENSIONS = 384

/** Not reentrant, and needs not be: nothing here waits. */
export class SmallEncoder {
  readonly id: string
  readonly dimensions = DIMENSIONS
  readonly #wordPiece: WordPiece
  readonly #exports: EncoderExports
  readonly #memory: EncoderMemory
  readonly #ids = new Int32Array(MOST_TOKENS - 2)
  readonly #written: Uint16Array
  readonly #result: Float32Array
  readonly #end: number

  /** @param arithmetic small-encoder.c, compiled; Workers import it, elsewhere `encoderArithmetic()` has it. */
  constructor(model: EncoderModel, arithmetic: WebAssembly.Module) {
    this.id = `encoder-${DIMENSIONS}-${model.digest.slice(0, 16)}`
    this.#wordPiece = new WordPiece(model.vocabulary)
    this.#exports = new WebAssembly.Instance(arithmetic).exports as unknown as EncoderExports
    this.#memory = layOut(this.#exports, model, MOST_TOKENS, DIMENSIONS)
    const { buffer } = this.#exports.memory
    this.#written = new Uint16Array(buffer, this.#memory.ids, MOST_TOKENS)
    this.#result = new Float32Array(buffer, this.#memory.result, DIMENSIONS)
    this.#written[0] = model.vocabulary.indexOf('[CLS]')
    this.#end = model.vocabulary.indexOf('[SEP]')
  }

  /** Of unit length; all zeros for a text without tokens. */
  embed(text: string): Float32Array {
    const count = this.#wordPiece.encode(text, this.#ids)
    if (count === 0) return new Float32Array(DIMENSIONS)
    for (let at = 0; at < count; at++) this.#written[at + 1] = this.#ids[at] as number
    this.#written[count + 1] = this.#end
    const { model, ids, result, scratch } = this.#memory
    this.#exports.embed(model, ids, count + 2, result, DIMENSIONS, scratch)
    return this.#result.slice()
  }
}
