/** Adds hours that were summed up to a report, all of one hour, day or month together where it asks for those. */
import type { ReportQuery } from '../metering/reports.ts'
import { localTimes } from './local-time.ts'
import { isTimeDimension, type ReportBuilder } from './report-builder.ts'
import { addCells } from './rollup-blob.ts'
import { emptyCell, type RollupCell, type RollupLabels } from './rollup-cell.ts'

/** Most labels come back hour after hour, so that their sums are added up before they are put into their groups. */
export class RollupSpan {
  readonly #builder: ReportBuilder
  readonly #labelsOf: (label: number) => RollupLabels
  readonly #timeOf: (hour: number) => string
  readonly #cells = new Map<number, RollupCell>()
  #at = 0
  #time: string | undefined

  constructor(query: ReportQuery, builder: ReportBuilder, labelsOf: (label: number) => RollupLabels) {
    this.#builder = builder
    this.#labelsOf = labelsOf
    const times = query.by.filter(isTimeDimension)
    const localTime = localTimes(query.timeZone)
    this.#timeOf = times.length === 0 ? () => '' : (hour) => times.map((time) => localTime(hour)[time]).join()
  }

  /** In rising order; `hour` is when it begins. */
  add(hour: number, cells: Uint8Array): void {
    const time = this.#timeOf(hour)
    if (time !== this.#time) this.end()
    this.#time = time
    this.#at = hour
    addCells(cells, (label) => {
      let cell = this.#cells.get(label)
      if (cell === undefined) {
        cell = emptyCell()
        this.#cells.set(label, cell)
      }
      return cell
    })
  }

  /** To be called after the last hour. */
  end(): void {
    for (const [label, cell] of this.#cells) this.#builder.addCell(this.#at, cell, this.#labelsOf(label))
    this.#cells.clear()
  }
}
