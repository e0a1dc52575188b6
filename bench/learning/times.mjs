// What a decision and a fit take, on questions as they are.
const CALLS = 4000

/** Lines of text. */
export function learningTimes(
  rows,
  { labelFeatures, denseLength, labelSet, ridgeFit, scoreOf, weightCount },
  readers,
) {
  const texts = rows
    .slice(0, CALLS)
    .map(({ text }) => ({ text, tokens: Math.ceil(text.length / 4), turns: 1 }))
  const weights = Float32Array.from({ length: weightCount(denseLength(readers.embedder)) }, (_, at) =>
    Math.sin(at),
  )
  const decided = spread(texts, (asked) => scoreOf(labelFeatures(asked, readers), weights))
  const long = {
    text: rows
      .map(({ text }) => text)
      .join(' ')
      .slice(0, 8000),
    tokens: 2000,
    turns: 1,
  }
  const longest = spread(
    Array.from({ length: 1000 }, () => long),
    (asked) => scoreOf(labelFeatures(asked, readers), weights),
  )
  const characters = Math.round(texts.reduce((sum, { text }) => sum + text.length, 0) / texts.length)
  const fits = [500, 2000].map((count) => {
    const labels = rows.slice(0, count).map(({ text, agrees }, id) => ({
      id,
      agrees,
      features: labelFeatures({ text, tokens: 1, turns: 1 }, readers),
    }))
    const set = labelSet(labels, denseLength(readers.embedder))
    const begun = process.cpuUsage()
    const slices = []
    const fit = ridgeFit(set, set.told, 30)
    for (let at = performance.now(), next = fit.next(); !next.done; next = fit.next()) {
      slices.push(performance.now() - at)
      at = performance.now()
    }
    const { user, system } = process.cpuUsage(begun)
    slices.sort((one, other) => one - other)
    return `A fit to ${count} labels: ${Math.round((user + system) / 1000)} ms of CPU, which may be interrupted every ${slices[slices.length >> 1].toFixed(2)} ms (median).`
  })
  return [
    `A decision on a question (${characters} characters on average): ${decided} (features, vector and score; the least of three, so that other programs do not count).`,
    `A decision on 8,000 characters: ${longest}.`,
    ...fits,
  ]
}

function spread(inputs, work) {
  for (const input of inputs.slice(0, 1000)) work(input)
  const times = inputs.map((input) => Math.min(timed(work, input), timed(work, input), timed(work, input)))
  times.sort((one, other) => one - other)
  const at = (share) => Math.round(times[Math.floor(times.length * share)])
  return `${at(0.5)} µs p50, ${at(0.99)} µs p99`
}

/** Microseconds. */
function timed(work, input) {
  const begun = performance.now()
  work(input)
  return 1000 * (performance.now() - begun)
}
