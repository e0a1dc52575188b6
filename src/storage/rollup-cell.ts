/** What the requests of one hour with the same labels sum to, and how such sums are told apart. */
import type { CacheOutcome } from '../metering/ledger.ts'
import type { ReportDimension } from '../metering/reports.ts'
import { addAttemptSums, addRequestSums, type FigureSums, figureSums, isUnpriced } from './figure-sums.ts'
import { Histogram } from './histogram.ts'
import type { ReportedAttempt, ReportedRequest } from './report-builder.ts'

/** Those of a request itself. Users and tags have no bound: only the requests' own rows tell of them. */
export const ROLLUP_DIMENSIONS: readonly ReportDimension[] = [
  'workflow',
  'step',
  'tier',
  'rule',
  'key',
  'team',
  'tenant',
]

export type Mechanism = 'exact' | 'coalesced' | 'none'

export interface RollupLabels {
  /** In the order of ROLLUP_DIMENSIONS. */
  values: readonly (string | null)[]
  mechanism: Mechanism
  /**
   * All models that each of these requests tried, so that a request which tried several counts once in whichever rows
   * they fall. `unpriced`: the request made an attempt there that leaves a gap in the bill.
   */
  targets: readonly RollupTarget[]
}

interface RollupTarget {
  provider: string
  model: string
  unpriced: boolean
}

export interface RollupSums {
  sums: FigureSums
  totalMs: Histogram
  firstChunkMs: Histogram
}

/** Its own sums are what requests count for themselves. */
export interface RollupCell extends RollupSums {
  /** What their attempts count, in the order of the labels' targets. */
  targets: FigureSums[]
}

export function emptySums(): RollupSums {
  return { sums: figureSums(), totalMs: new Histogram(), firstChunkMs: new Histogram() }
}

/** What answered in a provider's place. */
export function mechanismOf(cache: CacheOutcome | null): Mechanism {
  return cache === 'exact' || cache === 'coalesced' ? cache : 'none'
}

/** `request` has its labels in the order of ROLLUP_DIMENSIONS. */
export function rollupLabels(request: ReportedRequest): RollupLabels {
  const targets: RollupTarget[] = []
  for (const attempt of request.attempts) {
    const known = targets.find((target) => leadsTo(attempt, target))
    const unpriced = isUnpriced(attempt)
    if (known === undefined) targets.push({ provider: attempt.provider, model: attempt.model, unpriced })
    else known.unpriced ||= unpriced
  }
  return { values: request.labels, mechanism: mechanismOf(request.cache), targets }
}

/** `labels` are the request's own. */
export function addToCell(cell: RollupCell, request: ReportedRequest, labels: RollupLabels): void {
  addRequestSums(cell.sums, request)
  if (request.totalMs !== null) cell.totalMs.add(request.totalMs)
  if (request.firstChunkMs !== null) cell.firstChunkMs.add(request.firstChunkMs)
  for (const [index, target] of labels.targets.entries()) {
    const sums = cell.targets[index] ?? figureSums()
    cell.targets[index] = sums
    for (const attempt of request.attempts) {
      if (leadsTo(attempt, target)) addAttemptSums(sums, request, attempt)
    }
  }
}

function leadsTo(attempt: ReportedAttempt, target: RollupTarget): boolean {
  return attempt.provider === target.provider && attempt.model === target.model
}
