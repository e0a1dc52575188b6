/**
 * How much of a workflow's traffic the semantic cache may answer, so that wrong answers stay under the operator's bound per
 * request. It begins with the shipped prior, learns from every judged outcome, and settles where the upper 95 % bound of
 * what it serves meets the bound. Deterministic; its state is plain data, to be stored by workflow and embedder.
 */
import { alarmSum, isAlarm } from './alarm.ts'
import { type ConfidenceReport, confidenceReport } from './confidence-report.ts'
import { type ConfidenceState, fadeEvidence, fadeTraffic, freshState } from './confidence-state.ts'
import { BAND_COUNT, bandOf } from './risk-bands.ts'
import { type ServingBound, servingBounds } from './wrong-bound.ts'
import { type CurvePrior, type Hypotheses, hypothesesOf, weightsOf } from './wrong-curve.ts'

export interface ConfidencePolicy {
  /** Wrong answers per request, 0 to 1. */
  maxWrongRate: number
  /** Share of hits that are also asked of the model once the first ones have spoken, 0 to 1. */
  auditShare: number
  /** That many hits are all audited first, and again after an alarm. */
  firstAudits: number
  /** How often the judge is mistaken, either way, where that is known; 0 takes it at its word, which serves less. */
  judgeError: number
}

export interface Decision {
  serve: boolean
  /** Whether the served answer is also to be asked of the model. */
  audit: boolean
  reason: 'served' | 'no candidate' | 'too risky' | 'allowance spent'
}

/** With how many requests' weight the prior's traffic counts. */
const PRIOR_REQUESTS = 40
const MOST_ALLOWANCE = 2
/**
 * From the mean to the upper bound: 1.96 would be 95 % of a single look, also where few wrong answers skew it (a gamma's 95 %
 * lies below at any shape). The share is chosen by looking again after each outcome, and luck is what such a choice favours.
 */
const DEVIATIONS = 2.33
/** A candidate riskier than this is never served, however seldom it comes: nobody wants a coin tossed. */
const MOST_BAND = bandOf(0.1)
/** Of the operator's bound: the curve cannot know how far a workflow lies from those that it was made of. */
const MARGIN = 0.8
/** While what is risked is held to the rate by count. */
const WARMING_DEVIATIONS = 1
/** Outcomes that held change the bounds little: they are worked in together, a wrong one at once. */
const TOGETHER = 8
/** Requests after which the bounds are told anew, judged or not: what is served is a share of the traffic. */
const REQUESTS_TOGETHER = 64
/** Hits that are all audited once one was wrong: whether it was chance or a change is told by the next ones. */
const AUDITS_AFTER_WRONG = 30
/** What an entry with wrong answers of its own may risk at a hit. */
const MOST_WRONG_PER_HIT = 0.05

export class Confidence {
  readonly #policy: ConfidencePolicy
  readonly #hypotheses: Hypotheses
  #state: ConfidenceState
  #bound: ServingBound
  #lastBand = -1
  #judgedSince = 0
  #requestsSince = 0

  constructor(policy: ConfidencePolicy, prior: CurvePrior, state: ConfidenceState = freshState()) {
    this.#policy = policy
    this.#hypotheses = hypothesesOf(prior, policy.judgeError)
    this.#state = structuredClone(state)
    this.#bound = this.#rebound()
  }

