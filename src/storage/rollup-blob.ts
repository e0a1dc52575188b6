/**
 * An hour's cells as bytes: whole numbers of variable length, and only those that are not zero. One read brings an hour
 * with all its sums, where a row a cell, with a column a figure, would take longer than a report may.
 */
import { addTo, figureSums, requestsIn } from './figure-sums.ts'
import type { Histogram } from './histogram.ts'
import { type PartSums, partSums } from './part-sums.ts'
import type { RollupCell, RollupSums } from './rollup-cell.ts'

const VERSION = 1

/** By the number of their labels. */
export function encodeCells(cells: Iterable<readonly [label: number, cell: RollupCell]>): Uint8Array {
  const bytes: number[] = [VERSION]
  for (const [label, cell] of cells) {
    writeNumber(bytes, label)
    writeSums(bytes, cell.sums)
    writeHistogram(bytes, cell.totalMs)
    writeHistogram(bytes, cell.firstChunkMs)
    writeNumber(bytes, cell.targets.length)
    for (const sums of cell.targets) writeSums(bytes, sums)
  }
  return Uint8Array.from(bytes)
}

/** What the input of an hour's cells consisted of, by the number of their labels. */
export function encodeParts(cells: Iterable<readonly [label: number, cell: RollupCell]>): Uint8Array {
  const bytes: number[] = [VERSION]
  for (const [label, cell] of cells) {
    writeNumber(bytes, label)
    writeSums(bytes, cell.parts)
    writeNumber(bytes, cell.targetParts.length)
    for (const sums of cell.targetParts) writeSums(bytes, sums)
  }
  return Uint8Array.from(bytes)
}

/** Which sums a cell counts in, by their numbers. */
export interface CellRoute {
  /** Those that count its requests, each once. */
  requests: readonly number[]
  /** The one that counts the attempts at each target. */
  targets: readonly number[]
  /** Those in whose bill its requests leave a gap. */
  unpriced: readonly number[]
}

/**
 * Adds an hour's cells up.
 * @param twice gets what is counted in a second row, a third and so on: rows less this are the total
 * @throws Error where a newer program wrote the bytes
 */
export function addCells(
  bytes: Uint8Array,
  routeOf: (label: number) => CellRoute,
  sumsOf: (number: number) => RollupSums,
  twice: RollupSums,
): void {
  const reader = new Reader(bytes)
  while (!reader.ended) {
    const route = routeOf(reader.number())
    const start = reader.at
    let requests = 0
    for (let index = 0; index < route.requests.length; index++) {
      const to = sumsOf(route.requests[index] ?? 0)
      reader.at = start
      requests = reader.addRequests(to)
      if (index === 0) continue
      reader.at = start
      reader.addRequests(twice)
    }
    for (let index = 0; index < route.unpriced.length; index++) {
      addTo(sumsOf(route.unpriced[index] ?? 0).sums, 'unpriced_requests', requests)
      if (index > 0) addTo(twice.sums, 'unpriced_requests', requests)
    }
    const targets = reader.number()
    for (let index = 0; index < targets; index++) reader.addSums(sumsOf(route.targets[index] ?? 0).sums)
  }
}

/** As `addCells`, for the parts of rows; totals have none. */
export function addParts(
  bytes: Uint8Array,
  routeOf: (label: number) => CellRoute,
  partsOf: (number: number) => PartSums | undefined,
): void {
  const reader = new Reader(bytes)
  while (!reader.ended) {
    const route = routeOf(reader.number())
    const start = reader.at
    for (const number of route.requests) {
      reader.at = start
      const to = partsOf(number)
      if (to !== undefined) reader.addSums(to)
    }
    const targets = reader.number()
    for (let index = 0; index < targets; index++) {
      const to = partsOf(route.targets[index] ?? 0)
      if (to !== undefined) reader.addSums(to)
    }
  }
}

/** Adds an hour's cells, and their parts where they are known, to those of a longer time. */
export function readCells(
  bytes: Uint8Array,
  parts: Uint8Array | null,
  cellOf: (label: number) => RollupCell,
): void {
  const reader = new Reader(bytes)
  while (!reader.ended) {
    const cell = cellOf(reader.number())
    reader.addRequests(cell)
    const targets = reader.number()
    for (let index = 0; index < targets; index++) reader.addSums(madeAt(cell.targets, index, figureSums))
  }
  if (parts === null) return
  const partReader = new Reader(parts)
  while (!partReader.ended) {
    const cell = cellOf(partReader.number())
    partReader.addSums(cell.parts)
    const targets = partReader.number()
    for (let index = 0; index < targets; index++) {
      partReader.addSums(madeAt(cell.targetParts, index, partSums))
    }
  }
}

function madeAt(list: Float64Array[], index: number, make: () => Float64Array): Float64Array {
  const known = list[index] ?? make()
  list[index] = known
  return known
}

class Reader {
  readonly #bytes: Uint8Array
  at = 1

  constructor(bytes: Uint8Array) {
    if (bytes[0] !== VERSION)
      throw new Error(`a rollup has format ${bytes[0]}, which this version does not read`)
    this.#bytes = bytes
  }

  get ended(): boolean {
    return this.at >= this.#bytes.length
  }

  number(): number {
    let byte = this.#bytes[this.at++] ?? 0
    if (byte < 128) return byte
    let value = byte - 128
    // Sums outgrow 32 bits, so that shifting would not do.
    for (let factor = 128; byte >= 128; factor *= 128) {
      byte = this.#bytes[this.at++] ?? 0
      value += (byte & 127) * factor
    }
    return value
  }

  /** @returns how many */
  addRequests({ sums, totalMs, firstChunkMs }: RollupSums): number {
    const before = requestsIn(sums)
    this.addSums(sums)
    this.addHistogram(totalMs)
    this.addHistogram(firstChunkMs)
    return requestsIn(sums) - before
  }

  addSums(sums: Float64Array): void {
    const fields = this.number()
    for (let index = 0; index < fields; index++) {
      const place = this.number()
      const folded = this.number()
      sums[place] = (sums[place] ?? 0) + (folded % 2 === 0 ? folded / 2 : -(folded + 1) / 2)
    }
  }

  addHistogram(histogram: Histogram): void {
    const buckets = this.number()
    let bucket = 0
    for (let index = 0; index < buckets; index++) {
      bucket += this.number()
      histogram.addBucket(bucket, this.number())
    }
  }
}

function writeNumber(bytes: number[], value: number): void {
  let rest = value
  while (rest >= 128) {
    bytes.push((rest % 128) + 128)
    rest = Math.floor(rest / 128)
  }
  bytes.push(rest)
}

/** Savings may be below zero: the sign goes into the lowest bit. */
function writeSums(bytes: number[], sums: Float64Array): void {
  const places: number[] = []
  for (let place = 0; place < sums.length; place++) if (sums[place] !== 0) places.push(place)
  writeNumber(bytes, places.length)
  for (const place of places) {
    const sum = sums[place] ?? 0
    writeNumber(bytes, place)
    writeNumber(bytes, sum >= 0 ? sum * 2 : -sum * 2 - 1)
  }
}

function writeHistogram(bytes: number[], histogram: Histogram): void {
  const buckets: (readonly [number, number])[] = []
  histogram.forEachBucket((bucket, count) => buckets.push([bucket, count]))
  writeNumber(bytes, buckets.length)
  let before = 0
  for (const [bucket, count] of buckets) {
    writeNumber(bytes, bucket - before)
    writeNumber(bytes, count)
    before = bucket
  }
}
