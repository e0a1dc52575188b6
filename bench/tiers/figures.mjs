// What one way of routing the stream comes to: large calls avoided, wrong answers added, cost and latency, with intervals.
import { seeded } from '../seeded.mjs'

const ROUNDS = 1000
const CHARACTERS_PER_TOKEN = 4
/** Of every answer, because recorded ones are graded letters: what a short answer takes. */
const OUTPUT_TOKENS = 128

/**
 * @param decisions of each request `{ request, tier: 'documents' | 'small' | 'large', right }`; `right` is undefined where nobody
 *   knows
 * @param model `{ usdPerMillion: { small, large }, milliseconds: { documents, small, large } }`
 */
export function figuresOf(decisions, model) {
  const random = seeded(1)
  const drawn = Array.from({ length: ROUNDS }, () =>
    counted(decisions.map(() => decisions[Math.floor(random() * decisions.length)])),
  )
  const counts = counted(decisions)
  const interval = (of) => {
    const sorted = drawn.map(of).sort((one, other) => one - other)
    return [sorted[Math.floor(ROUNDS * 0.025)], sorted[Math.floor(ROUNDS * 0.975)]]
  }
  const figure = (of) => ({ value: of(counts), interval: interval(of) })
  return {
    tiers: counts.tiers,
    avoided: figure(({ all, large }) => 1 - large / all),
    avoidedGraded: figure(({ graded, gradedLarge }) => 1 - gradedLarge / graded),
    lost: figure(({ all, lost }) => lost / all),
    lostGraded: figure(({ graded, lost }) => lost / graded),
    net: figure(({ all, lost, won }) => (lost - won) / all),
    usd: decisions.reduce((sum, { request, tier }) => sum + usdOf(request, tier, model), 0),
    simpleMs: medianOf(
      decisions.filter(({ tier }) => tier !== 'large').map(({ tier }) => model.milliseconds[tier]),
    ),
  }
}

function counted(decisions) {
  const counts = { all: 0, large: 0, graded: 0, gradedLarge: 0, lost: 0, won: 0, tiers: {} }
  for (const { request, tier, right } of decisions) {
    counts.all++
    counts.tiers[`${request.source} → ${tier}`] = (counts.tiers[`${request.source} → ${tier}`] ?? 0) + 1
    if (tier === 'large') counts.large++
    if (request.large === undefined) continue
    counts.graded++
    if (tier === 'large') counts.gradedLarge++
    if (right === undefined) continue
    if (!right && request.large) counts.lost++
    if (right && !request.large) counts.won++
  }
  return counts
}

function usdOf({ text }, tier, { usdPerMillion }) {
  if (tier === 'documents') return 0
  const { input, output } = usdPerMillion[tier]
  return ((text.length / CHARACTERS_PER_TOKEN) * input + OUTPUT_TOKENS * output) / 1e6
}

function medianOf(values) {
  const sorted = [...values].sort((one, other) => one - other)
  return sorted[sorted.length >> 1]
}
