/** A strict parser of Prometheus' text format 0.0.4: whatever the format does not allow is thrown at. */

export interface ParsedMetric {
  name: string
  type: 'counter' | 'gauge' | 'histogram'
  samples: readonly { name: string; labels: Readonly<Record<string, string>>; value: number }[]
}

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/
const LABEL_NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/

/** @throws Error at the first line that is not of the format */
export function parseMetrics(text: string): ReadonlyMap<string, ParsedMetric> {
  if (!text.endsWith('\n')) throw new Error('the last line does not end')
  const metrics = new Map<string, ParsedMetric & { samples: ParsedMetric['samples'][number][] }>()
  let current: (ParsedMetric & { samples: ParsedMetric['samples'][number][] }) | undefined
  let helped: string | undefined
  const seen = new Set<string>()
  for (const line of text.slice(0, -1).split('\n')) {
    const help = /^# HELP (\S+) (.+)$/.exec(line)
    const type = /^# TYPE (\S+) (counter|gauge|histogram)$/.exec(line)
    if (help) helped = help[1]
    else if (type) {
      const name = type[1] ?? ''
      if (!NAME.test(name) || name !== helped || metrics.has(name)) throw new Error(`wrong family: ${line}`)
      current = { name, type: type[2] as ParsedMetric['type'], samples: [] }
      metrics.set(name, current)
    } else {
      const sample = parseSample(line)
      const bare =
        current?.type === 'histogram' ? sample.name.replace(/_(bucket|sum|count)$/, '') : sample.name
      if (current === undefined || bare !== current.name) throw new Error(`outside of its family: ${line}`)
      const key = `${sample.name}${JSON.stringify(Object.entries(sample.labels).sort())}`
      if (seen.has(key)) throw new Error(`said twice: ${line}`)
      seen.add(key)
      current.samples.push(sample)
    }
  }
  for (const metric of metrics.values()) checkValues(metric)
  return metrics
}

/** The value of the sample with these labels among its own; 0 where there is none. */
export function sampleSum(
  metrics: ReadonlyMap<string, ParsedMetric>,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): number {
  return [...metrics.values()]
    .flatMap(({ samples }) => samples)
    .filter((sample) => sample.name === name)
    .filter((sample) => Object.entries(labels).every(([label, value]) => sample.labels[label] === value))
    .reduce((sum, sample) => sum + sample.value, 0)
}

function parseSample(line: string) {
  const name = /^[^{ ]+/.exec(line)?.[0] ?? ''
  if (!NAME.test(name)) throw new Error(`no name: ${line}`)
  const labels: Record<string, string> = {}
  let at = name.length
  if (line[at] === '{') {
    at++
    for (;;) {
      const label = /^([^=]+)="((?:[^"\\]|\\["\\n])*)"/.exec(line.slice(at))
      if (!label || !LABEL_NAME.test(label[1] ?? '') || (label[1] ?? '') in labels) {
        throw new Error(`wrong label: ${line}`)
      }
      labels[label[1] ?? ''] = unescaped(label[2] ?? '')
      at += label[0].length
      if (line[at] === '}') break
      if (line[at++] !== ',') throw new Error(`no comma: ${line}`)
    }
    at++
  }
  const figure = /^ (\S+)$/.exec(line.slice(at))?.[1]
  if (figure === undefined || !/^(?:[+-]Inf|NaN|-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)$/.test(figure)) {
    throw new Error(`no value: ${line}`)
  }
  return { name, labels, value: Number(figure.replace('Inf', 'Infinity')) }
}

function unescaped(text: string): string {
  return text.replace(/\\(["\\n])/g, (_, escaped) => (escaped === 'n' ? '\n' : escaped))
}

function checkValues({ name, type, samples }: ParsedMetric): void {
  if (type !== 'gauge' && samples.some(({ value }) => !(value >= 0))) throw new Error(`${name} is negative`)
  if (type !== 'histogram') return
  const series = new Map<string, number[]>()
  for (const { name: sample, labels, value } of samples.filter(({ labels }) => 'le' in labels)) {
    const { le, ...rest } = labels
    const key = `${sample}${JSON.stringify(rest)}`
    const before = series.get(key) ?? []
    if ((before.at(-1) ?? 0) > value) throw new Error(`${name} falls at le=${le}`)
    series.set(key, [...before, value])
    if (le !== '+Inf') continue
    const count = samples.find(
      (other) => other.name === `${name}_count` && JSON.stringify(other.labels) === JSON.stringify(rest),
    )
    if (count?.value !== value) throw new Error(`${name} counts otherwise than its last bucket`)
  }
}
