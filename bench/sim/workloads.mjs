// What callers ask for. Loads are set so that the fleet is well used by the best of strategies, and near its limit by those
// that compute everything again: with spare capacity no strategy differs from another.
import { seeded } from '../seeded.mjs'
import { between, exponential, lognormal, zipf } from './draws.mjs'
import { PREFILL_AND_DECODE, slower, TWO_H100 } from './rates.mjs'
import { SessionMaker } from './sessions.mjs'

const EIGHT = Array.from({ length: 8 }, () => TWO_H100)
const SECOND = 1000

/**
 * `isShared`: requests have much of their prompt in common with earlier ones, so that round robin has to lose.
 * `clients`: closed loop; otherwise sessions begin by themselves.
 */
export const WORKLOADS = [
  {
    name: 'chat',
    title: 'Multi-turn chat: 580 people, 10 turns of 400 tokens, answers of 250',
    isShared: true,
    replicas: EIGHT,
    durationMs: 160 * SECOND,
    sessions: chat,
  },
  {
    name: 'saas',
    title: 'SaaS: 150 customers, each a system prompt of 6,000 tokens, questions of 1,200',
    isShared: true,
    replicas: EIGHT,
    durationMs: 160 * SECOND,
    sessions: (random, durationMs) => sharedPrompts(random, durationMs, { customers: 150, perSecond: 17 }),
  },
  {
    name: 'agents',
    title: 'Agents: six kinds with 8,000 tokens of tools, 15 calls each, results of 700 tokens',
    isShared: true,
    replicas: EIGHT,
    durationMs: 160 * SECOND,
    sessions: agents,
  },
  {
    name: 'one prompt',
    title: 'One prompt: everybody has the same 6,000 tokens before a question of 500',
    isShared: false,
    replicas: EIGHT,
    durationMs: 120 * SECOND,
    sessions: (random, durationMs) =>
      sharedPrompts(random, durationMs, { customers: 1, perSecond: 26, questionTokens: 500 }),
  },
  {
    name: 'cold batch',
    title: 'Cold batch: 160 workers, documents of 500 to 12,000 tokens, nothing in common',
    isShared: false,
    replicas: EIGHT,
    durationMs: 120 * SECOND,
    clients: 160,
    sessions: coldBatch,
  },
  {
    name: 'images',
    title: 'Mixed images: half of the chats begin with up to three of 700 to 2,500 tokens',
    isShared: true,
    replicas: EIGHT,
    durationMs: 160 * SECOND,
    sessions: withImages,
  },
  {
    name: 'stages',
    title: 'Stages apart: the same images and chats, the same cards, as four pairs that prefill and decode',
    isShared: true,
    replicas: Array.from({ length: 4 }, () => PREFILL_AND_DECODE),
    durationMs: 160 * SECOND,
    sessions: withImages,
  },
  {
    name: 'uneven fleet',
    title: 'Uneven fleet: the SaaS traffic on four servers and four of half the speed',
    isShared: true,
    replicas: [...EIGHT.slice(0, 4), ...EIGHT.slice(0, 4).map((rates) => slower(rates, 0.5))],
    durationMs: 160 * SECOND,
    sessions: (random, durationMs) => sharedPrompts(random, durationMs, { customers: 100, perSecond: 12 }),
  },
]

/** The same sessions for every strategy. */
export function sessionsOf(workload, seed) {
  return workload.sessions(seeded(seed), workload.durationMs)
}

function chat(random, durationMs) {
  const turn = (thinkMs) => ({
    inputTokens: lognormal(random, 400, 0.9),
    outputTokens: lognormal(random, 250, 0.6),
    thinkMs: exponential(random, thinkMs),
  })
  return conversations(random, durationMs, {
    people: 580,
    turns: 10,
    thinkMs: 20 * SECOND,
    turn,
    sharedTokens: 600,
  })
}

