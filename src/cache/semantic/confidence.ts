/**
 * How much of a workflow's traffic the semantic cache may answer, so that wrong answers stay under the operator's bound per
 * request. It begins with the shipped prior, learns from every judged outcome, and settles where the upper 95 % bound of
 * what it serves meets the bound. Deterministic; its state is plain data, to be stored by workflow and embedder.
 */
import { BAND_COUNT, bandOf, highestRiskOf } from './risk-bands.ts'
import { wilson } from './wilson.ts'
import { type ServingBound, servingBounds } from './wrong-bound.ts'
import {
  type BandEvidence,
  type CurvePrior,
  type Hypotheses,
  hypothesesOf,
  weightsOf,
} from './wrong-curve.ts'

export interface ConfidencePolicy {
  /** Wrong answers per request, 0 to 1. */
  maxWrongRate: number
  /** Share of hits that are also asked of the model once the first ones have spoken, 0 to 1. */
  auditShare: number
  /** That many hits are all audited first. */
  firstAudits: number
}

export interface ConfidenceState {
  version: 1
  requests: number
  bands: BandEvidence[]
  /** Wrong answers that may still be risked before the first audits have spoken. */
  allowance: number
  served: number
  audited: number
  auditedWrong: number
}

export interface Decision {
  serve: boolean
  /** Whether the served answer is also to be asked of the model. */
  audit: boolean
  reason: 'served' | 'no candidate' | 'too risky' | 'allowance spent'
}

export interface ConfidenceReport {
  /** The riskiest candidate that is served, as the verifier's chance of a wrong answer; 0 where nothing is. */
  riskThreshold: number
  /** Share of requests that are answered so, by what was seen. */
  servedShare: number
  /** Of wrong answers per request, 95 %. */
  upperBound: number
  audited: number
  auditedWrong: number
  /** Wilson's interval of 95 % for wrong answers per audited hit. */
  wrongPerHit: [lower: number, upper: number]
  bands: readonly (BandEvidence & { riskUpTo: number; chance: number; served: boolean })[]
}

/** With how many requests' weight the prior's traffic counts. */
const PRIOR_REQUESTS = 40
/** A workflow's very first requests may risk this many wrong answers beyond the rate. */
const FIRST_ALLOWANCE = 0.4
const MOST_ALLOWANCE = 2
/** Beyond, older evidence counts half: workflows change. */
const MOST_JUDGED = 600
const MOST_REQUESTS = 20_000
/** Outcomes that held change the bounds little: they are worked in together, a wrong one at once. */
const TOGETHER = 8

export class Confidence {
  readonly #policy: ConfidencePolicy
  readonly #hypotheses: Hypotheses
  /** Share of requests by band that is assumed before traffic tells. */
  readonly #priorShare: number
  readonly #state: ConfidenceState
  #bound: ServingBound
  #lastBand = -1
  #sinceBound = 0

  constructor(policy: ConfidencePolicy, prior: CurvePrior, state: ConfidenceState = freshState()) {
    this.#policy = policy
    this.#hypotheses = hypothesesOf(prior)
    this.#priorShare = 1 / BAND_COUNT
    this.#state = structuredClone(state)
    this.#bound = this.#rebound()
  }

  /** @param risk of the best candidate that passed every other layer; undefined where there is none */
  decide(risk: number | undefined): Decision {
    const state = this.#state
    state.requests += 1
    if (this.#warming()) this.#allow(this.#policy.maxWrongRate)
    if (state.requests > MOST_REQUESTS) this.#fadeTraffic()
    if (risk === undefined) return { serve: false, audit: false, reason: 'no candidate' }
    const band = bandOf(risk)
    const evidence = state.bands[band]
    if (evidence !== undefined) evidence.seen += 1
    if (band > this.#lastBand) return { serve: false, audit: false, reason: 'too risky' }
    const chance = this.#bound.chances[band] ?? 1
    if (this.#warming()) {
      if (state.allowance < chance) return { serve: false, audit: false, reason: 'allowance spent' }
      state.allowance -= chance
    }
    state.served += 1
    return { serve: true, audit: this.#auditsNow(), reason: 'served' }
  }

  /** A remembered answer was compared with the model's: of an audited hit, or of a miss that had a candidate. */
  judged(risk: number, outcome: { served: boolean; wrong: boolean }): void {
    const state = this.#state
    const band = bandOf(risk)
    const evidence = state.bands[band]
    if (evidence === undefined) return
    if (outcome.served && outcome.wrong && this.#warming()) {
      // Its chance was taken off when it was served.
      state.allowance -= 1 - (this.#bound.chances[band] ?? 0)
    }
    if (outcome.served) {
      state.audited += 1
      if (outcome.wrong) state.auditedWrong += 1
    }
    evidence.judged += 1
    if (outcome.wrong) evidence.wrong += 1
    if (evidence.judged > MOST_JUDGED) halve(evidence)
    this.#sinceBound += 1
    if (outcome.wrong || this.#sinceBound >= TOGETHER) this.#bound = this.#rebound()
  }

  /** To be stored, and given to the constructor after a restart. */
  state(): ConfidenceState {
    return structuredClone(this.#state)
  }

  report(): ConfidenceReport {
    const last = this.#lastBand
    const { audited, auditedWrong, bands } = this.#state
    return {
      riskThreshold: last < 0 ? 0 : highestRiskOf(last),
      servedShare: this.#bound.share[last] ?? 0,
      upperBound: this.#bound.upper[last] ?? 0,
      audited,
      auditedWrong,
      wrongPerHit: wilson(auditedWrong, audited),
      bands: bands.map((evidence, band) => ({
        ...evidence,
        riskUpTo: highestRiskOf(band),
        chance: this.#bound.chances[band] ?? 0,
        served: band <= last,
      })),
    }
  }

  /** Until the first audits have spoken, what is risked is held to the rate by count, whatever the curve says. */
  #warming(): boolean {
    return this.#state.audited < this.#policy.firstAudits
  }

  #allow(added: number): void {
    this.#state.allowance = Math.min(MOST_ALLOWANCE, this.#state.allowance + added)
  }

  #auditsNow(): boolean {
    if (this.#warming()) return true
    const { served } = this.#state
    const share = this.#policy.auditShare
    return Math.floor(served * share) > Math.floor((served - 1) * share)
  }

  #fadeTraffic(): void {
    this.#state.requests /= 2
    for (const evidence of this.#state.bands) evidence.seen /= 2
  }

  #rebound(): ServingBound {
    const { bands, requests } = this.#state
    this.#sinceBound = 0
    const shares = Float64Array.from(
      bands,
      ({ seen }) => (seen + PRIOR_REQUESTS * this.#priorShare) / (requests + PRIOR_REQUESTS),
    )
    const bound = servingBounds(this.#hypotheses, weightsOf(this.#hypotheses, bands), bands, shares)
    this.#lastBand = -1
    while ((bound.upper[this.#lastBand + 1] ?? 1) <= this.#policy.maxWrongRate) this.#lastBand += 1
    return bound
  }
}

function freshState(): ConfidenceState {
  const bands = Array.from({ length: BAND_COUNT }, () => ({ seen: 0, judged: 0, wrong: 0 }))
  return {
    version: 1,
    requests: 0,
    bands,
    allowance: FIRST_ALLOWANCE,
    served: 0,
    audited: 0,
    auditedWrong: 0,
  }
}

function halve(evidence: BandEvidence): void {
  evidence.judged /= 2
  evidence.wrong /= 2
}
