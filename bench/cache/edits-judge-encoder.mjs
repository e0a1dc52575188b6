// For `npm run bench:edits -- --judge bench/cache/edits-judge-encoder.mjs --threshold T`: the verifier's score on the vectors
// of the small encoder that ships.
import { judging } from './edits-judging.mjs'
import { loadEncoder } from './embedders.mjs'
import { keptVectors } from './vectors.mjs'

const encoder = await loadEncoder()

export const id = `${encoder.id} with residue`
export const judge = judging(encoder.id, encoder.dimensions, (texts) => keptVectors(encoder, texts))
