/** The installation that the bill's tests ask: a provider for each wording of usage, a workflow for each way of answering. */
import { type Edition, MODELS, overrides } from './price-book.ts'
import { TIERS } from './script.ts'

/** What stalls is soon given up. */
export const SHORTEST_DEADLINE_MS = 300
const BRIEF = `limits: { timeout: 2s, first_chunk: ${SHORTEST_DEADLINE_MS}ms, between_chunks: ${SHORTEST_DEADLINE_MS}ms, connect: 300ms, retries: 1 }`
/** A busy machine is not a slow provider. */
const LONG = 'limits: { timeout: 60s, first_chunk: 30s, between_chunks: 30s, retries: 1 }'
const STALLS = 'limits: { timeout: 60s, first_chunk: 3s, between_chunks: 3s, retries: 1 }'
const FALLBACK = 'fallback: { on: [429, 5xx, timeout] }'
/** Those who reject `stream_options`, and those whose prices are no list's. */
const VENDORS: Readonly<Record<string, string>> = { mistral: 'mistral', openrouter: 'openrouter' }

/** Text of `trimtab.yaml`. */
export function configuration(urls: { mock: string; gone: string }, edition: Edition): string {
  const providers = Object.keys(MODELS).map((name) => {
    const url = name === 'gone' ? urls.gone : urls.mock
    return `  ${name}: { vendor: ${VENDORS[name] ?? 'generic'}, base_url: "${url}" }`
  })
  return ['providers:', ...providers, `prices: { overrides: ${overrides(edition)} }`].join('\n')
}

const exact = (mode: string): string => `cache: { exact: { mode: ${mode}, ttl: 1h } }`

function tiered(workflow: 'fall' | 'gone', limits: string): string {
  const targets = (TIERS[workflow] ?? []).map((name) => `${name}/${MODELS[name]}`)
  const tiers = `tiers: { only: { use: [${targets.join(', ')}] } }`
  return [`workflow: ${workflow}`, tiers, FALLBACK, limits, exact('on')].join('\n')
}

/** `unlabelled` is under the default policy, for whoever only has a label. */
function policies(limits: string, unlabelled: string): Readonly<Record<string, string>> {
  const cached = (['on', 'deterministic', 'shadow', 'off'] as const).map((mode) => [
    `${mode}.yaml`,
    [`workflow: ${mode}`, limits, exact(mode)].join('\n'),
  ])
  const budgets = 'budgets: [{ per: month, limit: 0.05 usd, each: user }]'
  return {
    ...Object.fromEntries(cached),
    'default.yaml': [unlabelled, exact('off')].join('\n'),
    'fall.yaml': tiered('fall', limits),
    'gone.yaml': tiered('gone', limits),
    'capped.yaml': ['workflow: capped', limits, exact('off'), budgets].join('\n'),
  }
}

export const POLICIES = policies(BRIEF, BRIEF)
export const UNHURRIED_POLICIES = policies(LONG, STALLS)
