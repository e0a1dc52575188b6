// Streams that stay as they are: what is saved, and how often a version in force loses more than it may. Labels are of one half
// of the questions, each once; what requests lose is told on the other half, which nothing is learned from.
import { seeded } from '../seeded.mjs'
import { LearnedStream } from './learned-stream.mjs'
import { shuffled } from './mmlu.mjs'

const HALF = 0.5

/** @param checkpoints numbers of labels at which the standing is told */
export async function stationary(rows, modules, readers, { policy, seed, checkpoints }) {
  const random = seeded(seed)
  const order = shuffled(rows, random)
  const teaching = order.slice(0, Math.floor(order.length * HALF))
  const asked = order.slice(teaching.length)
  const stream = new LearnedStream(modules, readers, policy, seed)
  const versions = []
  const points = []
  let [small, lost] = [0, 0]
  let seen = 0
  for (const { text, agrees } of teaching) {
    // Requests that are not labelled are counted only: each would be a draw of the other half.
    while (!stream.willLabel()) {
      const row = asked[Math.floor(random() * asked.length)]
      const begins = await stream.ask(row.text, row.agrees, false)
      if (begins === 'small') small++
      if (begins === 'small' && !row.agrees) lost++
    }
    await stream.ask(text, agrees, true)
    if (stream.events.length > seen) {
      seen = stream.events.length
      const { kind } = stream.events.at(-1)
      versions.push({ kind, ...figuresOf(stream, asked), labels: stream.labels })
    }
    if (checkpoints.includes(stream.labels))
      points.push({ labels: stream.labels, requests: stream.requests, ...figuresOf(stream, asked) })
    if (stream.labels >= checkpoints.at(-1)) break
  }
  const { requests, labels, events } = stream
  return { seed, requests, labels, begun: small / requests, lost: lost / requests, points, versions, events }
}

/** Of all questions that nothing was learned from. */
function figuresOf(stream, asked) {
  const begun = asked.filter(({ text }) => stream.beginningOf(text) === 'small')
  const lost = begun.filter(({ agrees }) => !agrees)
  return {
    version: stream.standing?.inForce ?? 0,
    begun: begun.length / asked.length,
    lost: lost.length / asked.length,
  }
}
