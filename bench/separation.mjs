// How well vectors tell texts apart: areas under the ROC curve and rank correlation with bootstrap intervals, and how often
// the nearest of all texts is one that means the same.

const RESAMPLES = 200

/** @param judging what training/encoder/reference.py writes; vectors in the order of its texts */
export function separation({ texts, pairs, labelled }, vectors) {
  const place = new Map(texts.map((text, at) => [text, at]))
  const similar = (rows) => rows.map(([a, b]) => dot(vectors[place.get(a)], vectors[place.get(b)]))
  const set = (name, statistic) =>
    withInterval(
      similar(pairs[name]),
      pairs[name].map((row) => row[2]),
      statistic,
    )
  return {
    stsbRho: set('stsb', correlation),
    qqpArea: set('qqp', area),
    medicalArea: set('medical', area),
    qqpFound: found(pairs.qqp, place, vectors),
    ...Object.fromEntries(
      Object.entries(labelled).map(([name, rows]) => [
        name,
        nearest(
          rows.map(([, label]) => label),
          rows.map(([text]) => vectors[place.get(text)]),
        ),
      ]),
    ),
  }
}

/** Of questions with a partner of the same meaning: the share whose partner is the nearest, or among the nearest five. */
function found(rows, place, vectors) {
  const partners = new Map()
  for (const [a, b, same] of rows) if (same) partners.set(a, [...(partners.get(a) ?? []), place.get(b)])
  const kept = [...new Set(rows.map(([, b]) => place.get(b)))]
  const asked = [...partners.keys()].slice(0, 1500)
  const counts = [1, 5].map(() => 0)
  for (const text of asked) {
    const vector = vectors[place.get(text)]
    const scores = kept.map((at) => (at === place.get(text) ? -1 : dot(vector, vectors[at])))
    const best = Math.max(...partners.get(text).map((at) => dot(vector, vectors[at])))
    const before = scores.filter((score) => score > best).length
    if (before < 1) counts[0]++
    if (before < 5) counts[1]++
  }
  return {
    asked: asked.length,
    kept: kept.length,
    top1: share(counts[0], asked.length),
    top5: share(counts[1], asked.length),
  }
}

/** Each text's nearest other one: the share with the same label, and the wrong share of the tenth that is nearest. */
function nearest(labels, vectors) {
  const best = vectors.map((vector, at) => {
    let score = -2
    let other = -1
    for (let to = 0; to < vectors.length; to++) {
      if (to === at) continue
      const found = dot(vector, vectors[to])
      if (found > score) {
        score = found
        other = to
      }
    }
    return { score, right: labels[other] === labels[at] }
  })
  const served = [...best].sort((a, b) => b.score - a.score).slice(0, Math.floor(best.length / 10))
  const wrong = served.filter(({ right }) => !right).length
  return {
    texts: best.length,
    top1: share(best.filter(({ right }) => right).length, best.length),
    wrongOfNearestTenth: share(wrong, served.length),
  }
}

function withInterval(scores, labels, statistic) {
  let seed = 6
  const random = () => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0
    return seed / 2 ** 32
  }
  const resampled = Array.from({ length: RESAMPLES }, () => {
    const chosen = scores.map(() => Math.floor(random() * scores.length))
    return statistic(
      chosen.map((at) => scores[at]),
      chosen.map((at) => labels[at]),
    )
  }).sort((a, b) => a - b)
  const at = (quantile) => round(resampled[Math.floor(RESAMPLES * quantile)])
  return { value: round(statistic(scores, labels)), interval95: [at(0.025), at(0.975)], pairs: scores.length }
}

/** Of equal scores each has the mean of their ranks. */
function ranks(scores) {
  const order = scores.map((_, at) => at).sort((a, b) => scores[a] - scores[b])
  const out = new Float64Array(scores.length)
  for (let begin = 0; begin < order.length; ) {
    let end = begin
    while (end < order.length && scores[order[end]] === scores[order[begin]]) end++
    for (let at = begin; at < end; at++) out[order[at]] = (begin + end + 1) / 2
    begin = end
  }
  return out
}

function area(scores, labels) {
  const rank = ranks(scores)
  const positives = labels.filter(Boolean).length
  const sum = labels.reduce((total, label, at) => total + (label ? rank[at] : 0), 0)
  return (sum - (positives * (positives + 1)) / 2) / (positives * (labels.length - positives))
}

function correlation(left, right) {
  const [a, b] = [ranks(left), ranks(right)]
  const mean = (a.length + 1) / 2
  let both = 0
  let first = 0
  let second = 0
  for (let at = 0; at < a.length; at++) {
    both += (a[at] - mean) * (b[at] - mean)
    first += (a[at] - mean) ** 2
    second += (b[at] - mean) ** 2
  }
  return both / Math.sqrt(first * second)
}

function dot(left, right) {
  let sum = 0
  for (let at = 0; at < left.length; at++) sum += left[at] * right[at]
  return sum
}

const share = (part, whole) => round(part / whole)
const round = (number) => Math.round(number * 1e4) / 1e4
