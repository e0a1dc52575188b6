/** A LiteLLM deployment → one of trimtab's providers, and the model as that knows it. */
import { isVendorId, type VendorId, vendorOf } from '../providers/vendors.ts'
import { CLOUD_KEYS, CLOUD_WORDS, type CloudBlock, cloudBlock, cloudModel } from './litellm-clouds.ts'
import { type Deployment, type Notes, withReferences } from './litellm-file.ts'
import { priceOf } from './litellm-price.ts'

/** The block under `providers.NAME`. */
interface ProviderBlock extends CloudBlock {
  vendor?: string
  query?: string
  headers?: Record<string, string>
  max_in_flight?: number
}

interface ModelFactsBlock {
  context?: number
  has?: string[]
}

/** LiteLLM's prefixes whose names differ from our vendors'. */
const VENDOR_OF_PREFIX: Readonly<Record<string, VendorId>> = {
  vertex_ai: 'vertex',
  vertex_ai_beta: 'vertex',
  together_ai: 'together',
  fireworks_ai: 'fireworks',
  ollama_chat: 'ollama',
  hosted_vllm: 'vllm',
  lm_studio: 'lmstudio',
  custom_openai: 'generic',
  openai_like: 'generic',
}

const READ = [
  'model',
  'custom_llm_provider',
  'api_base',
  'base_url',
  'api_key',
  'api_version',
  'organization',
  'extra_headers',
  'rpm',
  'tpm',
  'weight',
  'order',
  'max_parallel_requests',
  'litellm_credential_name',
  'api_type',
  'input_cost_per_token',
  'output_cost_per_token',
  'cache_read_input_token_cost',
  'cache_creation_input_token_cost',
  ...CLOUD_KEYS,
]

const WORDS: Readonly<Record<string, string>> = {
  ...CLOUD_WORDS,
  timeout: 'has no twin for one deployment; a policy has `limits.timeout` for all of its attempts.',
  stream_timeout: 'has no twin for one deployment; a policy has `limits.first_chunk`.',
  max_retries: 'has no twin for one deployment; a policy has `limits.retries`.',
  num_retries: 'has no twin for one deployment; a policy has `limits.retries`.',
  max_tokens: 'has no twin as a default; `output.max_tokens` of a policy is an upper bound.',
  temperature: 'has no twin: requests pass as their callers wrote them.',
  top_p: 'has no twin: requests pass as their callers wrote them.',
  drop_params: 'has no twin: requests pass as their callers wrote them.',
  additional_drop_params: 'has no twin: requests pass as their callers wrote them.',
  tags: 'has no twin; write a rule with `when: { tags: … }`.',
  mock_response: 'has no twin; `sandbox/sandbox-small` answers without a provider.',
}

export interface ConvertedTarget {
  /** Name of the provider. */
  provider: string
  /** `*` for every model of the provider. */
  model: string
}

export class ConvertedProviders {
  /** By name. */
  readonly blocks = new Map<string, ProviderBlock>()
  readonly models = new Map<string, Map<string, ModelFactsBlock>>()
  /** By `provider/model`, as under `prices.overrides`. */
  readonly prices: Record<string, Record<string, number>> = {}
  readonly #notes: Notes

  constructor(notes: Notes) {
    this.#notes = notes
  }

  /** Undefined, and noted, where trimtab cannot ask the deployment. */
  targetOf(deployment: Deployment): ConvertedTarget | undefined {
    const { params, info, path } = deployment
    const at = [...path, 'model']
    const { prefix, model } = splitModel(params)
    const vendor = vendorOfPrefix(prefix)
    if (vendor === undefined || model === '') {
      this.#notes.add(
        at,
        `${String(params.model)}: ${prefix || 'this'} has no twin yet; the deployment is left out.`,
      )
      return undefined
    }
    if (typeof info.mode === 'string' && !['chat', 'embedding'].includes(info.mode)) {
      this.#notes.add(
        at,
        `${String(params.model)}: ${info.mode} is not served yet; the deployment is left out.`,
      )
      return undefined
    }
    const named = cloudModel(vendor, model, info.mode)
    if ('missing' in named) {
      this.#notes.add(at, `${String(params.model)}: ${named.missing}; the deployment is left out.`)
      return undefined
    }
    this.#notes.leftovers(params, path, READ, WORDS)
    if (info.base_model !== undefined) {
      const infoPath = [...path.slice(0, -1), 'model_info', 'base_model']
      this.#notes.add(
        infoPath,
        'has no twin: prices go by the model asked for; state another under `prices.overrides`.',
      )
    }
    const name = this.#providerOf(vendor, deployment)
    if (!model.includes('*')) this.#list(name, named.name, deployment)
    return { provider: name, model: model.includes('*') ? '*' : named.name }
  }

  #providerOf(vendor: VendorId, { params }: Deployment): string {
    const block = blockOf(vendor, params)
    const same = [...this.blocks].find(([, known]) => JSON.stringify(known) === JSON.stringify(block))
    if (same !== undefined) return same[0]
    const wanted = nameOf(vendor, block)
    let name = wanted
    for (let count = 2; this.blocks.has(name); count++) name = `${wanted}-${count}`
    this.blocks.set(name, block)
    return name
  }

  #list(provider: string, model: string, { params, info }: Deployment): void {
    const models = this.models.get(provider) ?? new Map<string, ModelFactsBlock>()
    this.models.set(provider, models)
    const context = info.max_input_tokens
    const has = [info.supports_vision === true && 'image', info.supports_function_calling === true && 'tools']
    const known = has.filter((fact) => fact !== false)
    models.set(model, {
      ...(typeof context === 'number' ? { context } : {}),
      ...(known.length > 0 ? { has: known } : {}),
    })
    const price = priceOf({ ...info, ...params })
    if (Object.keys(price).length > 0) this.prices[`${provider}/${model}`] = price
  }
}

