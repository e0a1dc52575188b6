/**
 * Counters, gauges and histograms in Prometheus' text format, on any runtime. Not prom-client, which needs Node and
 * took 2.2 µs of CPU for the observations of one request, before any bound on labels.
 */

/** What stands for every value of a label beyond those that are told apart. */
export const OTHER = 'other'

const MOST_VALUES = 100
const MOST_SERIES = 2000

export interface Sample {
  labels: readonly string[]
  value: number
}

interface Family {
  name: string
  help: string
  type: 'counter' | 'gauge' | 'histogram'
  lines(): string[]
}

/** All metrics of one process. */
export class Metrics {
  readonly #families: Family[] = []

  /** `divideBy` lets what must stay exact be counted in whole small units: nano-dollars, exposed as dollars. */
  counter(name: string, help: string, labels: readonly string[], divideBy = 1): Counter {
    const counter = new Counter(name, labels, divideBy)
    this.#families.push({ name, help, type: 'counter', lines: () => counter.lines() })
    return counter
  }

  /** `bounds` are upper ones, ascending, in seconds. */
  histogram(name: string, help: string, labels: readonly string[], bounds: readonly number[]): Histogram {
    const histogram = new Histogram(name, labels, bounds)
    this.#families.push({ name, help, type: 'histogram', lines: () => histogram.lines() })
    return histogram
  }

  /** Asked for its values when somebody reads them. */
  gauge(name: string, help: string, labels: readonly string[], read: () => readonly Sample[]): void {
    const lines = (): string[] =>
      read().map((sample) => `${name}${labelText(labels, sample.labels)} ${figure(sample.value)}`)
    this.#families.push({ name, help, type: 'gauge', lines })
  }

  /** The text format, version 0.0.4. */
  expose(): string {
    const lines: string[] = []
    for (const { name, help, type, lines: samples } of this.#families) {
      lines.push(`# HELP ${name} ${help.replace(/\\/g, '\\\\').replace(/\n/g, '\\n')}`)
      lines.push(`# TYPE ${name} ${type}`, ...samples())
    }
    return `${lines.join('\n')}\n`
  }
}

/** Keeps the values of a label few: what callers make up must not become a series each. */
export class BoundedLabel {
  readonly #told = new Set<string>()
  readonly #most: number

  constructor(most: number = MOST_VALUES) {
    this.#most = most
  }

  has(value: string): boolean {
    return this.#told.has(value)
  }

  /** The value itself while there is room for it. */
  of(value: string): string {
    if (this.#told.has(value)) return value
    if (this.#told.size >= this.#most) return OTHER
    this.#told.add(value)
    return value
  }
}

/** The series of one metric by their labels' values; one too many is counted with all others. */
class SeriesByLabels<Series> {
  readonly #names: readonly string[]
  readonly #make: (labels: string) => Series
  readonly #series = new Map<string, Series>()

  constructor(names: readonly string[], make: (labels: string) => Series) {
    this.#names = names
    this.#make = make
  }

  of(values: readonly string[]): Series {
    const found = this.#series.get(values.join('\n'))
    if (found !== undefined) return found
    const within = this.#series.size < MOST_SERIES ? values : values.map(() => OTHER)
    const key = within.join('\n')
    const series = this.#series.get(key) ?? this.#make(labelText(this.#names, within))
    this.#series.set(key, series)
    return series
  }

  all(): Iterable<Series> {
    return this.#series.values()
  }
}

export class Counter {
  readonly #name: string
  readonly #divideBy: number
  readonly #series: SeriesByLabels<{ labels: string; count: number }>

  constructor(name: string, labels: readonly string[], divideBy: number) {
    this.#name = name
    this.#divideBy = divideBy
    this.#series = new SeriesByLabels(labels, (text) => ({ labels: text, count: 0 }))
  }

  add(labels: readonly string[], amount: number): void {
    this.#series.of(labels).count += amount
  }

  lines(): string[] {
    return [...this.#series.all()].map(
      ({ labels, count }) => `${this.#name}${labels} ${figure(count / this.#divideBy)}`,
    )
  }
}

export class Histogram {
  readonly #name: string
  readonly #bounds: readonly number[]
  readonly #series: SeriesByLabels<{ labels: string; counts: number[]; sum: number }>

  constructor(name: string, labels: readonly string[], bounds: readonly number[]) {
    this.#name = name
    this.#bounds = bounds
    this.#series = new SeriesByLabels(labels, (text) => ({
      labels: text,
      counts: new Array<number>(bounds.length + 1).fill(0),
      sum: 0,
    }))
  }

  observe(labels: readonly string[], seconds: number): void {
    const series = this.#series.of(labels)
    let index = 0
    while (index < this.#bounds.length && seconds > (this.#bounds[index] ?? 0)) index++
    series.counts[index] = (series.counts[index] ?? 0) + 1
    series.sum += seconds
  }

  lines(): string[] {
    return [...this.#series.all()].flatMap(({ labels, counts, sum }) => {
      let below = 0
      const buckets = counts.map((count, index) => {
        below += count
        const bound = this.#bounds[index] === undefined ? '+Inf' : String(this.#bounds[index])
        const all = labels === '' ? `{le="${bound}"}` : `${labels.slice(0, -1)},le="${bound}"}`
        return `${this.#name}_bucket${all} ${below}`
      })
      return [
        ...buckets,
        `${this.#name}_sum${labels} ${figure(sum)}`,
        `${this.#name}_count${labels} ${below}`,
      ]
    })
  }
}

/** `{workflow="a",model="b"}`, or nothing where there are no labels. */
function labelText(names: readonly string[], values: readonly string[]): string {
  if (names.length === 0) return ''
  return `{${names.map((name, index) => `${name}="${escaped(values[index] ?? '')}"`).join(',')}}`
}

function escaped(value: string): string {
  return value.replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n')
}

function figure(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return '+Inf'
  return value === Number.NEGATIVE_INFINITY ? '-Inf' : String(value)
}
