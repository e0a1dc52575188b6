/**
 * A text as a sparse vector of unit length: its words, pairs of words, and runs of three to five characters, hashed into
 * 2^18 places. Upper and lower case, digits of one number and kinds of white space are not told apart.
 */

/** Of places; ids of runs of characters lie in the lower half, those of words in the upper. */
export const HASHED_PLACES = 2 ** 18
/** Learned weights belong to the features they were learned on: whoever changes a feature raises this. */
export const HASHED_VERSION = 1

/** Of a longer text, the beginning and the end are read: instructions stand there. */
export const MOST_CHARACTERS = 4096
const HALF = HASHED_PLACES / 2
const LONGEST_RUN = 5
const SPACE = 0x20
const ZERO = 0x30
/** A space before and after; at most a word every other character, and a pair for each. */
const MOST_FEATURES = (MOST_CHARACTERS + 2) * 3 + MOST_CHARACTERS + 2

/** Of one text; all members are overwritten by the next call. */
export interface HashedFeatures {
  /** How many of `ids` and `values` are in use. */
  count: number
  /** Each once, in the order of first appearance, from 0 to `HASHED_PLACES` - 1. */
  ids: Int32Array
  /** Above 0; their squares sum up to 1, half by characters and half by words, where the text has both. */
  values: Float32Array
}

/** By UTF-16 unit below 128: as it is compared. Whatever a keyboard cannot write is a space. */
const FOLDED = new Uint8Array(128)
/** By UTF-16 unit below 128: 1 where it is part of a word. */
const IN_WORD = new Uint8Array(128)
for (let unit = 0; unit < 128; unit++) {
  const isUpper = unit >= 0x41 && unit <= 0x5a
  const isDigit = unit >= ZERO && unit <= 0x39
  FOLDED[unit] = unit <= SPACE || unit === 127 ? SPACE : isUpper ? unit + 32 : isDigit ? ZERO : unit
  IN_WORD[unit] = isDigit || isUpper || (unit >= 0x61 && unit <= 0x7a) || unit === 0x27 ? 1 : 0
}

/** Never waits, so that one set of buffers serves all callers. */
class FeatureReader implements HashedFeatures {
  readonly ids = new Int32Array(MOST_FEATURES)
  readonly values = new Float32Array(MOST_FEATURES)
  count = 0
  readonly #counts = new Uint16Array(HASHED_PLACES)
  readonly #units = new Uint16Array(MOST_CHARACTERS + 2 + LONGEST_RUN)

  read(text: string): this {
    this.count = 0
    const length = foldText(text, this.#units)
    if (length <= 2) return this
    const runs = this.#addRuns(length)
    const ofRuns = this.count
    const words = this.#addWords(length)
    this.#weigh(0, ofRuns, words === 0 ? runs : 2 * runs)
    this.#weigh(ofRuns, this.count, runs === 0 ? words : 2 * words)
    return this
  }

  /** Returns how many runs there are, repeated ones too. */
  #addRuns(length: number): number {
    const units = this.#units
    let runs = 0
    for (let at = 0; at + 3 <= length; at++) {
      let hash = mixed(mixed(mixed(0, units[at] as number), units[at + 1] as number), units[at + 2] as number)
      this.#add(spread(hash ^ 3) & (HALF - 1))
      runs++
      if (at + 4 > length) continue
      hash = mixed(hash, units[at + 3] as number)
      this.#add(spread(hash ^ 4) & (HALF - 1))
      runs++
      if (at + 5 > length) continue
      hash = mixed(hash, units[at + 4] as number)
      this.#add(spread(hash ^ 5) & (HALF - 1))
      runs++
    }
    return runs
  }

  /** Returns how many words and pairs of words there are. */
  #addWords(length: number): number {
    const units = this.#units
    let words = 0
    let before = 0
    let hash = 0
    for (let at = 0; at < length; at++) {
      const unit = units[at] as number
      if (unit > 127 || IN_WORD[unit] === 1) {
        hash = mixed(hash, unit)
      } else if (hash !== 0) {
        this.#add(HALF + (spread(hash) & (HALF - 1)))
        words++
        if (before !== 0) {
          this.#add(HALF + (spread(Math.imul(before, 31) ^ hash ^ 2) & (HALF - 1)))
          words++
        }
        before = hash
        hash = 0
      }
    }
    return words
  }

  #add(id: number): void {
    const counted = this.#counts[id] as number
    if (counted === 0) this.ids[this.count++] = id
    this.#counts[id] = counted + 1
  }

  /** What comes often counts by its root, so that no run of spaces speaks for the text. Clears the counts for the next one. */
  #weigh(from: number, to: number, total: number): void {
    for (let at = from; at < to; at++) {
      const id = this.ids[at] as number
      this.values[at] = Math.sqrt((this.#counts[id] as number) / total)
      this.#counts[id] = 0
    }
  }
}

/** Its buffers take a megabyte: who never asks does not pay for them. */
let reader: FeatureReader | undefined

/** Takes tens of microseconds for a paragraph, at most a few hundred. */
export function hashedFeatures(text: string): HashedFeatures {
  reader ??= new FeatureReader()
  return reader.read(text)
}

/** Writes the text as it is compared, a space before and after, and returns its length. */
function foldText(text: string, units: Uint16Array): number {
  units[0] = SPACE
  const isWhole = text.length <= MOST_CHARACTERS
  const half = MOST_CHARACTERS / 2
  let length = foldPart(text, 0, isWhole ? text.length : half, units, 1)
  if (!isWhole) length = foldPart(text, text.length - half, text.length, units, length)
  if (units[length - 1] !== SPACE) units[length++] = SPACE
  return length
}

function foldPart(text: string, from: number, to: number, units: Uint16Array, written: number): number {
  let length = written
  for (let at = from; at < to; at++) {
    const unit = text.charCodeAt(at)
    const folded = unit < 128 ? (FOLDED[unit] as number) : foldedBeyondAscii(unit)
    if (folded === SPACE && units[length - 1] === SPACE) continue
    units[length++] = folded
  }
  return length
}

/** Quotes as editors write them are the keyboard's; what is a space is one. Letters keep their accents, and lose their case. */
function foldedBeyondAscii(unit: number): number {
  if (unit === 0x2018 || unit === 0x2019) return 0x27
  if (unit === 0x201c || unit === 0x201d) return 0x22
  if (unit === 0xa0 || unit === 0x3000 || (unit >= 0x2000 && unit <= 0x200b)) return SPACE
  if (unit >= 0xc0 && unit <= 0xde && unit !== 0xd7) return unit + 32
  const isGreek = unit >= 0x391 && unit <= 0x3a9
  const isCyrillic = unit >= 0x410 && unit <= 0x42f
  return isGreek || isCyrillic ? unit + 32 : unit
}

/** Never 0 for a word, but for one chance in four thousand million. */
function mixed(hash: number, unit: number): number {
  return Math.imul(hash ^ unit ^ 0x9e3779b9, 0x01000193)
}

/** Lets the low bits, which choose the place, depend on all others. */
function spread(hash: number): number {
  const half = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  return half ^ (half >>> 13)
}
