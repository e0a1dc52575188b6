// Comparisons that others measured on real servers, simulated: whether the simulator errs in direction, or by orders of magnitude.
import { between, lognormal } from './draws.mjs'
import { L4, TWO_H100 } from './rates.mjs'
import { simulate } from './run.mjs'
import { SessionMaker } from './sessions.mjs'
import { OTHERS } from './strategies.mjs'
import { sharedPrompts } from './workloads.mjs'

const SECOND = 1000
const FOREVER = 1e9

/** Each: what was published, and how the same is simulated. `rows`: the published strategy and ours for it; figures as published. */
const PUBLISHED = [
  {
    title: 'KubeAI: prefix hashing beside round robin, 8 x L4, Llama-3.1-8B, ShareGPT, 800 at once',
    // 8,000 requests of 800 talks, 832 tokens in and 76 out in the mean, as the benchmark prints.
    workload: {
      replicas: Array.from({ length: 8 }, () => L4),
      durationMs: 600 * SECOND,
      warming: 0,
      patienceMs: FOREVER,
      clients: 800,
      sessions: shareGpt,
    },
    rows: [
      { what: 'round robin', strategy: 'round robin', meanMs: 1320, tokensPerSecond: 45_410 },
      { what: 'least load', strategy: 'least busy', meanMs: 817, tokensPerSecond: 45_866 },
      { what: 'prefix hash', strategy: 'session hash (KubeAI)', meanMs: 280, tokensPerSecond: 69_408 },
    ],
  },
  {
    title:
      'llm-d: prefix-aware beside random, 8 servers of two H100, Qwen-32B, 150 prompts of 6,000 tokens, 3 to 60 a second',
    // The published load goes up to 60 a second; answers of 250 tokens are assumed. llm-d's precise index knows evictions.
    workload: {
      replicas: Array.from({ length: 8 }, () => TWO_H100),
      durationMs: 240 * SECOND,
      warming: 0,
      patienceMs: FOREVER,
      sessions: (random, durationMs) =>
        sharedPrompts(random, durationMs, { customers: 150, perSecond: 32, exponent: 0 }),
    },
    rows: [
      { what: 'random', strategy: 'random', p90Ms: 92_000, outputTokensPerSecond: 4429 },
      { what: 'precise prefix cache', strategy: 'sticky (llm-d)', p90Ms: 540, outputTokensPerSecond: 8730 },
    ],
  },
  {
    title: 'llm-d: prefix alone, without load, collapses',
    // Published without its workload: 55 % success, 140 s to the first token.
    workload: {
      replicas: Array.from({ length: 8 }, () => TWO_H100),
      durationMs: 400 * SECOND,
      warming: 0.25,
      patienceMs: 180 * SECOND,
      sessions: (random, durationMs) =>
        sharedPrompts(random, durationMs, { customers: 1, perSecond: 18, questionTokens: 1200 }),
    },
    rows: [
      { what: 'prefix only', strategy: 'prefix only (vLLM)', meanMs: 140_000, failed: 0.45 },
      { what: 'with load', strategy: 'cache aware (SGLang)' },
    ],
  },
]

/** `{ title, rows: [{ what, strategy, published, simulated }] }` of each. */
export function published(seed = 1) {
  return PUBLISHED.map(({ title, workload, rows }) => ({
    title,
    rows: rows.map(({ what, strategy, ...figures }) => ({
      what,
      strategy,
      published: figures,
      simulated: simulate(workload, OTHERS[strategy], seed),
    })),
  }))
}

function shareGpt(random) {
  const maker = new SessionMaker(random)
  return Array.from({ length: 800 }, (_, talk) =>
    maker.make({
      shared: talk,
      sharedTokens: 0,
      turns: Array.from({ length: between(random, 8, 12) }, () => ({
        inputTokens: lognormal(random, 90, 1),
        outputTokens: lognormal(random, 76, 0.9),
        thinkMs: 0,
      })),
    }),
  )
}
