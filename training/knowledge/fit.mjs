// Small linear models, fitted by gradient descent (Adam) on scaled features: the same machine makes the same numbers.

/** `groups`: `{features: [], right: []}`, one a question. Maximises the log of the share that right ones get among all. */
export function fitRanking(groups, { l2 = 0.01, steps = 400 } = {}) {
  const scale = scaleOf(groups.flatMap(({ features }) => features))
  const scaled = groups
    .filter(({ right }) => right.some(Boolean))
    .map(({ features, right }) => ({ rows: features.map((row) => scaledRow(row, scale)), right }))
  const width = scale.mean.length
  const weights = descend(width, steps, (current, gradient) => {
    for (const { rows, right } of scaled) {
      const scores = rows.map((row) => product(current, row))
      const top = Math.max(...scores)
      const odds = scores.map((score) => Math.exp(score - top))
      const all = sum(odds)
      const good = sum(odds.filter((_, index) => right[index]))
      for (const [index, row] of rows.entries()) {
        const pull = (right[index] ? odds[index] / good : 0) - odds[index] / all
        for (let place = 0; place < width; place++) gradient[place] -= (pull * row[place]) / scaled.length
      }
    }
    for (let place = 0; place < width; place++) gradient[place] += l2 * current[place]
  })
  return Array.from(weights, (weight, place) => weight / scale.deviation[place])
}

/** Logistic regression on raw features: `{bias, weights}`. */
export function fitLogistic(rows, labels, counts, { l2 = 0.002, steps = 800 } = {}) {
  const scale = scaleOf(rows)
  const scaled = rows.map((row) => scaledRow(row, scale))
  const width = scale.mean.length
  const total = sum(counts)
  const fitted = descend(width + 1, steps, (current, gradient) => {
    for (const [index, row] of scaled.entries()) {
      const pull = ((sigmoid(product(current, row) + current[width]) - labels[index]) * counts[index]) / total
      for (let place = 0; place < width; place++) gradient[place] += pull * row[place]
      gradient[width] += pull
    }
    for (let place = 0; place < width; place++) gradient[place] += l2 * current[place]
  })
  const weights = Array.from({ length: width }, (_, place) => fitted[place] / scale.deviation[place])
  return { weights, bias: fitted[width] - sum(weights.map((weight, place) => weight * scale.mean[place])) }
}

export function sigmoid(value) {
  return 1 / (1 + Math.exp(-value))
}

/** Over the first one's length. */
export function product(one, two) {
  let all = 0
  for (let place = 0; place < Math.min(one.length, two.length); place++) all += one[place] * two[place]
  return all
}

const RATE = 0.05

function descend(width, steps, addGradient) {
  const current = new Float64Array(width)
  const mean = new Float64Array(width)
  const square = new Float64Array(width)
  for (let step = 1; step <= steps; step++) {
    const gradient = new Float64Array(width)
    addGradient(current, gradient)
    for (let place = 0; place < width; place++) {
      mean[place] = 0.9 * mean[place] + 0.1 * gradient[place]
      square[place] = 0.999 * square[place] + 0.001 * gradient[place] ** 2
      const unbiased = mean[place] / (1 - 0.9 ** step)
      current[place] -= (RATE * unbiased) / (Math.sqrt(square[place] / (1 - 0.999 ** step)) + 1e-9)
    }
  }
  return current
}

function scaleOf(rows) {
  const width = rows[0].length
  const mean = new Float64Array(width)
  const deviation = new Float64Array(width)
  for (const row of rows) for (let place = 0; place < width; place++) mean[place] += row[place] / rows.length
  for (const row of rows)
    for (let place = 0; place < width; place++)
      deviation[place] += (row[place] - mean[place]) ** 2 / rows.length
  for (let place = 0; place < width; place++) deviation[place] = Math.sqrt(deviation[place]) || 1
  return { mean, deviation }
}

function scaledRow(row, { mean, deviation }) {
  return Float64Array.from(row, (value, place) => (value - mean[place]) / deviation[place])
}

function sum(values) {
  return values.reduce((all, value) => all + value, 0)
}
