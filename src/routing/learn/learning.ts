/**
 * Learns from a workflow's own traffic at which tier a request may begin. Nothing begins at the small tier before a version
 * was accepted; what is in force is watched, and taken back by itself.
 */
import type { LearnedDifficulty } from '../facts.ts'
import { SCREENED } from './deciding.ts'
import { type Known, KnownScopes } from './known-scopes.ts'
import {
  denseLength,
  featureBytes,
  featureScheme,
  type LabelReaders,
  type LearnText,
  labelFeatures,
} from './label-features.ts'
import { Labelled, labelShare } from './label-share.ts'
import type { LearnPolicy } from './learn-policy.ts'
import type { LearnStore, NewLabel, Scope, Standing } from './learn-store.ts'
import type { Sliced } from './ridge-fit.ts'
import { type Reverted, takeLabels } from './take-labels.ts'
import { toldBy, toldDifficulty } from './told-difficulty.ts'
import { isDue, type Tried, tryVersion } from './try-version.ts'

/** Where a request begins, and why. */
export interface Beginning {
  at: 'small' | 'large'
  /** Half a sentence. */
  reason: string
  /** In force; undefined where there is none. */
  version?: number
  /** Of the request: it begins at the small tier below the cut. */
  score?: number
  cut?: number
  /** That the small tier's answer is another than the large one's. */
  difficulty?: number
}

export type LearningEvent =
  | ({ kind: 'reverted'; scope: Scope; mostLoss: number } & Reverted)
  | ({ scope: Scope; mostLoss: number } & Tried)

export interface LearningParts {
  store: LearnStore
  readers: LabelReaders
  /** Unix milliseconds. */
  now(): number
  /** Milliseconds of a clock that never jumps. */
  elapsedMs(): number
  /** Lets requests through between two slices of a fit. */
  pause(): Promise<void>
  /** What the operator may want to know. */
  told(event: LearningEvent): void
  /** What failed, for the log. */
  failed(error: unknown): void
}

const SLICE_MS = 2
/** Labels that wait for a file that cannot be written. */
const MOST_WAITING = 1000

export class Learning {
  readonly #parts: LearningParts
  readonly #scheme: string
  readonly #scopes: KnownScopes
  readonly #labelled = new Labelled()
  readonly #fits = new Set<Promise<void>>()
  #closed = false

  constructor(parts: LearningParts) {
    this.#parts = parts
    this.#scheme = featureScheme(parts.readers)
    this.#scopes = new KnownScopes(parts.store, this.#scheme)
  }

