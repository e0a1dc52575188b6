// For `npm run bench:edits -- --judge bench/cache/edits-judge.mjs --threshold T`: the verifier's score on MiniLM's vectors,
// 1 - risk, so that the edits are judged at the operating point that `bench:cache` prints.
import { loadSemantic } from './semantic.mjs'
import { MINILM_DIMENSIONS, MINILM_ID, minilmVectors, rowsOf } from './vectors.mjs'

export const id = `${MINILM_ID} with residue`

export async function judge(pairs) {
  const semantic = await loadSemantic()
  const calibration = semantic.calibrationOf(MINILM_ID)
  const texts = [...new Set(pairs.flatMap(({ asked, remembered }) => [asked, remembered]))]
  const rows = new Map(texts.map((text, row) => [text, row]))
  const vector = rowsOf(minilmVectors(texts), MINILM_DIMENSIONS)
  return pairs.map(({ asked, remembered, frequencies }) => {
    const one = vector(rows.get(asked))
    const other = vector(rows.get(remembered))
    const similarity = one.reduce((sum, value, index) => sum + value * other[index], 0)
    const [reading, known] = [asked, remembered].map(semantic.readQuestion)
    return 1 - semantic.riskOf(similarity, semantic.residueOf(reading, known, frequencies), calibration)
  })
}
