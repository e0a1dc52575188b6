// Offers requests at a rate, whether or not earlier ones are answered, and notes what came of each.
import { Agent } from 'undici'

const BODY = JSON.stringify({
  model: 'four/m',
  stream: true,
  messages: [{ role: 'user', content: 'Which way?' }],
})
const GIVEN_UP_MS = 30_000
const PATIENCE_MS = 6_000

/**
 * Of what was sent within `seconds`: how much was answered whole, refused (429, 503) or lost (anything else), the first content of
 * interactive answers, and goodput: whole answers a second within that time, `warmSeconds` at its beginning left out.
 */
export async function offer(origin, { rate, seconds, batchShare, warmSeconds = 0 }) {
  const agent = new Agent({ connections: 4096, pipelining: 1 })
  const outcomes = []
  const startedAt = performance.now()
  const endAt = startedAt + seconds * 1000
  const pending = []
  let sent = 0
  while (performance.now() < endAt) {
    const due = Math.floor(((performance.now() - startedAt) / 1000) * rate)
    for (; sent < due; sent++) {
      // Evenly mixed: each so many is batch.
      const isBatch = Math.floor((sent + 1) * batchShare) > Math.floor(sent * batchShare)
      pending.push(one(agent, origin, isBatch).then((outcome) => outcomes.push(outcome)))
    }
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
  // What is not answered soon after is given up, as callers do.
  const impatience = setTimeout(() => agent.destroy(), PATIENCE_MS)
  await Promise.all(pending)
  clearTimeout(impatience)
  if (!agent.destroyed) await agent.close()
  const whole = outcomes.filter(({ kind }) => kind === 'whole')
  const firsts = whole
    .filter(({ isBatch }) => !isBatch)
    .map(({ firstMs }) => firstMs)
    .sort((a, b) => a - b)
  const fromAt = startedAt + warmSeconds * 1000
  const isCounted = ({ endedAt }) => endedAt >= fromAt && endedAt <= endAt
  const count = (kind, isBatch) => outcomes.filter((it) => it.kind === kind && it.isBatch === isBatch).length
  return {
    sent,
    whole: whole.length,
    refused: count('refused', false) + count('refused', true),
    interactiveRefused: count('refused', false),
    batchRefused: count('refused', true),
    lost: count('lost', false) + count('lost', true),
    p50: at(firsts, 0.5),
    p99: at(firsts, 0.99),
    goodput: whole.filter(isCounted).length / (seconds - warmSeconds),
  }
}

function one(agent, origin, isBatch) {
  const startedAt = performance.now()
  const headers = {
    'content-type': 'application/json',
    'x-trimtab-priority': isBatch ? 'batch' : 'interactive',
  }
  return new Promise((resolve) => {
    let status = 0
    let firstMs
    let tail = ''
    const finish = () => {
      const isWhole = status === 200 && tail.trimEnd().endsWith('[DONE]')
      const kind = isWhole ? 'whole' : status === 429 || status === 503 ? 'refused' : 'lost'
      resolve({ kind, isBatch, firstMs, endedAt: performance.now() })
    }
    agent.dispatch(
      {
        origin,
        path: '/v1/chat/completions',
        method: 'POST',
        headers,
        body: BODY,
        headersTimeout: GIVEN_UP_MS,
      },
      {
        onRequestStart() {},
        onResponseStart(_controller, code) {
          status = code
        },
        onResponseData(_controller, chunk) {
          firstMs ??= performance.now() - startedAt
          tail = (tail + chunk.toString()).slice(-40)
        },
        onResponseEnd: finish,
        onResponseError: finish,
      },
    )
  })
}

function at(sorted, share) {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}
