/** The installation that the bill's tests ask: a provider for each wording of usage, a workflow for each way of answering. */
import { type Edition, MODELS, overrides } from './price-book.ts'
import { TIERS } from './script.ts'

const LIMITS =
  'limits: { timeout: 2s, first_chunk: 300ms, between_chunks: 300ms, connect: 300ms, retries: 1 }'
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

function tiered(workflow: 'fall' | 'gone'): string {
  const targets = (TIERS[workflow] ?? []).map((name) => `${name}/${MODELS[name]}`)
  const tiers = `tiers: { only: { use: [${targets.join(', ')}] } }`
  return [`workflow: ${workflow}`, tiers, FALLBACK, LIMITS, exact('on')].join('\n')
}

export const POLICIES: Readonly<Record<string, string>> = {
  // Of whoever is only labelled.
  'default.yaml': [LIMITS, exact('off')].join('\n'),
  'on.yaml': ['workflow: on', LIMITS, exact('on')].join('\n'),
  'deterministic.yaml': ['workflow: deterministic', LIMITS, exact('deterministic')].join('\n'),
  'shadow.yaml': ['workflow: shadow', LIMITS, exact('shadow')].join('\n'),
  'off.yaml': ['workflow: off', LIMITS, exact('off')].join('\n'),
  'fall.yaml': tiered('fall'),
  'gone.yaml': tiered('gone'),
  'capped.yaml': [
    'workflow: capped',
    LIMITS,
    exact('off'),
    'budgets: [{ per: month, limit: 0.05 usd, each: user }]',
  ].join('\n'),
}
