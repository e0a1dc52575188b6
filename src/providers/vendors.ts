/** The vendors as rows of data: a new one is a row, never code. */
import type { ModelEndpoint } from '../openai/model-request.ts'

export interface Vendor {
  id: string
  /** Address of the vendor's own service; undefined where each customer has another. */
  baseUrl: string | undefined
  /** The same where it has the customer's `{region}` or `{project}` in it. */
  addressTemplate: string | undefined
  /** Environment variables that hold the region, in order. */
  regionVariables: readonly string[]
  /** Base path where an address is written without one. */
  usualPath: string
  /** Recognises the vendor by a provider's address; undefined: never. */
  address: RegExp | undefined
  /** Header that carries the key; `authorization` is sent as `Bearer KEY`. */
  keyHeader: string
  /** Below the base path; `{endpoint}` and `{model}` are replaced. */
  path: string
  modelsPath: string
  query: string
  headers: Readonly<Record<string, string>>
  /** Sent where the caller sends none of the name. */
  defaultHeaders: Readonly<Record<string, string>>
  /** Which it answers itself; others are said in the words of one of these. */
  endpoints: readonly ModelEndpoint[]
  /** Whether `stream_options.include_usage` is understood; those that reject it send usage unasked. */
  supportsStreamOptions: boolean
  /** Whether chat tells the probabilities of tokens where it is asked for them. */
  tellsLogprobs: boolean
  /** Refuses members of a request that it does not know; servers that one runs oneself pass over them. */
  isStrict: boolean
  /** Id in the price tables; undefined: no list price is known. */
  priceProvider: string | undefined
  /** Environment variables that hold a key, in order. */
  keyVariables: readonly string[]
  baseUrlVariable: string | undefined
  /** Where a server of this kind usually listens on the same machine. */
  localPort: number | undefined
  /** Models that are this vendor's wherever no provider lists them. */
  families: RegExp | undefined
}

const OPENAI_ENDPOINTS: readonly ModelEndpoint[] = ['chat/completions', 'completions', 'embeddings']
const WITH_RESPONSES: readonly ModelEndpoint[] = [...OPENAI_ENDPOINTS, 'responses']

const DEFAULTS = {
  baseUrl: undefined,
  addressTemplate: undefined,
  regionVariables: [],
  usualPath: '',
  address: undefined,
  keyHeader: 'authorization',
  path: '/{endpoint}',
  modelsPath: '/models',
  query: '',
  headers: {},
  defaultHeaders: {},
  endpoints: OPENAI_ENDPOINTS,
  supportsStreamOptions: true,
  tellsLogprobs: false,
  isStrict: true,
  priceProvider: undefined,
  keyVariables: [],
  baseUrlVariable: undefined,
  localPort: undefined,
  families: undefined,
} as const satisfies Omit<Vendor, 'id'>

