// For `npm run bench:edits -- --judge bench/cache/edits-judge.mjs --threshold T`: the verifier's score on MiniLM's vectors.
import { judging } from './edits-judging.mjs'
import { MINILM_DIMENSIONS, MINILM_ID, minilmVectors } from './vectors.mjs'

export const id = `${MINILM_ID} with residue`
export const judge = judging(MINILM_ID, MINILM_DIMENSIONS, minilmVectors)