  /** The share of a workflow's eligible requests that are to be labelled now, 0 to 1. */
  shareOf(workflow: string, { share }: LearnPolicy): number {
    const known = this.#scopes.latest(workflow)
    const taught = known === undefined ? 0 : known.standing.labels + known.waiting.length
    return labelShare(share, taught, known?.standing.watch, this.#labelled.of(workflow))
  }

  /** The other tier is asked for a label now. Returns what is to be told once, when that is over: whether it gave one. */
  asks(workflow: string): (hasLabel: boolean) => void {
    return this.#labelled.asks(workflow)
  }

  /** Takes tens of microseconds where a version is in force, and next to nothing elsewhere. */
  begin(scope: Scope, policy: LearnPolicy, asked: LearnText): Beginning {
    const known = this.#scopes.find(scope)
    if (known?.version === undefined || known.deciding === undefined)
      return { at: 'large', reason: 'no learned version is in force' }
    this.#scopes.used(known)
    const { number: version, figures } = known.version
    if (figures.upper > policy.maxQualityLoss)
      return { at: 'large', reason: `version ${version} may lose more than \`max_quality_loss\`` }
    const { cut } = known.deciding
    const { score, difficulty } = toldBy(
      { version: known.version, deciding: known.deciding },
      asked,
      this.#parts.readers,
    )
    const odds = ` (another answer is told in ${Math.round(difficulty * 100)} % of such requests)`
    if (score === SCREENED) {
      const reason = `version ${version} knows its kind for one that the small tier fails${odds}`
      return { at: 'large', reason, version, difficulty }
    }
    if (score < cut)
      return {
        at: 'small',
        reason: `version ${version} finds it easy${odds}`,
        version,
        score,
        cut,
        difficulty,
      }
    return { at: 'large', reason: `version ${version} finds it hard${odds}`, version, score, cut, difficulty }
  }

  /** By the version that was accepted last for the workflow, whatever its tiers; undefined where none is in force. */
  difficultyOf(workflow: string, asked: LearnText): LearnedDifficulty | undefined {
    const known = this.#scopes.newestInForce(workflow)
    if (known?.version === undefined || known.deciding === undefined) return undefined
    const { version, deciding } = known
    return toldDifficulty({ version, deciding }, asked, this.#parts.readers)
  }

  /** Stored with the next `flush`. */
  learn(scope: Scope, policy: LearnPolicy, asked: LearnText, label: Omit<NewLabel, 'features'>): void {
    const known = this.#scopes.find(scope) ?? this.#scopes.read(scope)
    this.#scopes.used(known)
    known.mostLoss = policy.maxQualityLoss
    const features = labelFeatures(asked, this.#parts.readers)
    known.waiting.push({ label: { ...label, features: featureBytes(features) }, features })
    if (known.waiting.length > MOST_WAITING) known.waiting.shift()
  }

  /** Writes what waits, and begins a fit where one is due. What cannot be written waits for the next time. */
  flush(): void {
    if (this.#closed) return
    for (const known of this.#scopes.all()) {
      if (known.waiting.length > 0) this.#write(known)
      if (!known.isFitting && known.mostLoss !== undefined && isDue(known.standing))
        this.#fit(known, known.mostLoss)
    }
  }

  /** Takes over what other processes wrote. */
  refresh(): void {
    try {
      if (this.#parts.store.changedElsewhere()) this.#scopes.readAll()
    } catch (error) {
      this.#parts.failed(error)
    }
  }

  /** Resolves once no fit is under way. */
  async settled(): Promise<void> {
    while (this.#fits.size > 0) await Promise.all(this.#fits)
  }

  /** Writes what waits; fits under way are given up. */
  async close(): Promise<void> {
    for (const known of this.#scopes.all()) if (known.waiting.length > 0) this.#write(known)
    this.#closed = true
    await this.settled()
  }

  standings(): readonly { scope: Scope; standing: Standing }[] {
    return [...this.#scopes.all()].map(({ scope, standing }) => ({ scope, standing }))
  }

  #write(known: Known): void {
    const { store, now, told, failed, readers } = this.#parts
    const { scope, waiting, mostLoss = 0 } = known
    const taking = {
      store,
      scope,
      scheme: this.#scheme,
      denseLength: denseLength(readers.embedder),
      inForce: known.deciding,
      mostLoss,
      at: now(),
    }
    try {
      const reverted = store.change(scope, this.#scheme, (writer) => takeLabels(writer, waiting, taking))
      known.waiting = []
      this.#scopes.read(scope)
      if (reverted !== undefined) told({ kind: 'reverted', scope, mostLoss, ...reverted })
    } catch (error) {
      failed(error)
    }
  }

  #fit(known: Known, mostLoss: number): void {
    known.isFitting = true
    const fit = this.#try(known, mostLoss)
      .catch((error: unknown) => this.#parts.failed(error))
      .finally(() => {
        known.isFitting = false
        this.#fits.delete(fit)
      })
    this.#fits.add(fit)
  }

  async #try(known: Known, mostLoss: number): Promise<void> {
    const { store, readers, now, told } = this.#parts
    const { scope, version, deciding } = known
    // One that may not act under the bound as it is now is no rival.
    const isRival = version !== undefined && version.figures.upper <= mostLoss
    const tried = await this.#run(
      tryVersion(known.standing, {
        store,
        scope,
        scheme: this.#scheme,
        denseLength: denseLength(readers.embedder),
        mostLoss,
        inForce: isRival ? deciding : undefined,
        now,
      }),
    )
    if (tried === undefined) return
    this.#scopes.read(scope)
    told({ scope, mostLoss, ...tried })
  }

  /** Undefined where it was given up. */
  async #run<Result>(sliced: Sliced<Result>): Promise<Result | undefined> {
    const { elapsedMs, pause } = this.#parts
    for (let since = elapsedMs(); !this.#closed; ) {
      const next = sliced.next()
      if (next.done) return next.value
      if (elapsedMs() - since < SLICE_MS) continue
      await pause()
      since = elapsedMs()
    }
    return undefined
  }
}
