/** Adds hours that were summed up to the rows of a report. */
import type { LabelRoutes } from './label-routes.ts'
import type { PartSums } from './part-sums.ts'
import type { ReportBuilder } from './report-builder.ts'
import { addCells, addParts } from './rollup-blob.ts'
import { addRollupSums, clearSums, emptySums, type RollupSums } from './rollup-cell.ts'

/** Sums up each time by itself, number by number of the routes; most labels come back hour after hour. */
export class RollupSpan {
  readonly #builder: ReportBuilder
  readonly #routes: LabelRoutes
  readonly #timeOf: (hour: number) => string
  readonly #withParts: boolean
  /** By number, at the present time; those that count anything then are in `#present`. */
  readonly #sums: (RollupSums | undefined)[] = []
  readonly #isPresent: boolean[] = []
  #present: number[] = []
  readonly #twice = emptySums()
  #at = 0
  #time: string | undefined

  /** `timeOf` tells times apart that have rows of their own. */
  constructor(
    builder: ReportBuilder,
    routes: LabelRoutes,
    withParts: boolean,
    timeOf: (hour: number) => string,
  ) {
    this.#builder = builder
    this.#routes = routes
    this.#withParts = withParts
    this.#timeOf = timeOf
  }

  /** Those of an hour or a day, in rising order; `hour` is when it begins. An older version left no `parts`. */
  add(hour: number, cells: Uint8Array, parts: Uint8Array | null): void {
    const time = this.#timeOf(hour)
    if (time !== this.#time) this.#endTime()
    this.#time = time
    this.#at = hour
    addCells(cells, this.#routes.routeOf, this.#sumsOf, this.#twice)
    if (parts !== null) addParts(parts, this.#routes.routeOf, this.#partsOf)
  }

  /** To be called after the last hour. */
  end(): void {
    if (this.#time === undefined) return
    this.#endTime()
    this.#builder.addTotals(this.#twice, -1)
  }

  #endTime(): void {
    for (const number of this.#present) {
      const sums = this.#sums[number]
      const example = this.#routes.example(number)
      if (sums === undefined || example === undefined) continue
      this.#builder.addTotals(sums, 1)
      const row = this.#builder.rollupOf(this.#at, example.labels, example.target)
      if (row !== undefined) addRollupSums(row, sums)
      clearSums(sums)
      this.#isPresent[number] = false
    }
    this.#present = []
  }

  readonly #sumsOf = (number: number): RollupSums => {
    let sums = this.#sums[number]
    if (sums === undefined) {
      sums = emptySums(this.#withParts)
      this.#sums[number] = sums
    }
    if (!this.#isPresent[number]) {
      this.#isPresent[number] = true
      this.#present.push(number)
    }
    return sums
  }

  readonly #partsOf = (number: number): PartSums | undefined => this.#sumsOf(number).parts
}