const HOSTED = {
  openai: {
    baseUrl: 'https://api.openai.com/v1',
    address: /^https:\/\/(?:[a-z]+\.)?api\.openai\.com/,
    priceProvider: 'openai',
    keyVariables: ['OPENAI_API_KEY'],
    baseUrlVariable: 'OPENAI_BASE_URL',
    tellsLogprobs: true,
    families: /^(?:gpt-|chatgpt-|o\d|text-embedding-3-|text-embedding-ada-)/,
    endpoints: WITH_RESPONSES,
  },
  anthropic: {
    baseUrl: 'https://api.anthropic.com/v1',
    // Its SDKs are given the address without it.
    usualPath: '/v1',
    address: /^https:\/\/api\.anthropic\.com/,
    keyHeader: 'x-api-key',
    defaultHeaders: { 'anthropic-version': '2023-06-01' },
    endpoints: ['messages'],
    supportsStreamOptions: false,
    priceProvider: 'anthropic',
    keyVariables: ['ANTHROPIC_API_KEY'],
    baseUrlVariable: 'ANTHROPIC_BASE_URL',
    families: /^claude-/,
  },
  // The newer of Azure's two layouts: as OpenAI's, the deployment named in the body.
  'azure-v1': {
    address: /^https:\/\/[^/]+\.azure\.com\/openai\/v1$/,
    keyHeader: 'api-key',
    priceProvider: 'azure',
    endpoints: WITH_RESPONSES,
  },
  azure: {
    address: /^https:\/\/[^/]+\.(?:openai|cognitiveservices|services\.ai)\.azure\.com(?!\/openai\/v1)/,
    keyHeader: 'api-key',
    path: '/openai/deployments/{model}/{endpoint}',
    modelsPath: '/openai/models',
    query: 'api-version=2024-10-21',
    priceProvider: 'azure',
    keyVariables: ['AZURE_OPENAI_API_KEY'],
    baseUrlVariable: 'AZURE_OPENAI_ENDPOINT',
  },
  gemini: {
    baseUrl: 'https://generativelanguage.googleapis.com/v1beta/openai',
    address: /^https:\/\/generativelanguage\.googleapis\.com/,
    priceProvider: 'google',
    keyVariables: ['GEMINI_API_KEY', 'GOOGLE_API_KEY'],
    families: /^gemini-/,
  },
  // Google Cloud's way to Gemini and others, by a token of the cloud's; models are asked for as `google/gemini-…`.
  vertex: {
    addressTemplate:
      'https://{region}-aiplatform.googleapis.com/v1/projects/{project}/locations/{region}/endpoints/openapi',
    address: /^https:\/\/(?:[a-z0-9-]+-)?aiplatform\.googleapis\.com/,
    priceProvider: 'google',
    endpoints: ['chat/completions'],
  },
  bedrock: {
    addressTemplate: 'https://bedrock-runtime.{region}.amazonaws.com/openai/v1',
    address:
      /^https:\/\/bedrock-(?:runtime(?:-fips)?\.[a-z0-9-]+\.amazonaws\.com|mantle\.[a-z0-9-]+\.api\.aws)/,
    priceProvider: 'aws',
    keyVariables: ['AWS_BEARER_TOKEN_BEDROCK'],
    regionVariables: ['AWS_REGION', 'AWS_DEFAULT_REGION'],
    endpoints: ['chat/completions'],
  },
  deepseek: {
    baseUrl: 'https://api.deepseek.com/v1',
    address: /^https:\/\/api\.deepseek\.com/,
    priceProvider: 'deepseek',
    keyVariables: ['DEEPSEEK_API_KEY'],
  },
  mistral: {
    baseUrl: 'https://api.mistral.ai/v1',
    address: /^https:\/\/(?:api|codestral)\.mistral\.ai/,
    // Rejects fields that it doesn't know with 422, this one among them.
    supportsStreamOptions: false,
    priceProvider: 'mistral',
    keyVariables: ['MISTRAL_API_KEY'],
  },
  groq: {
    baseUrl: 'https://api.groq.com/openai/v1',
    address: /^https:\/\/api\.groq\.com/,
    priceProvider: 'groq',
    keyVariables: ['GROQ_API_KEY'],
    endpoints: WITH_RESPONSES,
  },
  openrouter: {
    baseUrl: 'https://openrouter.ai/api/v1',
    address: /^https:\/\/openrouter\.ai/,
    priceProvider: 'openrouter',
    keyVariables: ['OPENROUTER_API_KEY'],
    // It hands on what the model's own provider may know.
    isStrict: false,
    endpoints: WITH_RESPONSES,
  },
  xai: {
    baseUrl: 'https://api.x.ai/v1',
    address: /^https:\/\/(?:[a-z0-9-]+\.)?api\.x\.ai/,
    priceProvider: 'x-ai',
    keyVariables: ['XAI_API_KEY'],
    endpoints: WITH_RESPONSES,
  },
  together: {
    baseUrl: 'https://api.together.xyz/v1',
    address: /^https:\/\/api\.together\.(?:xyz|ai)/,
    priceProvider: 'together',
    keyVariables: ['TOGETHER_API_KEY'],
  },
  fireworks: {
    baseUrl: 'https://api.fireworks.ai/inference/v1',
    address: /^https:\/\/api\.fireworks\.ai/,
    priceProvider: 'fireworks',
    keyVariables: ['FIREWORKS_API_KEY'],
  },
  cerebras: {
    baseUrl: 'https://api.cerebras.ai/v1',
    address: /^https:\/\/api\.cerebras\.ai/,
    priceProvider: 'cerebras',
    keyVariables: ['CEREBRAS_API_KEY'],
  },
} as const satisfies Record<string, Partial<Omit<Vendor, 'id'>>>

const SELF_HOSTED = {
  ollama: { baseUrl: 'http://127.0.0.1:11434/v1', localPort: 11434, isStrict: false },
  vllm: { baseUrl: 'http://127.0.0.1:8000/v1', localPort: 8000, isStrict: false, tellsLogprobs: true },
  llamacpp: { baseUrl: 'http://127.0.0.1:8080/v1', localPort: 8080, isStrict: false, tellsLogprobs: true },
  sglang: { baseUrl: 'http://127.0.0.1:30000/v1', localPort: 30000, isStrict: false, tellsLogprobs: true },
  lmstudio: { baseUrl: 'http://127.0.0.1:1234/v1', localPort: 1234, isStrict: false },
  /** Any other server that speaks OpenAI's dialect. */
  generic: { isStrict: false },
} as const satisfies Record<string, Partial<Omit<Vendor, 'id'>>>

const ROWS = { ...HOSTED, ...SELF_HOSTED }

export type VendorId = keyof typeof ROWS

export const VENDOR_IDS = Object.keys(ROWS) as VendorId[]

export function isVendorId(text: string): text is VendorId {
  return Object.hasOwn(ROWS, text)
}

/** Whether it is a program that people run themselves. */
export function isSelfHosted(id: VendorId): boolean {
  return Object.hasOwn(SELF_HOSTED, id)
}

export function vendorOf(id: VendorId): Vendor {
  return { ...DEFAULTS, ...ROWS[id], id }
}

/** Every vendor, in the order in which discovery prefers them. */
export function allVendors(): (Vendor & { id: VendorId })[] {
  return VENDOR_IDS.map((id) => ({ ...DEFAULTS, ...ROWS[id], id }))
}

/** The address of a vendor's own service for one customer; undefined where a part of it is not stated. */
export function addressOf(
  { baseUrl, addressTemplate }: Pick<Vendor, 'baseUrl' | 'addressTemplate'>,
  stated: { region?: string | undefined; project?: string | undefined },
): string | undefined {
  if (addressTemplate === undefined) return baseUrl
  const { region, project } = stated
  if (!region || (addressTemplate.includes('{project}') && !project)) return undefined
  const filled = addressTemplate.replaceAll('{region}', region).replaceAll('{project}', project ?? '')
  // Vertex's place without a region has no prefix.
  return filled.replace('//global-', '//')
}

/**
 * The vendor behind a provider that states none: told by its address, else by its name.
 * A provider that is called `openai` is taken for OpenAI behind somebody's proxy, and priced so.
 */
export function inferVendor(name: string, address: string | undefined): VendorId {
  if (address !== undefined) {
    const byAddress = allVendors().find((vendor) => vendor.address?.test(address))
    if (byAddress !== undefined) return byAddress.id
  }
  return isVendorId(name) ? name : 'generic'
}