  /** @param risk of the best candidate that passed every other layer; undefined where there is none */
  decide(risk: number | undefined): Decision {
    const state = this.#state
    state.requests += 1
    if (this.#warming()) {
      state.allowance = Math.min(MOST_ALLOWANCE, state.allowance + this.#policy.maxWrongRate)
    }
    fadeTraffic(state)
    this.#requestsSince += 1
    if (this.#requestsSince >= REQUESTS_TOGETHER) this.#bound = this.#rebound()
    if (risk === undefined) return { serve: false, audit: false, reason: 'no candidate' }
    const band = bandOf(risk)
    const evidence = state.bands[band]
    if (evidence !== undefined) evidence.seen += 1
    const objection = this.#objection(band)
    if (objection !== undefined) return { serve: false, audit: false, reason: objection }
    if (this.#warming()) state.allowance -= this.#bound.chances[band] ?? 1
    state.served += 1
    return { serve: true, audit: this.#auditsNow(), reason: 'served' }
  }

  /** What `decide` would say, of a request that counts for nothing. */
  wouldDecide(risk: number | undefined): Decision {
    if (risk === undefined) return { serve: false, audit: false, reason: 'no candidate' }
    const objection = this.#objection(bandOf(risk))
    if (objection !== undefined) return { serve: false, audit: false, reason: objection }
    return { serve: true, audit: false, reason: 'served' }
  }

  /** A remembered answer was compared with the model's: of an audited hit, or of a miss that had a candidate. */
  judged(risk: number, outcome: { served: boolean; wrong: boolean }): void {
    const band = bandOf(risk)
    const evidence = this.#state.bands[band]
    if (evidence === undefined) return
    const chance = this.#bound.chances[band] ?? 0
    if (outcome.served) this.#audited(chance, outcome.wrong)
    evidence.judged += 1
    if (outcome.wrong) evidence.wrong += 1
    fadeEvidence(evidence)
    if (!this.#warming()) this.#watch(chance, outcome.wrong)
    this.#judgedSince += 1
    if (outcome.wrong || this.#judgedSince >= TOGETHER) this.#bound = this.#rebound()
  }

  /**
   * Nobody could tell whether a served answer was right. It teaches nothing, but until the first audits have spoken it is held
   * against what may be risked, as a wrong one is: what cannot be checked must not be served on trust.
   */
  unsettled(risk: number): void {
    if (!this.#warming()) return
    this.#state.allowance -= 1 - (this.#bound.chances[bandOf(risk)] ?? 0)
  }

  /** Chance of a wrong answer that a hit on an entry with wrong answers of its own may have. */
  get wrongPerHit(): number {
    const share = this.#bound.share[this.#lastBand] ?? 0
    return share === 0 ? 0 : Math.min(MOST_WRONG_PER_HIT, this.#policy.maxWrongRate / share)
  }

  /** To be stored, and given to the constructor after a restart. */
  state(): ConfidenceState {
    return structuredClone(this.#state)
  }

  report(): ConfidenceReport {
    return confidenceReport(this.#state, this.#bound, { lastBand: this.#lastBand, warming: this.#warming() })
  }

  /** Until the first audits have spoken, what is risked is held to the rate by count, whatever the curve says. */
  #warming(): boolean {
    return this.#state.auditedSinceAlarm < this.#policy.firstAudits
  }

  #objection(band: number): 'too risky' | 'allowance spent' | undefined {
    if (band > this.#lastBand || band > MOST_BAND) return 'too risky'
    const isSpent = this.#warming() && this.#state.allowance < (this.#bound.chances[band] ?? 1)
    return isSpent ? 'allowance spent' : undefined
  }

  #audited(chance: number, wrong: boolean): void {
    const state = this.#state
    // The chance was taken off when it was served.
    if (wrong && this.#warming()) state.allowance -= 1 - chance
    state.audited += 1
    state.auditedSinceAlarm += 1
    if (!wrong) return
    state.auditedWrong += 1
    state.auditsOwed = AUDITS_AFTER_WRONG
  }

  #watch(chance: number, wrong: boolean): void {
    const { judgeError } = this.#policy
    const expected = judgeError + (1 - 2 * judgeError) * chance
    this.#state.alarmSum = alarmSum(this.#state.alarmSum, expected, wrong)
    if (isAlarm(this.#state.alarmSum)) this.#beginAnew()
  }

  /** Keeps a tenth of the evidence, and audits every hit again. */
  #beginAnew(): void {
    const { requests, bands, served, audited, auditedWrong, alarms } = this.#state
    const faded = bands.map(({ seen, judged, wrong }) => ({ seen, judged: judged / 10, wrong: wrong / 10 }))
    this.#state = {
      ...freshState(),
      requests,
      bands: faded,
      served,
      audited,
      auditedWrong,
      alarms: alarms + 1,
    }
  }

  #auditsNow(): boolean {
    if (this.#warming()) return true
    if (this.#state.auditsOwed > 0) {
      this.#state.auditsOwed -= 1
      return true
    }
    const { served } = this.#state
    const share = this.#policy.auditShare
    return Math.floor(served * share) > Math.floor((served - 1) * share)
  }

  #rebound(): ServingBound {
    const { bands, requests } = this.#state
    const { judgeError, maxWrongRate } = this.#policy
    this.#judgedSince = 0
    this.#requestsSince = 0
    const shares = Float64Array.from(
      bands,
      ({ seen }) => (seen + PRIOR_REQUESTS / BAND_COUNT) / (requests + PRIOR_REQUESTS),
    )
    const weights = weightsOf(this.#hypotheses, bands)
    const deviations = this.#warming() ? WARMING_DEVIATIONS : DEVIATIONS
    const bound = servingBounds(this.#hypotheses, weights, bands, shares, deviations, judgeError)
    this.#lastBand = -1
    const bearable = maxWrongRate * MARGIN
    while ((bound.upper[this.#lastBand + 1] ?? 1) <= bearable) this.#lastBand += 1
    return bound
  }
}
