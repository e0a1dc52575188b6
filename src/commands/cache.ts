/** `trimtab cache stats | purge`: what is remembered, and forgetting it. */
import type { ExactStoreStats } from '../cache/exact-store.ts'
import type { SemanticStats } from '../storage/semantic-stats.ts'
import type { Output } from './output.ts'
import { sparkline } from './sparkline.ts'
import { type Column, textTable } from './table.ts'

interface CacheFigures {
  exact: ExactStoreStats
  semantic: SemanticStats
}

export function cacheStats(
  { exact, semantic }: CacheFigures,
  { json }: { json?: boolean },
  output: Output,
): number {
  if (json === true) {
    output.out(JSON.stringify({ exact, semantic: semanticJson(semantic) }))
    return 0
  }
  output.out(`exact     ${exact.answers} answers, ${megabytes(exact.bytes)}`)
  const place = semantic.bytes === null ? 'in Qdrant' : megabytes(semantic.bytes)
  output.out(`semantic  ${semantic.entries} ${semantic.entries === 1 ? 'question' : 'questions'}, ${place}`)
  if (semantic.evidence.length > 0) output.out(`\n${evidenceTable(semantic)}`)
  return 0
}

/** Shares and rates are 0 to 1; bounds are of 95 %. */
function semanticJson({ entries, bytes, evidence }: SemanticStats): object {
  const workflows = evidence.map(({ workflow, embedder, confidence, similarities, report }) => ({
    workflow,
    embedder,
    warming: report.warming,
    requests: confidence.requests,
    served_share: report.servedShare,
    risk_threshold: report.riskThreshold,
    audited: report.audited,
    wrong: report.auditedWrong,
    wrong_per_hit: { lower: report.wrongPerHit[0], upper: report.wrongPerHit[1] },
    wrong_per_request_upper: report.upperBound,
    similarities,
  }))
  return { entries, bytes, workflows }
}

const COLUMNS: readonly Column[] = [
  { title: 'workflow', align: 'left' },
  { title: 'may serve', align: 'right' },
  { title: 'audited', align: 'right' },
  { title: 'wrong', align: 'right' },
  { title: 'wrong per hit', align: 'right' },
  { title: 'per request at most', align: 'right' },
  { title: 'similarity 0 to 1', align: 'left' },
]

function evidenceTable({ evidence }: SemanticStats): string {
  const rows = evidence.map(({ workflow, similarities, report }) => [
    workflow,
    percent(report.servedShare),
    String(report.audited),
    String(report.auditedWrong),
    report.audited === 0 ? '' : `${percent(report.wrongPerHit[0])} to ${percent(report.wrongPerHit[1])}`,
    percent(report.upperBound),
    sparkline(similarities),
  ])
  return textTable(COLUMNS, rows)
}

function percent(share: number): string {
  return `${(share * 100).toFixed(2)}%`
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`
}

interface Purged {
  exact: number
  semantic: number
}

export function cachePurged(gone: Purged, { json }: { json?: boolean }, output: Output): number {
  const all = gone.exact + gone.semantic
  if (json === true) output.out(JSON.stringify({ purged: all, ...gone }))
  else
    output.out(`Forgot ${all} ${all === 1 ? 'answer' : 'answers'}; running servers follow within a second.`)
  return 0
}