function withImages(random, durationMs) {
  const turn = (thinkMs, index) => {
    const count = index === 0 && random() < 0.5 ? between(random, 1, 3) : 0
    return {
      inputTokens: lognormal(random, 200, 0.8),
      outputTokens: lognormal(random, 200, 0.6),
      thinkMs: exponential(random, thinkMs),
      images: Array.from({ length: count }, () => between(random, 700, 2500)),
    }
  }
  return conversations(random, durationMs, {
    people: 500,
    turns: 6,
    thinkMs: 15 * SECOND,
    turn,
    sharedTokens: 1000,
  })
}

/** A population that is in the middle of its talks when the simulation begins; whoever ends is followed by another. */
function conversations(random, durationMs, { people, turns, thinkMs, turn, sharedTokens }) {
  const maker = new SessionMaker(random)
  const answerMs = 6 * SECOND
  const begin = (startMs, firstTurn) => {
    const count = between(random, turns / 2, turns * 1.5)
    return maker.make({
      startMs,
      shared: 'assistant',
      sharedTokens,
      turns: Array.from({ length: count }, (_, index) => turn(thinkMs, index)),
      firstTurn: Math.min(firstTurn, count - 1),
    })
  }
  const sessions = []
  for (let count = 0; count < people; count++) {
    sessions.push(begin(random() * thinkMs, between(random, 0, turns - 1)))
  }
  const everyMs = (turns * (thinkMs + answerMs)) / people
  for (let atMs = exponential(random, everyMs); atMs < durationMs; atMs += exponential(random, everyMs)) {
    sessions.push(begin(atMs, 0))
  }
  return sessions
}

/** As llm-d's benchmark has it: groups that share a long system prompt, questions that are asked once. */
export function sharedPrompts(random, durationMs, settings) {
  const {
    customers,
    perSecond,
    sharedTokens = 6000,
    questionTokens = 1200,
    answerTokens = 250,
    exponent = 0.6,
  } = settings
  const maker = new SessionMaker(random)
  const customer = zipf(customers, exponent)
  const sessions = []
  const everyMs = SECOND / perSecond
  for (let atMs = exponential(random, everyMs); atMs < durationMs; atMs += exponential(random, everyMs)) {
    sessions.push(
      maker.make({
        startMs: atMs,
        shared: customer(random),
        sharedTokens,
        turns: [
          {
            inputTokens: lognormal(random, questionTokens, 0.4),
            outputTokens: lognormal(random, answerTokens, 0.5),
            thinkMs: 0,
          },
        ],
      }),
    )
  }
  return sessions
}

function agents(random, durationMs) {
  const maker = new SessionMaker(random)
  const kind = zipf(6, 1)
  const sessions = []
  const everyMs = SECOND / 1.1
  const begin = (startMs, firstTurn) => {
    const steps = between(random, 8, 22)
    const turns = Array.from({ length: steps }, (_, step) => ({
      inputTokens: lognormal(random, step === 0 ? 600 : 700, 0.8),
      outputTokens: lognormal(random, 120, 0.6),
      thinkMs: exponential(random, 2 * SECOND),
    }))
    return maker.make({
      startMs,
      shared: kind(random),
      sharedTokens: 8000,
      turns,
      firstTurn: Math.min(firstTurn, steps - 1),
    })
  }
  for (let count = 0; count < 80; count++) sessions.push(begin(random() * 4 * SECOND, between(random, 0, 14)))
  for (let atMs = exponential(random, everyMs); atMs < durationMs; atMs += exponential(random, everyMs)) {
    sessions.push(begin(atMs, 0))
  }
  return sessions
}

function coldBatch(random) {
  const maker = new SessionMaker(random)
  return Array.from({ length: 4000 }, (_, index) =>
    maker.make({
      shared: index,
      sharedTokens: 0,
      isBatch: true,
      turns: [
        {
          inputTokens: Math.min(12_000, Math.max(500, lognormal(random, 3500, 0.9))),
          outputTokens: lognormal(random, 200, 0.7),
          thinkMs: 0,
        },
      ],
    }),
  )
}
