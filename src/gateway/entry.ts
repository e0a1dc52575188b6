/** One request's entry in the ledger: opened ahead of its first attempt, settled when the caller has its answer, and told to whoever watches. */
import { type AttemptNote, DECISION_VERSION, type Decision } from '../metering/decision.ts'
import type {
  AttemptOpened,
  AttemptSettled,
  CacheOutcome,
  Ledger,
  RequestOpened,
  RequestSettled,
  ShadowMechanism,
} from '../metering/ledger.ts'
import { Overdraft } from '../metering/overdraft.ts'
import type { SavingsNote } from '../metering/savings-note.ts'
import type { LearnedPlan } from '../routing/learn/learned-tiers.ts'
import type { ShadowRoute } from '../routing/shadow-route.ts'
import type { Gateway, Incoming } from './journey.ts'
import type { Allowance } from './limits/allowance.ts'
import { type Held, usedUp } from './limits/budgets.ts'
import type { AttemptFacts, Observers, RequestError, SemanticOutcome } from './observer.ts'
import { openedBy } from './opened-by.ts'
import { beginSpan, type SpanIds } from './trace-context.ts'
import { Watched } from './watched.ts'

type EntryParts = Pick<Gateway, 'ledger' | 'onLedgerFailure' | 'traces' | 'random'> & { observers: Observers }

/** What a tokenizer made of an attempt whose provider counted nothing. */
export interface Recounted
  extends Pick<AttemptSettled, 'tokens' | 'usage' | 'costNanoUsd' | 'priceVersion'>,
    Required<Pick<AttemptNote, 'countedBy'>> {
  baselineNanoUsd: number | undefined
  savings: SavingsNote | undefined
}

type DecisionDraft = { -readonly [Key in keyof Decision]: Decision[Key] }

export class Entry {
  readonly opened: RequestOpened
  /** Filled by the steps as they decide. */
  readonly decision: DecisionDraft
  /** Of the target that answered. */
  tier: string | undefined
  /** Where learning said to begin; undefined where there is nothing to learn from the request. */
  learned: LearnedPlan | undefined
  /** Where a route in shadow would have begun; undefined where it acts, or would have done nothing. */
  shadowRoute: ShadowRoute | undefined
  firstChunkMs: number | undefined
  cache: CacheOutcome = 'bypass'
  /** What the answer would have cost without anything that saves. */
  baselineNanoUsd: number | undefined
  /** Whose saving it is, where that is not one mechanism's alone. */
  savings: SavingsNote | undefined
  /** What the part of the answer that memory knew would have cost: it is of the baseline, and nobody's cost. */
  rememberedNanoUsd = 0
  #shadow: RequestSettled['shadow']
  /** What the semantic cache made of it; undefined where it was not asked. */
  semantic: SemanticOutcome | undefined
  #semanticWrong: boolean | undefined
  #settled: RequestSettled | undefined
  /** Of this request; undefined where it is not traced. */
  readonly span: SpanIds | undefined
  readonly #ledger: Ledger
  readonly #watched: Watched
  readonly #onLedgerFailure: Gateway['onLedgerFailure']
  readonly #allowance: Allowance | undefined
  readonly #notes: AttemptNote[] = []
  #attempts = 0
  /** Attempts whose tokens are being counted. */
  #counting = 0
  #answerCounted: Promise<Recounted | undefined> | undefined
  #settleAgain: (() => void) | undefined
  #recountedBaseline: Pick<Recounted, 'baselineNanoUsd' | 'savings'> | undefined
  /** Of attempts that are over; undefined where the price of one is not known. */
  spentNanoUsd: number | undefined = 0
  #reservations: Map<number, AttemptOpened['reservations']> | undefined

  constructor(
    incoming: Incoming,
    { ledger, onLedgerFailure, observers, traces, random }: EntryParts,
    allowance: Allowance | undefined,
  ) {
    this.#allowance = allowance
    this.#ledger = ledger
    this.#onLedgerFailure = onLedgerFailure
    this.opened = openedBy(incoming)
    this.span = traces ? beginSpan(incoming.headers, random) : undefined
    this.#watched = new Watched(observers, this.opened, this.span)
    this.decision = {
      version: DECISION_VERSION,
      policy: { workflow: this.opened.workflow, digest: '' },
      facts: {},
      rule: undefined,
      candidates: [],
      edits: [],
      reasons: [],
      attempts: this.#notes,
    }
  }

  /** Of the attempt that is about to be opened; 0 for the first. */
  nextOrdinal(): number {
    return this.#attempts
  }

