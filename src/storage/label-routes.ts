/** Which rows of a report labels lead to: labels that no dimension tells apart share a number. */
import type { ReportDimension } from '../metering/reports.ts'
import { isTargetDimension } from './report-builder.ts'
import type { CellRoute } from './rollup-blob.ts'
import { ROLLUP_DIMENSIONS, type RollupLabels } from './rollup-cell.ts'

/** Labels of such a row, and one of their targets. */
interface Example {
  labels: RollupLabels
  target: RollupLabels['targets'][number] | undefined
}

export class LabelRoutes {
  readonly #by: readonly ReportDimension[]
  readonly #labelsOf: (label: number) => RollupLabels
  readonly #routes = new Map<number, CellRoute>()
  readonly #numbers = new Map<string, number>()
  readonly #examples: Example[] = []

  constructor(by: readonly ReportDimension[], labelsOf: (label: number) => RollupLabels) {
    this.#by = by
    this.#labelsOf = labelsOf
  }

  example(number: number): Example | undefined {
    return this.#examples[number]
  }

  readonly routeOf = (label: number): CellRoute => {
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

  #numberOf(labels: RollupLabels, target: Example['target']): number {
    const told = this.#by.map((dimension) => {
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