function splitModel(params: Deployment['params']): { prefix: string; model: string } {
  const written = String(params.model ?? '')
  if (typeof params.custom_llm_provider === 'string') {
    const { custom_llm_provider: prefix } = params
    return { prefix, model: written.startsWith(`${prefix}/`) ? written.slice(prefix.length + 1) : written }
  }
  const slash = written.indexOf('/')
  if (slash > 0)
    return { prefix: written.slice(0, slash), model: written.slice(slash + 1).replace(/^o_series\//, '') }
  if (/^(gpt-|chatgpt-|o\d|text-embedding-|\*$)/.test(written)) return { prefix: 'openai', model: written }
  if (written.startsWith('claude-')) return { prefix: 'anthropic', model: written }
  return { prefix: '', model: written }
}

function vendorOfPrefix(prefix: string): VendorId | undefined {
  return VENDOR_OF_PREFIX[prefix] ?? (isVendorId(prefix) ? prefix : undefined)
}

function blockOf(vendor: VendorId, params: Deployment['params']): ProviderBlock {
  const most = Number(params.max_parallel_requests)
  const bound = most >= 1 ? { max_in_flight: most } : {}
  const cloud = cloudBlock(vendor, params)
  if (cloud !== undefined) return { vendor, ...cloud, ...bound }
  const base = addressOf(vendor, params)
  const key = withReferences(params.api_key) ?? usualKey(vendor, base)
  const version = withReferences(params.api_version)
  const headers = { ...headersIn(params.extra_headers), ...organization(params.organization) }
  return {
    vendor: dialectOf(vendor, base),
    ...(base === undefined ? {} : { base_url: base }),
    ...(key === undefined ? {} : { api_key: key }),
    ...(vendor === 'azure' && version !== undefined ? { query: `api-version=${version}` } : {}),
    ...(Object.keys(headers).length > 0 ? { headers } : {}),
    ...bound,
  }
}

/** OpenAI's dialect at another address is some other server. */
function dialectOf(vendor: VendorId, base: string | undefined): VendorId {
  if (vendor === 'azure' && base !== undefined && /\/openai\/v1\/?$/.test(base)) return 'azure-v1'
  return vendor === 'openai' && base !== undefined && !base.includes('api.openai.com') ? 'generic' : vendor
}

function addressOf(vendor: VendorId, params: Deployment['params']): string | undefined {
  const written = withReferences(params.api_base ?? params.base_url)?.replace(/\/+$/, '')
  if (written === undefined) {
    if (vendor === 'azure') return `\${AZURE_API_BASE}`
    return vendor === 'vllm' ? `\${HOSTED_VLLM_API_BASE}` : undefined
  }
  // LiteLLM speaks Ollama's own API, whose OpenAI twin is one step below.
  return vendor === 'ollama' && !written.endsWith('/v1') && !written.startsWith('${')
    ? `${written}/v1`
    : written
}

function usualKey(vendor: VendorId, base: string | undefined): string | undefined {
  if (vendor === 'azure') return `\${AZURE_API_KEY}`
  if (vendor === 'openai' && base !== undefined && !base.includes('api.openai.com')) return undefined
  const [variable] = vendorOf(vendor).keyVariables
  return variable === undefined ? undefined : `\${${variable}}`
}

function nameOf(vendor: VendorId, { vendor: dialect, base_url: base }: ProviderBlock): string {
  if (vendor !== 'openai' || dialect !== 'generic' || base === undefined) return vendor
  const variable = /^\$\{(\w+?)(?:_API_BASE|_BASE_URL|_URL|_ENDPOINT)?\}/.exec(base)?.[1]
  const host = URL.canParse(base) ? new URL(base).hostname : (variable ?? 'other')
  const labels = host.split('.')
  const name = /^[\d.]+$/.test(host) ? 'local' : (labels.at(-2) ?? host)
  return name.toLowerCase().replace(/[^a-z0-9-]+/g, '-') || 'other'
}

function headersIn(value: unknown): Record<string, string> {
  const entries = Object.entries(typeof value === 'object' && value !== null ? value : {})
  return Object.fromEntries(entries.map(([name, text]) => [name, withReferences(text) ?? '']))
}

function organization(value: unknown): Record<string, string> {
  const text = withReferences(value)
  return text === undefined ? {} : { 'OpenAI-Organization': text }
}
