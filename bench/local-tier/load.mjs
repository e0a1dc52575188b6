// Load on a local tier: so many in parallel, or so many a second.
import { setTimeout as sleep } from 'node:timers/promises'
import { seeded } from '../seeded.mjs'
import { percentile } from './percentile.mjs'

/**
 * Keeps `parallel` requests under way for `seconds`, after each client's first answer, and then lets them end.
 * `next()` asks once and resolves with what `ask` saw.
 */
export async function inParallel(next, parallel, seconds) {
  const answers = []
  let warm = 0
  let from = Number.POSITIVE_INFINITY
  let until = Number.POSITIVE_INFINITY
  const client = async () => {
    const first = await next()
    if (!first.ok) throw new Error(`a request failed with ${first.status}: ${first.fault}`)
    if (++warm === parallel) {
      from = performance.now()
      until = from + seconds * 1000
    }
    while (performance.now() < until) answers.push(await next())
  }
  await Promise.all(Array.from({ length: parallel }, client))
  return summary(answers, from, until)
}

/** Requests come by chance, `perSecond` on average, for `seconds`; ends once all are answered. */
export async function atRate(next, perSecond, seconds, seed = 7) {
  const random = seeded(seed)
  const asked = []
  const from = performance.now()
  for (let at = from; ; ) {
    at += (-Math.log(1 - random()) / perSecond) * 1000
    if (at > from + seconds * 1000) break
    const waitMs = at - performance.now()
    if (waitMs > 0) await sleep(waitMs)
    asked.push(next())
  }
  const left = from + seconds * 1000 - performance.now()
  if (left > 0) await sleep(left)
  return summary(await Promise.all(asked), from, performance.now())
}

/** Tokens count where they came within the window: an answer's are as many as its usage says, spread over its chunks. */
function summary(answers, from, until) {
  const failed = answers.filter(({ ok }) => !ok)
  const good = answers.filter(({ ok }) => ok)
  const inWindow = good.filter(({ startedAt }) => startedAt >= from && startedAt < until)
  const tokens = good.reduce((sum, { chunkTimes, outputTokens }) => {
    const within = chunkTimes.filter((at) => at >= from && at < until).length
    return sum + (chunkTimes.length === 0 ? 0 : (outputTokens * within) / chunkTimes.length)
  }, 0)
  const seconds = (until - from) / 1000
  const first = inWindow.map(({ firstMs }) => firstMs)
  const total = inWindow.map(({ totalMs }) => totalMs)
  return {
    requests: inWindow.length,
    failed: failed.length,
    firstFault: failed[0] && `${failed[0].status}: ${failed[0].fault}`,
    seconds,
    outputTokens: tokens,
    tokensPerSecond: tokens / seconds,
    firstTokenMs: { p50: percentile(first, 0.5), p95: percentile(first, 0.95) },
    totalMs: { p50: percentile(total, 0.5), p95: percentile(total, 0.95) },
  }
}
