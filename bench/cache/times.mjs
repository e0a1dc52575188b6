// What the layers cost a lookup, beside embedding and search: microseconds, median and 99th percentile.
import { MINILM_ID } from './vectors.mjs'

const REPEATS = 3
const CANDIDATES = 8

/** Each figure is `[p50, p99]`; candidates are any eight questions of the set, so that vetoes end early as in traffic. */
export function layerTimes({ questions, readings }, semantic, embedder) {
  const texts = questions.map(({ text }) => text)
  const frequencies = new semantic.TermFrequencies()
  for (const reading of readings) frequencies.add(reading)
  const calibration = semantic.calibrationOf(MINILM_ID)
  const confidence = new semantic.Confidence(
    { maxWrongRate: 0.005, auditShare: 0.05, firstAudits: 300, judgeError: 0 },
    calibration.curve,
  )
  const judge = (row) => {
    const asked = readings[row]
    for (let index = 1; index <= CANDIDATES; index++) {
      const remembered = readings[(row + index) % readings.length]
      if (semantic.vetoOf(asked, remembered) === undefined)
        semantic.riskOf(0.9, semantic.residueOf(asked, remembered, frequencies), calibration)
    }
  }
  return {
    'static embedding': timed(texts, (row) => embedder.embed(texts[row])),
    'reading a question': timed(texts, (row) => semantic.readQuestion(texts[row])),
    'vetoes and risk of 8 candidates': timed(texts, judge),
    'deciding and learning': timed(texts, (row) => {
      const risk = (row % 97) / 97
      const { serve } = confidence.decide(risk)
      confidence.judged(risk, { served: serve, wrong: row % 211 === 0 })
    }),
  }
}

/** `[p50, p99]` milliseconds of processor time for a text alone, as `minilmTimes` measures it. */
export function encoderTimes(texts, encoder) {
  const took = texts.map((text) => {
    const begin = process.cpuUsage()
    encoder.embed(text)
    const { user, system } = process.cpuUsage(begin)
    return (user + system) / 1000
  })
  const sorted = took.slice(20).sort((one, other) => one - other)
  return [0.5, 0.99].map((share) => Math.round(100 * sorted[Math.floor(share * sorted.length)]) / 100)
}

function timed(texts, work) {
  const took = []
  for (let repeat = 0; repeat < REPEATS; repeat++) {
    for (let row = 0; row < texts.length; row++) {
      const begin = performance.now()
      work(row)
      if (repeat > 0) took.push(1000 * (performance.now() - begin))
    }
  }
  took.sort((one, other) => one - other)
  return [0.5, 0.99].map((share) => Math.round(10 * took[Math.floor(share * took.length)]) / 10)
}
