// What one way of routing the stream comes to: large calls avoided, wrong answers added, cost and latency, with intervals.
import { seeded } from '../seeded.mjs'

const ROUNDS = 1000
const CHARACTERS_PER_TOKEN = 4
/** Of every answer, because recorded ones are graded letters: what a short answer takes. */
const OUTPUT_TOKENS = 128

/**
 * @param decisions of each request a list, for each time that the way was learned anew:
 *   `{ request, tier: 'documents' | 'small' | 'large', right }`; `right` is undefined where nobody knows
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
    usd:
      mean(decisions.map((times) => mean(times.map(({ request, tier }) => usdOf(request, tier, model))))) *
      decisions.length,
    simpleMs: medianOf(
      decisions
        .flat()
        .filter(({ tier }) => tier !== 'large')
        .map(({ tier }) => model.milliseconds[tier]),
    ),
    byTime: decisions[0].map((_, time) => {
      const { graded, gradedLarge, lost } = counted(decisions.map((times) => [times[time]]))
      return { avoided: 1 - gradedLarge / graded, lost: lost / graded }
    }),
  }
}

function counted(decisions) {
  const counts = { all: 0, large: 0, graded: 0, gradedLarge: 0, lost: 0, won: 0, tiers: {} }
  for (const times of decisions) for (const one of times) count(counts, one, 1 / times.length)
  return counts
}

function count(counts, { request, tier, right }, share) {
  const way = `${request.source} → ${tier}`
  counts.all += share
  counts.tiers[way] = (counts.tiers[way] ?? 0) + share
  if (tier === 'large') counts.large += share
  if (request.large === undefined) return
  counts.graded += share
  if (tier === 'large') counts.gradedLarge += share
  if (right === undefined) return
  if (!right && request.large) counts.lost += share
  if (right && !request.large) counts.won += share
}

function mean(numbers) {
  return numbers.reduce((sum, one) => sum + one, 0) / numbers.length
}

export function usdOf({ text }, tier, { usdPerMillion }) {
  if (tier === 'documents') return 0
  const { input, output } = usdPerMillion[tier]
  return ((text.length / CHARACTERS_PER_TOKEN) * input + OUTPUT_TOKENS * output) / 1e6
}

function medianOf(values) {
  const sorted = [...values].sort((one, other) => one - other)
  return sorted[sorted.length >> 1]
}
