/** Whether it is time to hold a version to the newest labels, on which ones, and what becomes of it. */
import { type Deciding, storedWeights } from './deciding.ts'
import { featuresFrom } from './label-features.ts'
import { type Label, labelSet } from './label-set.ts'
import type { LearnStore, Scope, ScopeWriter, Standing, Version } from './learn-store.ts'
import { trialsNeeded } from './loss-bound.ts'
import type { Sliced } from './ridge-fit.ts'
import { type Trial, type TrialFigures, trial } from './trial.ts'
import { freshWatch } from './watch.ts'

/** A fit is tried anew after a tenth of the labels that there are, within these. */
const FEWEST_A_TRY = 50
const MOST_A_TRY = 400
/** Fewer teach nothing. */
const LEAST_FITTED = 150
/** Chance that ever, between two changes of the traffic, a version is accepted that loses more than it may. */
const ALL_ALPHA = 0.05
/**
 * Of the labels, the newest that a version is held to: half. Losses are rare, so that the bound wants labels more than the fit
 * does: on recorded answers, a fit to 500 labels ranked as well as one to 4,000, give or take a hundredth of AUC.
 */
const TESTED = 0.5
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
  | { kind: 'refused'; figures: TrialFigures }
  /** For more labels. */
  | { kind: 'waits' }

export function isDue({ labels, triedAt }: Standing): boolean {
  return labels >= triedAt + Math.min(MOST_A_TRY, Math.max(FEWEST_A_TRY, triedAt / 10))
}

/**
 * Each look at labels is paid for: the k-th since the last change may fail by chance `ALL_ALPHA` / (k (k + 1)), which sums
 * up to `ALL_ALPHA`, and no label is looked at twice: the newest half, and none that a look has seen before.
 */
export function* tryVersion(standing: Standing, trying: Trying): Sliced<Tried> {
  const { store, scope, scheme, denseLength, mostLoss, inForce } = trying
  const look = standing.looks + 1
  const alpha = ALL_ALPHA / (look * (look + 1))
  const count = store.count(scope, scheme, standing.unlearned)
  const tested = Math.max(Math.ceil(count * TESTED), trialsNeeded(mostLoss, alpha))
  const unseen = store.count(scope, scheme, Math.max(standing.unlearned, standing.lookedAt))
  const isDueALook = count - tested >= LEAST_FITTED && unseen >= tested
  const labels = isDueALook ? yield* readLabels(standing, trying) : []
  const found = isDueALook
    ? yield* trial(
        labelSet(labels.slice(0, -tested), denseLength),
        labelSet(labels.slice(-tested), denseLength),
        { mostLoss, alpha },
        inForce,
      )
    : undefined
  return store.change(scope, scheme, (writer) => {
    const current = writer.standing
    // Somebody else has looked meanwhile, took a version back or forgot it all: what was found is of another time.
    const isAsItWas = current.lookedAt === standing.lookedAt && current.inForce === standing.inForce
    if (!isAsItWas || current.labels < standing.labels) return { kind: 'waits' }
    const next: Standing = { ...current, triedAt: standing.labels }
    if (found === undefined) {
      writer.save(next)
      return { kind: 'waits' }
    }
    next.lookedAt = (labels.at(-1) as Label).id
    next.looks = look
    return looked(writer, next, found, trying)
  })
}

function looked(writer: ScopeWriter, next: Standing, found: Trial, trying: Trying): Tried {
  const { figures, version: decided } = found
  const at = trying.now()
  const last = { at, labels: next.triedAt, accepted: found.accepted, figures }
  if (!found.accepted) {
    writer.save({ ...next, last })
    return { kind: 'refused', figures }
  }
  const { cut, calibration, screen } = decided
  const { scheme, mostLoss } = trying
  const accepted = {
    at,
    status: 'in force' as const,
    statusAt: at,
    scheme,
    cut,
    calibration,
    screen: screen && { from: screen.from, lost: screen.lost },
    figures,
  }
  const replaced = next.inForce
  if (replaced > 0) writer.setStatus(replaced, 'replaced', at)
  const number = writer.addVersion(accepted, storedWeights(decided))
  writer.save({ ...next, last, inForce: number, watch: freshWatch(mostLoss) })
  return { kind: 'accepted', version: { ...accepted, number }, replaced }
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
