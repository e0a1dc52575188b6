// How fast the tier answers at each number of requests in parallel, and what trimtab adds to one of them.
import { ask, chatBody } from './ask.mjs'
import { inParallel } from './load.mjs'
import { percentile } from './percentile.mjs'

/** A line for each of `levels`: `{ parallel, tokensPerSecond, firstTokenMs, totalMs, … }`. */
export async function speedAt(levels, origin, questions, { model, maxTokens, forced, seconds }) {
  const lines = []
  for (const parallel of levels) {
    const next = () => ask(origin, chatBody(model, questions(), maxTokens, forced))
    lines.push({ parallel, ...(await inParallel(next, parallel, seconds)) })
  }
  return lines
}

/**
 * The same question straight and through trimtab, in turns, one at a time: medians in milliseconds. The first of a
 * question finds the server's memory of the prompt cold, so that the two change places each time.
 */
export async function addedLatency(direct, through, questions, { model, pairs, maxTokens, forced }) {
  const seen = { direct: [], through: [] }
  for (let pair = 0; pair < pairs; pair++) {
    const order = pair % 2 === 0 ? ['direct', 'through'] : ['through', 'direct']
    for (const way of order) {
      const answer = await ask(
        way === 'direct' ? direct : through,
        chatBody(model, questions(), maxTokens, forced),
      )
      if (!answer.ok) throw new Error(`a request failed with ${answer.status}: ${answer.fault}`)
      seen[way].push(answer)
    }
  }
  const of = (way, member) =>
    percentile(
      seen[way].map((answer) => answer[member]),
      0.5,
    )
  const pick = (way) => ({ firstTokenMs: of(way, 'firstMs'), totalMs: of(way, 'totalMs') })
  const [straight, passed] = [pick('direct'), pick('through')]
  return {
    pairs,
    direct: straight,
    through: passed,
    addedFirstTokenMs: passed.firstTokenMs - straight.firstTokenMs,
    addedTotalMs: passed.totalMs - straight.totalMs,
  }
}
