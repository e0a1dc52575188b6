// Gradient-boosted trees of depth 2 on the logistic loss, in the form that src/knowledge/confidence-model.ts reads.

const RATE = 0.1
const DEPTH = 2
const LEAST_WEIGHT = 6
const SHRINK = 2
const LEAST_GAIN = 0.5

/** `{bias, trees}`; a tree is `[place, threshold, below, above]`, or the value of a leaf. */
export function fitTrees(rows, labels, counts, rounds) {
  const orders = rows[0].length === 0 ? [] : Array.from(rows[0], (_, place) => orderBy(rows, place))
  const total = counts.reduce((all, count) => all + count, 0)
  const right = counts.reduce((all, count, index) => all + count * labels[index], 0)
  const bias = Math.log(right / (total - right))
  const scores = new Float64Array(rows.length).fill(bias)
  const trees = []
  for (let round = 0; round < rounds; round++) {
    const slopes = new Float64Array(rows.length)
    const curves = new Float64Array(rows.length)
    for (let index = 0; index < rows.length; index++) {
      const likely = 1 / (1 + Math.exp(-scores[index]))
      slopes[index] = (labels[index] - likely) * counts[index]
      curves[index] = likely * (1 - likely) * counts[index]
    }
    const parts = { rows, counts, orders, slopes, curves }
    const tree = grown(parts, new Uint8Array(rows.length).fill(1), 0)
    trees.push(tree)
    for (let index = 0; index < rows.length; index++) scores[index] += leafOf(tree, rows[index])
  }
  return { bias, trees }
}

export function treesScore({ bias, trees }, row) {
  return trees.reduce((all, tree) => all + leafOf(tree, row), bias)
}

function leafOf(root, row) {
  let tree = root
  while (typeof tree !== 'number') tree = row[tree[0]] < tree[1] ? tree[2] : tree[3]
  return tree
}

function grown(parts, members, level) {
  const { rows, counts, slopes, curves } = parts
  const whole = { slope: 0, curve: 0, count: 0 }
  for (let index = 0; index < rows.length; index++) if (members[index]) add(whole, parts, index)
  const leaf = (RATE * whole.slope) / (whole.curve + SHRINK)
  if (level === DEPTH || whole.count < 2 * LEAST_WEIGHT) return leaf
  const best = bestSplit({ rows, counts, slopes, curves, orders: parts.orders }, members, whole)
  if (best === undefined || best.gain < LEAST_GAIN) return leaf
  const below = members.map((member, index) => (member && rows[index][best.place] < best.threshold ? 1 : 0))
  const above = members.map((member, index) => (member && rows[index][best.place] >= best.threshold ? 1 : 0))
  return [best.place, best.threshold, grown(parts, below, level + 1), grown(parts, above, level + 1)]
}

function bestSplit(parts, members, whole) {
  const { rows, orders } = parts
  let best
  for (const [place, order] of orders.entries()) {
    const left = { slope: 0, curve: 0, count: 0 }
    let before
    for (const index of order) {
      if (!members[index]) continue
      const value = rows[index][place]
      if (
        before !== undefined &&
        value !== before &&
        left.count >= LEAST_WEIGHT &&
        whole.count - left.count >= LEAST_WEIGHT
      ) {
        const rest = { slope: whole.slope - left.slope, curve: whole.curve - left.curve }
        const gain = worth(left) + worth(rest) - worth(whole)
        if (best === undefined || gain > best.gain) best = { gain, place, threshold: (value + before) / 2 }
      }
      add(left, parts, index)
      before = value
    }
  }
  return best
}

function add(to, { slopes, curves, counts }, index) {
  to.slope += slopes[index]
  to.curve += curves[index]
  to.count += counts[index]
}

function worth({ slope, curve }) {
  return slope ** 2 / (curve + SHRINK)
}

function orderBy(rows, place) {
  return rows.map((_, index) => index).sort((one, two) => rows[one][place] - rows[two][place])
}
