/** A column of numbers that come in one after the other, kept as narrow as they allow: an hour has 40 of them. */

export type Values = Uint8Array | Uint16Array | Int32Array | Float64Array
/** Bytes a value. */
export type Width = 1 | 2 | 4 | 8

const FIRST_PLACES = 1024

export class GrowingColumn {
  #values: Values = new Uint8Array(FIRST_PLACES)
  #width: Width = 1

  /** A whole number. */
  set(place: number, value: number): void {
    const width = widthOf(value)
    if (width > this.#width || place >= this.#values.length)
      this.#grow(Math.max(width, this.#width) as Width, place)
    this.#values[place] = value
  }

  /** Those of the first `entries` places, 0 where nothing was set. */
  values(entries: number): Values {
    if (entries > this.#values.length) this.#grow(this.#width, entries - 1)
    return this.#values.subarray(0, entries)
  }

  #grow(width: Width, place: number): void {
    const { length } = this.#values
    const wider = valuesOf(width, place < length ? length : Math.max(2 * length, place + 1))
    wider.set(this.#values)
    this.#values = wider
    this.#width = width
  }
}

export function valuesOf(width: number, length: number): Values {
  if (width === 1) return new Uint8Array(length)
  if (width === 2) return new Uint16Array(length)
  return width === 4 ? new Int32Array(length) : new Float64Array(length)
}

/** The narrowest that holds a whole number. */
export function widthOf(value: number): Width {
  if (value < 0) return value >= -(2 ** 31) ? 4 : 8
  return value < 2 ** 8 ? 1 : value < 2 ** 16 ? 2 : value < 2 ** 31 ? 4 : 8
}
