/** What a model server prints on `/metrics` → one shape for all of them. */
import { readExposition } from './exposition.ts'
import { LLAMACPP } from './llamacpp.ts'
import { SGLANG } from './sglang.ts'
import { TEI } from './tei.ts'
import { TRITON } from './triton.ts'
import { VLLM } from './vllm.ts'
import type { Figure, Series, Vocabulary } from './vocabulary.ts'

/** Undefined is what the server does not tell. Counts are since its start. */
export interface ServerMetrics {
  server: string
  running: number | undefined
  waiting: number | undefined
  /** From 0 to 1. */
  kvUsage: number | undefined
  cached: number | undefined
  queried: number | undefined
  queueSeconds: number | undefined
  queued: number | undefined
}

const VOCABULARIES: readonly Vocabulary[] = [VLLM, SGLANG, LLAMACPP, TEI, TRITON]
/** No count that is one is larger, and sums of it stay numbers. */
const MOST = Number.MAX_SAFE_INTEGER
const FIGURES = ['running', 'waiting', 'kvUsage', 'cached', 'queried', 'queueSeconds', 'queued'] as const

/** Every series that says something, by its name. */
const WANTED = new Map<string, readonly Tally[]>()

/** What was read of one series. */
interface Tally {
  readonly series: Series
  readonly vocabulary: Vocabulary
  readonly isShare: boolean
}

for (const vocabulary of VOCABULARIES)
  for (const figure of FIGURES)
    for (const series of (vocabulary[figure] ?? []).flat())
      WANTED.set(series.name, [
        ...(WANTED.get(series.name) ?? []),
        { series, vocabulary, isShare: figure === 'kvUsage' },
      ])

/**
 * Several models or engines of one server are summed up. Never throws.
 * @returns undefined where nothing of it is known: another program's metrics, or no metrics at all
 */
export function readServerMetrics(text: string): ServerMetrics | undefined {
  const told = new Map<Series, Groups>()
  readExposition(text, {
    wants: (name) => WANTED.has(name),
    sample: (name, labels, value) => {
      if (!(value >= 0 && value <= MOST)) return
      for (const tally of WANTED.get(name) ?? []) add(told, tally, labels, value)
    },
  })
  for (const vocabulary of VOCABULARIES) {
    const metrics = metricsIn(vocabulary, told)
    if (metrics !== undefined) return metrics
  }
  return undefined
}

/** Ranks that tell the same are one group, of which the largest counts. */
type Groups = Map<string, number>

function add(
  told: Map<Series, Groups>,
  { series, vocabulary: { ranks = [], parts }, isShare }: Tally,
  labels: ReadonlyMap<string, string>,
  value: number,
): void {
  if (parts !== undefined && (labels.get(parts) ?? '') !== '') return
  for (const [label, wanted] of Object.entries(series.where ?? {})) if (labels.get(label) !== wanted) return
  const groups = told.get(series) ?? new Map<string, number>()
  told.set(series, groups)
  const rest = [...labels].filter(([label]) => !ranks.includes(label))
  const group = isShare ? '' : JSON.stringify(rest)
  groups.set(group, Math.max(groups.get(group) ?? 0, value))
}

function metricsIn(vocabulary: Vocabulary, told: ReadonlyMap<Series, Groups>): ServerMetrics | undefined {
  const figure = (name: (typeof FIGURES)[number]): number | undefined =>
    figureOf(vocabulary[name] ?? [], told)
  const kvUsage = figure('kvUsage')
  const metrics = { running: figure('running'), waiting: figure('waiting'), kvUsage: share(kvUsage) }
  if (Object.values(metrics).every((value) => value === undefined)) return undefined
  return {
    server: vocabulary.server,
    ...metrics,
    cached: figure('cached'),
    queried: figure('queried'),
    queueSeconds: figure('queueSeconds'),
    queued: figure('queued'),
  }
}

function figureOf(figure: Figure, told: ReadonlyMap<Series, Groups>): number | undefined {
  for (const way of figure) {
    let sum: number | undefined = 0
    for (const series of way) {
      const groups = told.get(series)
      sum = groups === undefined || sum === undefined ? undefined : sum + sumOf(groups) * (series.times ?? 1)
    }
    if (sum !== undefined) return sum
  }
  return undefined
}

function sumOf(groups: Groups): number {
  let sum = 0
  for (const value of groups.values()) sum += value
  return sum
}

/** What is far beyond 1 is no share. */
function share(value: number | undefined): number | undefined {
  return value === undefined || value > 1.05 ? undefined : Math.min(1, value)
}
