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
  for (let nth = groups.length - 1; nth >= 0; nth--) {
    let [bad, good] = [0, 0]
    for (const at of groups[nth]) {
      if (failed[at] === 1) bad += counts[at]
      else good += counts[at]
    }
    below += bad * (rest + good / 2)
    failures += bad
    rest += good
  }
  return below / (failures * rest)
}

/** Expected calibration error in ten bins, and Brier's score, of the questions at `places`; `counts` as above. */
export function calibrationOf(places, probabilities, outcomes, counts) {
  const bins = Array.from({ length: 10 }, () => ({ told: 0, came: 0 }))
  let [brier, total] = [0, 0]
  for (const at of places) {
    const told = probabilities[at]
    const bin = bins[Math.min(9, Math.floor(told * 10))]
    bin.told += counts[at] * told
    bin.came += counts[at] * outcomes[at]
    brier += counts[at] * (told - outcomes[at]) ** 2
    total += counts[at]
  }
  return {
    ece: bins.reduce((sum, { told, came }) => sum + Math.abs(told - came), 0) / total,
    brier: brier / total,
  }
}
