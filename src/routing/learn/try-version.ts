/** Whether it is time to hold a version to the newest labels, on which ones, and what becomes of it. */
import { featuresFrom } from './label-features.ts'
import { type Label, labelSet } from './label-set.ts'
import type { LastTrial, LearnStore, Scope, Standing, Version } from './learn-store.ts'
import { trialsNeeded } from './loss-bound.ts'
import type { Sliced } from './ridge-fit.ts'
import { type Deciding, type Trial, trial } from './trial.ts'
import { freshWatch } from './watch.ts'

/** A fit is tried anew after so many labels, or a tenth of those that there are. */
const LABELS_A_TRY = 50
/** Fewer teach nothing. */
const LEAST_FITTED = 150
/** Chance that ever, between two changes of the traffic, a version is accepted that loses more than it may. */
const ALL_ALPHA = 0.05
const PAGE = 200

export interface Trying {
  store: LearnStore
  scope: Scope
  scheme: string
  denseLength: number
  mostLoss: number
  inForce: Deciding | undefined
  /** Unix milliseconds. */
  now: () => number
}

export type Tried =
  | { kind: 'accepted'; version: Version; replaced: number }
  | { kind: 'refused' | 'waits'; last: LastTrial }

export function isDue({ labels, triedAt }: Standing): boolean {
  return labels >= triedAt + Math.max(LABELS_A_TRY, triedAt / 10)
}

/**
 * Each look at labels is paid for: the k-th since the last change may fail by chance `ALL_ALPHA` / (k (k + 1)), which sums
 * up to `ALL_ALPHA`, and no label is looked at twice: the newest third, and none that a look has seen before.
 */
export function* tryVersion(standing: Standing, trying: Trying): Sliced<Tried> {
  const { store, scope, scheme, mostLoss, inForce } = trying
  const labels = yield* readLabels(standing, trying)
  const look = standing.looks + 1
  const alpha = ALL_ALPHA / (look * (look + 1))
  const tested = Math.max(Math.ceil(labels.length / 3), trialsNeeded(mostLoss, alpha))
  const unseen = labels.length - labels.findIndex(({ id }) => id > standing.lookedAt)
  const isEnough =
    labels.length - tested >= LEAST_FITTED && unseen >= tested && unseen <= labels.length
  const boundary = labels.length - tested
  const found: Trial = isEnough
    ? yield* trial(
        labelSet(labels.slice(0, boundary), trying.denseLength),
        labelSet(labels.slice(boundary), trying.denseLength),
        { mostLoss, alpha },
        inForce,
      )
    : { kind: 'wait', expected: undefined }
  const newest = labels.at(-1)?.id ?? standing.lookedAt
  const last = lastTrial(found, isEnough, standing.labels, trying.now())
  return store.change(scope, scheme, (writer) => {
    const current = writer.standing
    // Somebody else has looked meanwhile, or took a version back: what was found is of another time.
    if (current.lookedAt !== standing.lookedAt || current.inForce !== standing.inForce)
      return { kind: 'waits', last }
    const next = { ...current, last, triedAt: standing.labels }
    if (found.kind === 'wait') {
      writer.save(next)
      return { kind: 'waits', last }
    }
    next.lookedAt = newest
    next.looks = look
    if (!found.accepted) {
      writer.save(next)
      return { kind: 'refused', last }
    }
    const { weights, cut, calibration } = found.version
    const at = trying.now()
    const accepted = { at, status: 'in force' as const, statusAt: at, scheme, cut, calibration }
    if (current.inForce > 0) writer.setStatus(current.inForce, 'replaced', at)
    const number = writer.addVersion({ ...accepted, figures: found.figures }, weights)
    writer.save({ ...next, inForce: number, watch: freshWatch(mostLoss) })
    const version = { ...accepted, number, figures: found.figures }
    return { kind: 'accepted', version, replaced: current.inForce }
  })
}

function lastTrial(found: Trial, isEnough: boolean, labels: number, at: number): LastTrial {
  if (!isEnough) return { at, labels, outcome: 'too few labels' }
  if (found.kind === 'wait') {
    const begun = found.expected?.share ?? 0
    return { at, labels, outcome: 'not worth a look', begun }
  }
  const { begun, upper } = found.figures
  return { at, labels, outcome: found.accepted ? 'accepted' : 'refused', begun, upper }
}

function* readLabels(
  { unlearned }: Standing,
  { store, scope, scheme, denseLength }: Trying,
): Sliced<readonly Label[]> {
  const labels: Label[] = []
  for (let after = unlearned; ; ) {
    const page = store.labels(scope, scheme, after, PAGE)
    for (const { id, features, agrees } of page) {
      const read = featuresFrom(features, denseLength)
      if (read !== undefined) labels.push({ id, features: read, agrees })
    }
    const last = page.at(-1)
    if (last === undefined || page.length < PAGE) return labels
    after = last.id
    yield
  }
}
