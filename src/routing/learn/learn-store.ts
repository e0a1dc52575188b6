/** The port to where labels and versions are kept. */
import type { Calibration } from './calibration.ts'
import type { ScreenFigures } from './deciding.ts'
import type { Agrees } from './label-set.ts'
import type { TrialFigures } from './trial.ts'
import type { Watch } from './watch.ts'

/** What is learned together: one workflow's requests that may be answered by the same two tiers. */
export interface Scope {
  workflow: string
  /** The models of the small and of the large tier: other ones agree otherwise. */
  pair: string
}

export interface NewLabel {
  /** Unix milliseconds. */
  at: number
  requestId: string
  features: Uint8Array
  /** Which tier answered the caller. */
  begunAt: 'small' | 'large'
  agrees: Agrees
}

export interface StoredLabel extends Pick<NewLabel, 'features' | 'agrees'> {
  /** Counts up in the order in which they were stored. */
  id: number
}

export type VersionStatus = 'in force' | 'replaced' | 'reverted' | 'rolled back'

export interface Version {
  /** Counts up from 1 within its scope. */
  number: number
  /** Unix milliseconds: when it was accepted, and when its status changed. */
  at: number
  status: VersionStatus
  statusAt: number
  cut: number
  calibration: Calibration
  /** Undefined where it has none. Its weights stand behind the version's own. */
  screen: ScreenFigures | undefined
  figures: TrialFigures
  scheme: string
}

/** When a version was last held to labels. */
interface LastTrial {
  /** Unix milliseconds. */
  at: number
  /** Labels that taught by then. */
  labels: number
  accepted: boolean
  figures: TrialFigures
}

/** Where a scope stands; plain data. */
export interface Standing {
  /** Number of the version in force; 0: none. */
  inForce: number
  /** Labels up to this number teach no more: things were otherwise then. */
  unlearned: number
  /** Up to this number, labels were looked at when a version was held to them. */
  lookedAt: number
  /** How often a version was held to labels since `unlearned`. */
  looks: number
  /** Labels since `unlearned`; those whose answers differ, and those of which nobody could tell. */
  labels: number
  differing: number
  untold: number
  /** How many there were when a fit was last tried. */
  triedAt: number
  last: LastTrial | undefined
  /** Of the version in force. */
  watch: Watch | undefined
}

export function freshStanding(): Standing {
  return {
    inForce: 0,
    unlearned: 0,
    lookedAt: 0,
    looks: 0,
    labels: 0,
    differing: 0,
    untold: 0,
    triedAt: 0,
    last: undefined,
    watch: undefined,
  }
}

/** What may be done to a scope as a whole or not at all. */
export interface ScopeWriter {
  readonly standing: Standing
  /** Returns its number. */
  addLabel(label: NewLabel): number
  /** Takes the place of the version in force; returns its number. */
  addVersion(version: Omit<Version, 'number'>, weights: Float32Array): number
  setStatus(version: number, status: VersionStatus, at: number): void
  save(standing: Standing): void
}

export interface LearnStore {
  scopes(): readonly Scope[]
  /** Undefined where nothing was learned yet. */
  standing(scope: Scope): Standing | undefined
  /** The oldest first. */
  versions(scope: Scope): readonly Version[]
  weights(scope: Scope, version: number): Float32Array | undefined
  /** With a number above `after`, the oldest first, at most `most`; of one scheme of features. */
  labels(scope: Scope, scheme: string, after: number, most: number): readonly StoredLabel[]
  /** How many labels of one scheme have a number above `after`. */
  count(scope: Scope, scheme: string, after: number): number
  /** Number of the label that was stored last; 0 where there is none. */
  newestLabel(): number
  /** All that `work` writes is kept, or nothing. @throws where it cannot be written just now */
  change<Result>(scope: Scope, scheme: string, work: (writer: ScopeWriter) => Result): Result
  /** Whether somebody else has written since this was last asked. */
  changedElsewhere(): boolean
}
