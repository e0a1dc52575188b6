/** Adds hours that were summed up to a report, straight into the sums of its rows. */
import type { ReportQuery } from '../metering/reports.ts'
import { localTimes } from './local-time.ts'
import { isTargetDimension, isTimeDimension, type ReportBuilder } from './report-builder.ts'
import { addCells, type CellRoute } from './rollup-blob.ts'
import { emptySums, ROLLUP_DIMENSIONS, type RollupLabels, type RollupSums } from './rollup-cell.ts'

/** Labels that no dimension tells apart share a number, and at each time a row; most come back hour after hour. */
export class RollupSpan {
  readonly #query: ReportQuery
  readonly #builder: ReportBuilder
  readonly #labelsOf: (label: number) => RollupLabels
  readonly #timeOf: (hour: number) => string
  readonly #routes = new Map<number, CellRoute>()
  readonly #numbers = new Map<string, number>()
  /** By number: labels of such a row, and one of their targets. */
  readonly #examples: { labels: RollupLabels; target: RollupLabels['targets'][number] | undefined }[] = []
  /** By number, at the present time. */
  #sums: (RollupSums | undefined)[] = []
  readonly #twice = emptySums()
  #at = 0
  #time: string | undefined

  constructor(query: ReportQuery, builder: ReportBuilder, labelsOf: (label: number) => RollupLabels) {
    this.#query = query
    this.#builder = builder
    this.#labelsOf = labelsOf
    const times = query.by.filter(isTimeDimension)
    const localTime = localTimes(query.timeZone)
    this.#timeOf = times.length === 0 ? () => '' : (hour) => times.map((time) => localTime(hour)[time]).join()
  }

  /** In rising order; `hour` is when it begins. */
  add(hour: number, cells: Uint8Array): void {
    const time = this.#timeOf(hour)
    if (time !== this.#time) this.#endTime()
    this.#time = time
    this.#at = hour
    addCells(cells, this.#routeOf, this.#sumsOf, this.#twice)
  }

  /** To be called after the last hour, and before the report counts anything else. */
  end(): void {
    if (this.#time === undefined) return
    this.#endTime()
    this.#builder.addTotals(this.#twice, -1)
  }

  #endTime(): void {
    for (const sums of this.#sums) if (sums !== undefined) this.#builder.addTotals(sums, 1)
    this.#sums = []
  }

  readonly #sumsOf = (number: number): RollupSums => {
    let sums = this.#sums[number]
    if (sums === undefined) {
      const example = this.#examples[number]
      const isRow = this.#query.by.length > 0 && example !== undefined
      sums = isRow ? this.#builder.rollupOf(this.#at, example.labels, example.target) : emptySums()
      this.#sums[number] = sums
    }
    return sums
  }

  readonly #routeOf = (label: number): CellRoute => {
    let route = this.#routes.get(label)
    if (route === undefined) {
      route = this.#newRoute(this.#labelsOf(label))
      this.#routes.set(label, route)
    }
    return route
  }

  #newRoute(labels: RollupLabels): CellRoute {
    const targets = labels.targets.map((target) => this.#numberOf(labels, target))
    const unpriced = targets.filter((_, index) => labels.targets[index]?.unpriced)
    const requests = targets.length === 0 ? [this.#numberOf(labels, undefined)] : targets
    return { requests: [...new Set(requests)], targets, unpriced: [...new Set(unpriced)] }
  }

  #numberOf(labels: RollupLabels, target: RollupLabels['targets'][number] | undefined): number {
    const told = this.#query.by.map((dimension) => {
      if (isTargetDimension(dimension)) return target?.[dimension]
      if (dimension === 'mechanism') return labels.mechanism
      return labels.values[ROLLUP_DIMENSIONS.indexOf(dimension)]
    })
    const key = JSON.stringify(told)
    let number = this.#numbers.get(key)
    if (number === undefined) {
      number = this.#examples.push({ labels, target }) - 1
      this.#numbers.set(key, number)
    }
    return number
  }
}
