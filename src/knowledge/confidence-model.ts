/** Weighs sentences and judges quotes: two small models, fitted by training/knowledge and calibrated (models/knowledge/README.md). */
import { CONFIDENCE_WEIGHTS } from './confidence-weights.ts'
import { product } from './product.ts'

/** `[place, threshold, below, above]`, or the value of a leaf. */
type Tree = number | readonly [place: number, threshold: number, below: Tree, above: Tree]

interface Weights {
  sentence: readonly number[]
  bias: number
  quote: readonly number[]
  treeBias: number
  trees: readonly Tree[]
  /** Calibration (Platt): of the mean of both models' log odds. */
  slope: number
  offset: number
}

export interface ConfidenceModel {
  /** Of a sentence's features. */
  sentenceWeights: readonly number[]
  /** That a quote holds the answer, 0 to 1. */
  confidenceOf(quoteFeatures: ArrayLike<number>): number
}

let parsed: Record<'words' | 'meaning', Weights> | undefined

/** `meaning`: of features with what the contextual encoder says. */
export function confidenceModel(name: 'words' | 'meaning'): ConfidenceModel {
  parsed ??= JSON.parse(CONFIDENCE_WEIGHTS) as Record<'words' | 'meaning', Weights>
  const { sentence, bias, quote, treeBias, trees, slope, offset } = parsed[name]
  return {
    sentenceWeights: sentence,
    confidenceOf(features) {
      let boosted = treeBias
      for (const tree of trees) boosted += leafOf(tree, features)
      const linear = bias + product(quote, features)
      return 1 / (1 + Math.exp(-(slope * ((linear + boosted) / 2) + offset)))
    },
  }
}

function leafOf(root: Tree, features: ArrayLike<number>): number {
  let tree = root
  while (typeof tree !== 'number') tree = (features[tree[0]] ?? 0) < tree[1] ? tree[2] : tree[3]
  return tree
}
