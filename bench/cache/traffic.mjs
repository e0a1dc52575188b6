// A stream as the cache would see it: of each asked question the remembered ones that retrieval brings, in two forms: as the
// baselines look at them (the nearest by MiniLM) and as trimtab does (vetoes passed, with similarity and residue).
import { questionsOf, split } from './streams.mjs'
import { keptVectors, MINILM_DIMENSIONS, minilmVectors, nearest, rowsOf } from './vectors.mjs'

const RETRIEVED = 8

/** What does not depend on which half is remembered. */
export function prepare(name, folder, semantic, { instant, encoder }) {
  const questions = questionsOf(name, folder)
  const texts = questions.map(({ text }) => text)
  const minilm = minilmVectors(texts)
  return {
    name,
    questions,
    readings: texts.map(semantic.readQuestion),
    minilm: {
      id: 'minilm',
      file: minilm,
      dimensions: MINILM_DIMENSIONS,
      row: rowsOf(minilm, MINILM_DIMENSIONS),
    },
    static: shippedVectors(instant, texts),
    encoder: shippedVectors(encoder, texts),
  }
}

/** `[{row, key, nearest: {row, similarity, right}, candidates: [{row, similarity, residue, right}]}]` in the order asked. */
export function traffic(set, seed, semantic, embedding) {
  const halves = split(set.questions.length, seed)
  const byMinilm = nearest(set.minilm.file, set.minilm.dimensions, RETRIEVED, halves)
  const retrieved = nearest(set.static.file, set.static.dimensions, RETRIEVED, halves)
  const score = scored(set, halves.remembered, semantic, embedding)
  const isRight = (asked, row) => set.questions[asked].key === set.questions[row].key
  return halves.asked.map((asked, index) => {
    const [{ row, cosine }] = byMinilm[index]
    return {
      row: asked,
      key: set.questions[asked].key,
      nearest: { row, similarity: cosine, right: isRight(asked, row) },
      candidates: retrieved[index].flatMap((found) => {
        const candidate = score(asked, found.row)
        return candidate === undefined ? [] : [{ ...candidate, right: isRight(asked, found.row) }]
      }),
    }
  })
}

/**
 * What the layers say of a pair of rows: `{row, similarity, residue}`, or undefined where it is vetoed.
 * @param embedding which has the last word: `static`, `encoder` or `minilm`
 */
export function scored(set, remembered, semantic, embedding) {
  const frequencies = new semantic.TermFrequencies()
  for (const row of remembered) frequencies.add(set.readings[row])
  const confirming = set[embedding]
  return (asked, row) => {
    const [one, other] = [set.readings[asked], set.readings[row]]
    if (set.questions[asked].partition !== set.questions[row].partition) return undefined
    if (semantic.vetoOf(one, other) !== undefined) return undefined
    const residue = semantic.residueOf(one, other, frequencies)
    return { row, similarity: dot(confirming.row(asked), confirming.row(row)), residue }
  }
}

/** The candidate of least risk, with it; undefined where no candidate is left. */
export function best(candidates, semantic, calibration) {
  let found
  for (const candidate of candidates) {
    const risk = semantic.riskOf(candidate.similarity, candidate.residue, calibration)
    if (found === undefined || risk < found.risk) found = { ...candidate, risk }
  }
  return found
}

function shippedVectors(embedder, texts) {
  const file = keptVectors(embedder, texts)
  return { id: embedder.id, file, dimensions: embedder.dimensions, row: rowsOf(file, embedder.dimensions) }
}

function dot(one, other) {
  let sum = 0
  for (let index = 0; index < one.length; index++) sum += one[index] * other[index]
  return sum
}
