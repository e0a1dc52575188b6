/** What new labels do to a scope: they are counted, the version in force is held to them, and is taken back where it loses too much. */
import { type Deciding, decidedScore, decidingFrom } from './deciding.ts'
import { featuresFrom, type LabelFeatures } from './label-features.ts'
import type { LearnStore, NewLabel, Scope, ScopeWriter, Standing, Version } from './learn-store.ts'
import { changeBegan, freshWatch, isAlarm, type Watch, watched } from './watch.ts'

export interface Taking {
  store: Pick<LearnStore, 'labels' | 'versions' | 'weights'>
  scope: Scope
  scheme: string
  denseLength: number
  /** Of the version that the standing says is in force; undefined where it cannot be read. */
  inForce: Deciding | undefined
  /** What may be lost, 0 to 1. */
  mostLoss: number
  /** Unix milliseconds. */
  at: number
}

/** The version that was taken back, what of it was seen since it is in force, and which one stepped in; 0: none. */
export interface Reverted {
  version: number
  watch: Watch
  now: number
}

/** Of labels since a change that are looked at to choose a version to go back to. */
const MOST_LOOKED_AT = 500
/** Fewer tell nothing of a version. */
const LEAST_LOOKED_AT = 20

export interface Taken {
  label: NewLabel
  features: LabelFeatures
}

/** Returns what was taken back, if anything was. The standing is saved. */
export function takeLabels(
  writer: ScopeWriter,
  labels: readonly Taken[],
  taking: Taking,
): Reverted | undefined {
  const standing: Standing = { ...writer.standing }
  let reverted: Reverted | undefined
  for (const { label, features } of labels) {
    const number = writer.addLabel(label)
    standing.labels++
    if (label.agrees === false) standing.differing++
    if (label.agrees === undefined) standing.untold++
    if (standing.inForce === 0 || taking.inForce === undefined || reverted !== undefined) continue
    const begins = decidedScore(features, taking.inForce) < taking.inForce.cut
    standing.watch = watched(watchOf(standing, taking.mostLoss), number, begins, label.agrees !== true)
    if (isAlarm(standing.watch)) reverted = revert(writer, standing, taking, number)
  }
  writer.save(standing)
  return reverted
}

/** Under another bound, what was watched says nothing. */
function watchOf({ watch }: Standing, mostLoss: number): Watch {
  return watch === undefined || watch.most !== mostLoss ? freshWatch(mostLoss) : watch
}

/** Labels from before the change teach no more, and a version is next held to labels that nobody has seen yet. */
function revert(writer: ScopeWriter, standing: Standing, taking: Taking, newest: number): Reverted {
  const watch = standing.watch as Watch
  const version = standing.inForce
  const { scope, scheme, store, at, mostLoss } = taking
  standing.unlearned = Math.max(standing.unlearned, changeBegan(watch) - 1)
  standing.lookedAt = newest
  standing.looks = 0
  writer.setStatus(version, 'reverted', at)
  const since = store.labels(scope, scheme, standing.unlearned, MOST_LOOKED_AT)
  const earlier = earlierVersion(since, version, taking)
  standing.inForce = earlier?.number ?? 0
  standing.watch = earlier === undefined ? undefined : freshWatch(mostLoss)
  if (earlier !== undefined) writer.setStatus(earlier.number, 'in force', at)
  standing.labels = since.length
  standing.differing = since.filter(({ agrees }) => agrees === false).length
  standing.untold = since.filter(({ agrees }) => agrees === undefined).length
  standing.triedAt = 0
  return { version, watch, now: standing.inForce }
}

type Since = ReturnType<LearnStore['labels']>

/** The newest that another one replaced, and that would have lost nothing since the change. */
function earlierVersion(since: Since, before: number, taking: Taking): Version | undefined {
  if (since.length < LEAST_LOOKED_AT) return undefined
  const { store, scope, scheme } = taking
  return store
    .versions(scope)
    .filter(({ number, status }) => number < before && status === 'replaced')
    .filter((version) => version.scheme === scheme && version.figures.upper <= taking.mostLoss)
    .findLast((version) => losesNothing(since, version, taking))
}

function losesNothing(
  since: Since,
  { number, cut, screen }: Version,
  { store, scope, denseLength }: Taking,
): boolean {
  const weights = store.weights(scope, number)
  if (weights === undefined) return false
  const deciding = decidingFrom(weights, cut, screen)
  return since.every(({ features, agrees }) => {
    if (agrees === true) return true
    const read = featuresFrom(features, denseLength)
    return read !== undefined && decidedScore(read, deciding) >= cut
  })
}
