// How good a router is that sends the hardest to the large model: the share of the large model's lead that it recovers.

/** `score`: higher is sent to the large model first; equal scores in no order. `small`, `large`: 1 where right. */
export function orderOf(scores) {
  const order = scores.map((_, at) => at).sort((left, right) => scores[right] - scores[left])
  const groups = []
  for (const at of order) {
    const last = groups.at(-1)
    if (last !== undefined && scores[last[0]] === scores[at]) last.push(at)
    else groups.push([at])
  }
  return groups
}

/** Area and the shares of large calls that recover a half and four fifths; `counts` how often each question was drawn. */
export function curveOf(groups, { small, large }, counts) {
  let total = 0
  let lead = 0
  for (const group of groups) {
    for (const at of group) {
      total += counts[at]
      lead += counts[at] * (large[at] - small[at])
    }
  }
  let [calls, gained, area] = [0, 0, 0]
  const reached = { half: 1, most: 1 }
  const wanted = { half: 0.5 * lead, most: 0.8 * lead }
  const done = { half: false, most: false }
  for (const group of groups) {
    let [width, height] = [0, 0]
    for (const at of group) {
      width += counts[at]
      height += counts[at] * (large[at] - small[at])
    }
    for (const name of ['half', 'most']) {
      if (done[name] || gained + height < wanted[name]) continue
      reached[name] = (calls + (height > 0 ? (width * (wanted[name] - gained)) / height : 0)) / total
      done[name] = true
    }
    area += width * (gained + height / 2)
    gained += height
    calls += width
  }
  return { apgr: area / total / lead, cpt50: reached.half, cpt80: reached.most }
}

/** Chance that a question which the small model fails has the higher score. */
export function aucOf(groups, failed, counts) {
  let [failures, rest, below] = [0, 0, 0]
  for (const group of [...groups].reverse()) {
    let [bad, good] = [0, 0]
    for (const at of group) {
      if (failed[at] === 1) bad += counts[at]
      else good += counts[at]
    }
    below += bad * (rest + good / 2)
    failures += bad
    rest += good
  }
  return below / (failures * rest)
}

/** Expected calibration error in ten bins, and Brier's score. */
export function calibrationOf(probabilities, outcomes) {
  const bins = Array.from({ length: 10 }, () => ({ count: 0, told: 0, came: 0 }))
  let brier = 0
  probabilities.forEach((told, at) => {
    const bin = bins[Math.min(9, Math.floor(told * 10))]
    bin.count++
    bin.told += told
    bin.came += outcomes[at]
    brier += (told - outcomes[at]) ** 2
  })
  const count = probabilities.length
  return { ece: bins.reduce((sum, { told, came }) => sum + Math.abs(told - came), 0) / count, brier: brier / count }
}

/** 95 % interval of a statistic of questions drawn again and again: `statistic(counts)`. */
export function intervalOf(count, statistic, random, rounds = 300) {
  const found = []
  for (let round = 0; round < rounds; round++) {
    const counts = new Uint16Array(count)
    for (let draw = 0; draw < count; draw++) counts[Math.floor(random() * count)]++
    found.push(statistic(counts))
  }
  found.sort((left, right) => left - right)
  return [found[Math.floor(0.025 * rounds)], found[Math.ceil(0.975 * rounds) - 1]]
}
