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
  /** By label: asked for each entry, which an array answers faster than a map. */
  readonly #routes: (CellRoute | undefined)[] = []
  readonly #only: number[] = []
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
    let route = this.#routes[label]
    if (route === undefined) {
      route = this.#newRoute(this.#labelsOf(label))
      this.#routes[label] = route
    }
    return route
  }

  /** The number of the one row that entries without a target of their own count in; -1 where `routeOf` says more. */
  onlyNumberOf(label: number): number {
    let only = this.#only[label]
    if (only === undefined) {
      const { requests, targets, unpriced } = this.routeOf(label)
      const isOnly = requests.length === 1 && (targets.length < 2 || unpriced.length === 0)
      only = isOnly ? (requests[0] ?? -1) : -1
      this.#only[label] = only
    }
    return only
  }

  #newRoute(labels: RollupLabels): CellRoute {
    const targets = labels.targets.map((target) => this.#numberOf(labels, target))
    const unpriced = targets.filter((_, index) => labels.targets[index]?.unpriced)
    const requests = targets.length === 0 ? [this.#numberOf(labels, undefined)] : targets
    return { requests: [...new Set(requests)], targets, unpriced: [...new Set(unpriced)] }
  }

  #numberOf(labels: RollupLabels, target: Example['target']): number {
    const told = this.#by.map((dimension) => {
      if (isTargetDimension(dimension)) return target?.[dimension] || null
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