  /**
   * Commits the attempt's row before its request leaves.
   * @throws Failure `insufficient_quota`; `ledger_unavailable`, unless the request is to proceed without: its rows are then
   * written when the ledger is back, with its settlement
   */
  async openAttempt(
    row: AttemptOpened,
    facts: AttemptFacts,
    budgets: readonly Held[] | undefined,
  ): Promise<void> {
    const { ordinal } = row
    this.#attempts = ordinal + 1
    this.#watched.opened(row, facts)
    try {
      await (ordinal === 0 ? this.#ledger.openRequest(this.opened, row) : this.#ledger.openAttempt(row))
    } catch (error) {
      if (error instanceof Overdraft) {
        // It has no row, and neither has the request where it was its first.
        if (ordinal === 0) this.#attempts = 0
        throw usedUp(error, budgets ?? [])
      }
      // What cannot be written cannot be held to a budget.
      if (row.reservations !== undefined || this.#onLedgerFailure === 'refuse') throw error
    }
    if (row.reservations !== undefined) {
      this.#reservations ??= new Map()
      this.#reservations.set(ordinal, row.reservations)
    }
  }

  /** A mechanism in shadow would have answered. */
  shadowed(mechanism: ShadowMechanism, savedNanoUsd: number | undefined): void {
    this.#shadow = { mechanism, savedNanoUsd }
  }

  /** A model's own answer told whether the semantic cache's is wrong: with the settlement, or after it. */
  semanticJudged(wrong: boolean): void {
    this.#semanticWrong = wrong
    if (this.#settled !== undefined) this.#ledger.settleRequest({ ...this.#settled, semanticWrong: wrong })
  }

  /** What was set aside for an attempt, for its settlement. */
  reservationsOf(ordinal: number): AttemptSettled['reservations'] {
    return this.#reservations?.get(ordinal)
  }

  settleAttempt(settled: AttemptSettled, note: AttemptNote): void {
    this.#note(settled, note)
    this.#ledger.settleAttempt(settled)
    this.#attemptEnded(settled, note)
  }

  /**
   * As `settleAttempt`, and corrected once `counting` tells what its provider did not: a crash meanwhile leaves the
   * estimate. Whoever watches is told once, of what was counted.
   */
  settleCounted(settled: AttemptSettled, note: AttemptNote, counting: Promise<Recounted | undefined>): void {
    this.#note(settled, note)
    this.#ledger.settleAttempt(settled)
    if (settled.outcome === 'answered') this.#answerCounted = counting
    this.#counting++
    void counting.then((recounted) => {
      this.#attemptEnded(recounted === undefined ? settled : this.#corrected(settled, note, recounted), note)
      this.#counting--
      if (this.#counting === 0) this.#settleAgain?.()
    })
  }

  /** What a tokenizer makes of the answer; undefined where its provider counted, or no tokenizer does. Never rejects. */
  get answerCounted(): Promise<Recounted | undefined> | undefined {
    return this.#answerCounted
  }

  #note({ costNanoUsd }: AttemptSettled, note: AttemptNote): void {
    this.#notes.push(note)
    this.spentNanoUsd = costNanoUsd === undefined ? undefined : plus(this.spentNanoUsd, costNanoUsd)
  }

  /** `status` is what the caller got; `error` a failure code or the kind of the provider's refusal. */
  settle(status: number, error: RequestError | undefined, totalMs: number): void {
    const settled = this.#write(status, error, totalMs)
    if (this.#counting === 0) this.#requestEnded(settled, error)
    else this.#settleAgain = () => this.#requestEnded(this.#write(status, error, totalMs), error)
  }

  #corrected(settled: AttemptSettled, note: AttemptNote, recounted: Recounted): AttemptSettled {
    const { countedBy, baselineNanoUsd, savings, ...counted } = recounted
    note.countedBy = countedBy
    // The answer's worth was told by characters until now.
    if (settled.outcome === 'answered') this.#recountedBaseline = { baselineNanoUsd, savings }
    const corrected = { ...settled, ...counted }
    this.#ledger.recountAttempt(corrected, settled.costNanoUsd)
    return corrected
  }

  #attemptEnded(settled: AttemptSettled, note: AttemptNote): void {
    this.#allowance?.used(settled.tokens)
    this.#watched.attemptEnded(settled, note)
  }

  #requestEnded(settled: RequestSettled, error: RequestError | undefined): void {
    this.#allowance?.settle()
    this.#watched.requestEnded(settled, error, this.semantic)
  }

  #write(status: number, error: RequestError | undefined, totalMs: number): RequestSettled {
    const { baselineNanoUsd, savings } = this.#recountedBaseline ?? this
    const settled = {
      id: this.opened.id,
      status,
      error,
      tier: this.tier,
      cache: this.cache,
      baselineNanoUsd: baselineNanoUsd === undefined ? undefined : baselineNanoUsd + this.rememberedNanoUsd,
      savings,
      shadow: this.#shadow,
      semanticWrong: this.#semanticWrong,
      firstChunkMs: this.firstChunkMs,
      totalMs,
      decision: this.decision,
    }
    if (this.#attempts === 0) this.#ledger.recordUnsent(this.opened, settled)
    else this.#ledger.settleRequest(settled)
    this.#settled = settled
    return settled
  }
}

function plus(sum: number | undefined, cost: number): number | undefined {
  return sum === undefined ? undefined : sum + cost
}
