/** Cuts what a model reads into blocks, each named by a hash of itself and of all before it. */
import { isObject } from '../../openai/is-object.ts'
import { isMark } from '../../openai/prompt-marks.ts'
import { TextHash } from '../text-hash.ts'

/** Names of a prompt's full blocks, in their order. */
export interface Blocks {
  readonly hashes: Float64Array
  readonly count: number
}

/**
 * 64 tokens of about four characters. Servers cache by 16 (vLLM) to 128 (OpenAI) of them: an estimate is short by one block at
 * most, some milliseconds of prefill, and 100,000 tokens are 1,600 numbers.
 */
const BLOCK_CHARACTERS = 256

/** A picture is about a thousand tokens, however it is sent. */
const MEDIA_CHARACTERS = 4000
/** Longer data are known by their length and by samples. */
const LONG_MEDIA_CHARACTERS = 65_536
const MEDIA_SAMPLES = 16_384
const DATA_KEYS: ReadonlySet<string> = new Set(['data', 'file_data', 'image_url', 'url', 'file_url'])

export class BlockWriter {
  #hashes = new Float64Array(64)
  #count = 0
  /** Characters in the block that is not full yet. */
  #filled = 0
  #hash = new TextHash()

  /** @param beginning part of every block's name */
  constructor(beginning: string) {
    this.#hash.addNumber(beginning.length)
    this.#hash.addText(beginning)
  }

  /** Goes on for itself. */
  copy(): BlockWriter {
    const copy = new BlockWriter('')
    copy.#hashes = new Float64Array(Math.max(64, this.#count * 2))
    copy.#hashes.set(this.#hashes.subarray(0, this.#count))
    copy.#count = this.#count
    copy.#filled = this.#filled
    copy.#hash = this.#hash.copy()
    return copy
  }

  get count(): number {
    return this.#count
  }

  /** So far; what is written later changes nothing of it. */
  blocks(): Blocks {
    return { hashes: this.#hashes, count: this.#count }
  }

  addBytes(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) {
      const end = Math.min(bytes.length, at + BLOCK_CHARACTERS - this.#filled)
      this.#hash.addBytes(bytes, at, end)
      this.#fill(end - at)
      at = end
    }
    this.#hash.addNumber(bytes.length)
  }

  addValue(value: unknown): void {
    if (typeof value === 'string') this.#addText(value)
    else if (Array.isArray(value)) {
      this.#hash.addNumber(value.length)
      for (const item of value) this.addValue(item)
    } else if (isObject(value)) {
      for (const key in value) {
        if (isMark(key)) continue
        const held = value[key]
        this.#hash.addText(key)
        if (typeof held === 'string' && DATA_KEYS.has(key)) this.#addMedia(held)
        else this.addValue(held)
      }
    } else if (value !== undefined && value !== null) this.#hash.addText(String(value))
  }

  #addText(text: string): void {
    const { length } = text
    for (let at = 0; at < length; ) {
      const end = Math.min(length, at + BLOCK_CHARACTERS - this.#filled)
      this.#hash.addText(text, at, end)
      this.#fill(end - at)
      at = end
    }
    this.#hash.addNumber(length)
  }

  #addMedia(data: string): void {
    const { length } = data
    this.#hash.addNumber(length)
    if (length <= LONG_MEDIA_CHARACTERS) this.#hash.addText(data)
    else {
      const step = Math.floor(length / MEDIA_SAMPLES)
      for (let at = 0; at < length; at += step) this.#hash.addNumber(data.charCodeAt(at))
    }
    for (let left = MEDIA_CHARACTERS; left > 0; ) {
      const characters = Math.min(left, BLOCK_CHARACTERS - this.#filled)
      this.#fill(characters)
      left -= characters
    }
  }

  #fill(characters: number): void {
    this.#filled += characters
    if (this.#filled < BLOCK_CHARACTERS) return
    this.#filled = 0
    this.#hash.addNumber(this.#count)
    if (this.#count === this.#hashes.length) {
      const longer = new Float64Array(this.#count * 2)
      longer.set(this.#hashes)
      this.#hashes = longer
    }
    this.#hashes[this.#count++] = this.#hash.value
  }
}
