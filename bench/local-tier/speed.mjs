// How fast the tier answers at a number of requests in parallel, straight and through trimtab, and what trimtab adds.
import { ask, chatBody } from './ask.mjs'
import { inParallel } from './load.mjs'
import { median, percentile } from './percentile.mjs'

/** `{ parallel, tokensPerSecond, firstTokenMs, totalMs, … }`; `origin()` tells where the next request goes. */
export async function speedAt(parallel, origin, questions, { model, maxTokens, forced, seconds }) {
  const next = () => ask(origin(), chatBody(model, questions(), maxTokens, forced))
  return { parallel, ...(await inParallel(next, parallel, seconds)) }
}

/**
 * Both ways in turns on the same servers, the first of each round changing, so that whatever a server becomes with use
 * is shared alike: `{ parallel, straight, through, ratio }`, medians of the rounds; `ratio` of tokens a second.
 */
export async function speedInTurns(parallel, ways, questions, { rounds, ...told }) {
  const seen = { straight: [], through: [] }
  for (let round = 0; round < rounds; round++) {
    const order = round % 2 === 0 ? ['straight', 'through'] : ['through', 'straight']
    for (const way of order) seen[way].push(await speedAt(parallel, ways[way], questions, told))
  }
  const straight = middle(seen.straight)
  const through = middle(seen.through)
  return { parallel, straight, through, ratio: through.tokensPerSecond / straight.tokensPerSecond }
}

function middle(lines) {
  const of = (pick) => median(lines.map(pick))
  const rates = lines.map(({ tokensPerSecond }) => tokensPerSecond)
  return {
    tokensPerSecond: median(rates),
    slowest: Math.min(...rates),
    fastest: Math.max(...rates),
    firstTokenMs: {
      p50: of(({ firstTokenMs }) => firstTokenMs.p50),
      p95: of(({ firstTokenMs }) => firstTokenMs.p95),
    },
    totalMs: { p50: of(({ totalMs }) => totalMs.p50), p95: of(({ totalMs }) => totalMs.p95) },
    requests: lines.reduce((sum, { requests }) => sum + requests, 0),
    failed: lines.reduce((sum, { failed }) => sum + failed, 0),
    firstFault: lines.find(({ firstFault }) => firstFault)?.firstFault,
  }
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
