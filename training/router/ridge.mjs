// Ridge regression on hashed features and the length of the text, by conjugate gradients; seeds play no part.
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url))

/** The program's own code, bundled, so that training and serving cannot differ. */
export async function programCode(entry, name) {
  const outfile = path(`../.cache/router/${name}.mjs`)
  await build({
    entryPoints: [path(`../../src/${entry}`)],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    logLevel: 'error',
  })
  return import(pathToFileURL(outfile).href)
}

/** One row a text: sparse features, and its length in characters. */
export function rowsOf(texts, { hashedFeatures, HASHED_PLACES }) {
  const rows = texts.map((text) => {
    const { ids, values, count } = hashedFeatures(text)
    return { ids: ids.slice(0, count), values: values.slice(0, count), length: text.length }
  })
  return { rows, places: HASHED_PLACES }
}

/** What is rare says more: the logarithm of how few texts have the feature. Of texts without labels. */
export function rarity({ rows, places }) {
  const having = new Float64Array(places)
  for (const { ids } of rows) for (const id of ids) having[id]++
  return having.map((count) => Math.log((rows.length + 1) / (count + 1)))
}

/** Mean and deviation of lengths, by which a text's length is told. */
export function lengthScale({ rows }) {
  const mean = rows.reduce((sum, { length }) => sum + length, 0) / rows.length
  const variance = rows.reduce((sum, { length }) => sum + (length - mean) ** 2, 0) / rows.length
  return { mean, deviation: Math.sqrt(variance) || 1 }
}

/** A long document says no more by its length than four deviations do. */
export function lengthOf(length, { mean, deviation }) {
  return Math.min(4, (length - mean) / deviation)
}

/** So large that the penalty, which holds words back, leaves length nearly alone. */
const LENGTH_SCALE = 1

/** Weighs features by rarity; characters and words come to a half each again. Places below the middle are of characters. */
export function weighed({ rows, places }, rare) {
  return {
    places,
    rows: rows.map(({ ids, values, length }) => {
      const weighted = Float32Array.from(values, (value, at) => value * rare[ids[at]])
      const norms = [0, 0]
      for (let at = 0; at < ids.length; at++) norms[ids[at] < places / 2 ? 0 : 1] += weighted[at] ** 2
      const scales = norms.map((norm) => Math.SQRT1_2 / Math.sqrt(norm || 1))
      for (let at = 0; at < ids.length; at++) weighted[at] *= scales[ids[at] < places / 2 ? 0 : 1]
      return { ids, values: weighted, length }
    }),
  }
}

/** Bands of length: a word may mean one thing in a short question and another in a long one. A natural logarithm apart. */
const FIRST_BAND = 4
const BANDS = 5

/** Of weighed rows: each feature once for either band of length that its text lies between, by how near it is. */
export function banded({ rows, places }) {
  return {
    places: places * BANDS,
    rows: rows.map(({ ids, values, length }) => {
      const position = Math.min(BANDS - 1, Math.max(0, Math.log(length) - FIRST_BAND))
      const below = Math.min(BANDS - 2, Math.floor(position))
      const share = position - below
      const both = new Int32Array(2 * ids.length)
      const shares = new Float32Array(2 * ids.length)
      for (let at = 0; at < ids.length; at++) {
        both[2 * at] = ids[at] + below * places
        both[2 * at + 1] = ids[at] + (below + 1) * places
        shares[2 * at] = values[at] * (1 - share)
        shares[2 * at + 1] = values[at] * share
      }
      return { ids: both, values: shares, length }
    }),
  }
}

/** Of weighed rows: weights by place, and of length; `mean` is what a text without features has. */
export function fitRidge({ rows, places }, targets, { lengths, penalty, rounds = 60 }) {
  const mean = targets.reduce((sum, value) => sum + value, 0) / targets.length
  const scaled = rows.map((row) => ({ ...row, length: LENGTH_SCALE * lengthOf(row.length, lengths) }))
  const count = places + 1
  const forward = (weights) =>
    scaled.map(({ ids, values, length }) => {
      let sum = weights[places] * length
      for (let at = 0; at < ids.length; at++) sum += weights[ids[at]] * values[at]
      return sum
    })
  const backward = (residuals) => {
    const sums = new Float64Array(count)
    scaled.forEach(({ ids, values, length }, row) => {
      const residual = residuals[row]
      for (let at = 0; at < ids.length; at++) sums[ids[at]] += residual * values[at]
      sums[places] += residual * length
    })
    return sums
  }
  const weights = solve(forward, backward, backward(targets.map((target) => target - mean)), penalty, rounds)
  return { weights: weights.subarray(0, places), length: weights[places] * LENGTH_SCALE, mean, lengths }
}

function solve(forward, backward, wanted, penalty, rounds) {
  const found = new Float64Array(wanted.length)
  const residual = Float64Array.from(wanted)
  let direction = Float64Array.from(wanted)
  let size = dot(residual, residual)
  const enough = size * 1e-10
  for (let round = 0; round < rounds && size > enough; round++) {
    const image = backward(forward(direction))
    for (let at = 0; at < image.length; at++) image[at] += penalty * direction[at]
    const step = size / dot(direction, image)
    for (let at = 0; at < found.length; at++) {
      found[at] += step * direction[at]
      residual[at] -= step * image[at]
    }
    const next = dot(residual, residual)
    direction = direction.map((value, at) => residual[at] + (next / size) * value)
    size = next
  }
  return found
}

export function scoreOf({ ids, values, length }, { weights, length: ofLength, mean, lengths }) {
  let sum = mean + ofLength * lengthOf(length, lengths)
  for (let at = 0; at < ids.length; at++) sum += weights[ids[at]] * values[at]
  return sum
}

/** Slope and offset of the logistic curve that turns scores into probabilities, by Newton's method. */
export function fitCurve(scores, outcomes) {
  let slope = 1
  let offset = 0
  for (let round = 0; round < 50; round++) {
    let [gs, go, ss, so, oo] = [0, 0, 1e-9, 0, 1e-9]
    scores.forEach((score, at) => {
      const p = probability(score, { slope, offset })
      const error = outcomes[at] - p
      const weight = p * (1 - p)
      gs += error * score
      go += error
      ss += weight * score * score
      so += weight * score
      oo += weight
    })
    const determinant = ss * oo - so * so
    if (determinant < 1e-12) break
    slope += (oo * gs - so * go) / determinant
    offset += (ss * go - so * gs) / determinant
  }
  return { slope, offset }
}

export function probability(score, { slope, offset }) {
  return 1 / (1 + Math.exp(-(slope * score + offset)))
}

function dot(left, right) {
  let sum = 0
  for (let at = 0; at < left.length; at++) sum += left[at] * right[at]
  return sum
}
