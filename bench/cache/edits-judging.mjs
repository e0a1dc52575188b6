// The verifier's score of pairs of texts, 1 - risk, so that edits are judged at the operating point that `bench:cache` prints.
import { loadSemantic } from './semantic.mjs'
import { rowsOf } from './vectors.mjs'

/** @param embedderId whose calibration it is @param vectorsOf the file of a row of float32 for each text */
export function judging(embedderId, dimensions, vectorsOf) {
  return async (pairs) => {
    const semantic = await loadSemantic()
    const calibration = semantic.calibrationOf(embedderId)
    const texts = [...new Set(pairs.flatMap(({ asked, remembered }) => [asked, remembered]))]
    const rows = new Map(texts.map((text, row) => [text, row]))
    const vector = rowsOf(vectorsOf(texts), dimensions)
    return pairs.map(({ asked, remembered, frequencies }) => {
      const one = vector(rows.get(asked))
      const other = vector(rows.get(remembered))
      const similarity = one.reduce((sum, value, index) => sum + value * other[index], 0)
      const [reading, known] = [asked, remembered].map(semantic.readQuestion)
      return 1 - semantic.riskOf(similarity, semantic.residueOf(reading, known, frequencies), calibration)
    })
  }
}
