/** What a workflow's evidence amounts to, for whoever reads it. */
import { wilson } from '../../metering/wilson.ts'
import type { ConfidenceState } from './confidence-state.ts'
import { highestRiskOf } from './risk-bands.ts'
import type { ServingBound } from './wrong-bound.ts'
import type { BandEvidence } from './wrong-curve.ts'

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
  /** How often audits failed so much that most evidence was given up. */
  alarms: number
  /** Whether every hit is audited, because the first ones have not spoken yet. */
  warming: boolean
  bands: readonly (BandEvidence & { riskUpTo: number; chance: number; served: boolean })[]
}

export function confidenceReport(
  { audited, auditedWrong, alarms, bands }: ConfidenceState,
  bound: ServingBound,
  { lastBand, warming }: { lastBand: number; warming: boolean },
): ConfidenceReport {
  return {
    riskThreshold: lastBand < 0 ? 0 : highestRiskOf(lastBand),
    servedShare: bound.share[lastBand] ?? 0,
    upperBound: bound.upper[lastBand] ?? 0,
    audited,
    auditedWrong,
    wrongPerHit: wilson(auditedWrong, audited),
    alarms,
    warming,
    bands: bands.map((evidence, band) => ({
      ...evidence,
      riskUpTo: highestRiskOf(band),
      chance: bound.chances[band] ?? 0,
      served: band <= lastBand,
    })),
  }
}
