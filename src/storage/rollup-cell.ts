/** What the requests of one hour with the same labels sum to, and how such sums are told apart. */
import type { ReportDimension } from '../metering/reports.ts'
import {
  addAttemptSums,
  addRequestSums,
  addSums,
  type FigureSums,
  figureSums,
  isUnpriced,
} from './figure-sums.ts'
import { Histogram } from './histogram.ts'
import { type Mechanism, mechanismOf } from './mechanism.ts'
import { type PartSums, partSums } from './part-sums.ts'
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
  // Last, because sums of earlier versions end before them.
  'arm',
  'shadow_tier',
]

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
  /** Where parts are summed up. */
  parts: PartSums | undefined
}

/** Its own sums are what requests count for themselves. */
export interface RollupCell extends RollupSums {
  /** What their attempts count, in the order of the labels' targets. */
  targets: FigureSums[]
  parts: PartSums
  targetParts: PartSums[]
}

export function emptySums(withParts = false): RollupSums {
  const parts = withParts ? partSums() : undefined
  return { sums: figureSums(), totalMs: new Histogram(), firstChunkMs: new Histogram(), parts }
}

export function addRollupSums(to: RollupSums, from: RollupSums): void {
  addSums(to.sums, from.sums, 1)
  to.totalMs.merge(from.totalMs)
  to.firstChunkMs.merge(from.firstChunkMs)
  if (to.parts !== undefined && from.parts !== undefined) addSums(to.parts, from.parts, 1)
}

export function clearSums({ sums, totalMs, firstChunkMs, parts }: RollupSums): void {
  sums.fill(0)
  totalMs.clear()
  firstChunkMs.clear()
  parts?.fill(0)
}

export function emptyCell(): RollupCell {
  return { ...emptySums(), targets: [], parts: partSums(), targetParts: [] }
}

/** `request` has its labels in the order of ROLLUP_DIMENSIONS, and maybe more of them. */
export function rollupLabels(request: ReportedRequest): RollupLabels {
  const targets: RollupTarget[] = []
  for (const attempt of request.attempts) {
    const known = targets.find((target) => leadsTo(attempt, target))
    const unpriced = isUnpriced(attempt)
    if (known === undefined) targets.push({ provider: attempt.provider, model: attempt.model, unpriced })
    else known.unpriced ||= unpriced
  }
  return {
    values: request.labels.slice(0, ROLLUP_DIMENSIONS.length),
    mechanism: mechanismOf(request.cache),
    targets,
  }
}

/** `labels` are the request's own. */
export function addToCell(cell: RollupCell, request: ReportedRequest, labels: RollupLabels): void {
  addRequestSums(cell.sums, request)
  if (request.totalMs !== null) cell.totalMs.add(request.totalMs)
  if (request.firstChunkMs !== null) cell.firstChunkMs.add(request.firstChunkMs)
  if (request.parts !== undefined) addSums(cell.parts, request.parts.request, 1)
  for (const [index, target] of labels.targets.entries()) {
    const sums = cell.targets[index] ?? figureSums()
    const parts = cell.targetParts[index] ?? partSums()
    cell.targets[index] = sums
    cell.targetParts[index] = parts
    addTarget(request, target, sums, parts)
  }
}

/** What a request's attempts at one target count. */
export function addTarget(
  request: ReportedRequest,
  target: RollupTarget,
  sums: FigureSums,
  parts: PartSums,
): void {
  for (const [index, attempt] of request.attempts.entries()) {
    if (!leadsTo(attempt, target)) continue
    addAttemptSums(sums, request, attempt)
    const attributed = request.parts?.attempts[index]
    if (attributed !== undefined) addSums(parts, attributed, 1)
  }
}

function leadsTo(attempt: ReportedAttempt, target: RollupTarget): boolean {
  return attempt.provider === target.provider && attempt.model === target.model
}
