/** Every key of `trimtab.yaml`, those of later versions too, so that a file outlives its version. */
import { z } from 'zod'
import { budgetSchema } from '../metering/budget-schema.ts'
import { MODEL_ENDPOINTS } from '../openai/model-request.ts'
import { TENSOR_DIALECTS } from '../providers/tensors/served-model.ts'
import { CLOUDS } from '../providers/tokens/access-token.ts'
import { VENDOR_IDS } from '../providers/vendors.ts'
import {
  choice,
  closed,
  duration,
  list,
  mustBe,
  named,
  numberBetween,
  numeric,
  oneOrMany,
  onOff,
  secret,
  size,
  text,
  webAddress,
  wholeNumber,
} from '../setting-values.ts'
import { embeddingSchema } from './embedding-settings.ts'
import { knowledgeSchema } from './knowledge-settings.ts'
import { metricsSchema } from './metrics-settings.ts'
import { retentionSchema } from './retention-schema.ts'
import { tensorModelKeys } from './tensor-model-schema.ts'
import { vectorsSchema } from './vectors-schema.ts'

const collector = webAddress('http://collector:4318')

const header = z
  .string({ error: mustBe('a text') })
  .regex(/^[\t\x20-\x7e]*$/, { error: mustBe('printable ASCII text') })

/** Of an environment; YAML reads some texts as numbers. */
const variable = z.union([z.string(), z.number(), z.boolean()], { error: 'must be a text' }).transform(String)

/** Goes into an address. */
function placeName(expected: string) {
  return z
    .string({ error: mustBe(expected) })
    .regex(/^[a-z0-9][a-z0-9.:-]{0,62}$/, { error: mustBe(expected) })
}

const model = closed({
  context: numeric(wholeNumber(1)).optional(),
  max_output: numeric(wholeNumber(1)).optional(),
  has: list(text()).optional(),
  ...tensorModelKeys,
})

const inFlight = numeric(wholeNumber(1, 100_000))

const provider = closed({
  dialect: choice(['openai', 'anthropic', ...TENSOR_DIALECTS]).default('openai'),
  vendor: choice(VENDOR_IDS as [string, ...string[]]).optional(),
  base_url: text().optional(),
  replicas: z
    .union([list(text()).min(1, { error: 'must name at least one address' }), numeric(wholeNumber(1, 64))], {
      error: mustBe('a list of addresses, or how many copies of `command` are started'),
    })
    .optional(),
  region: placeName('a region such as `europe-west4`').optional(),
  project: placeName('a project such as `my-project`').optional(),
  api_key: secret.optional(),
  credentials: choice(CLOUDS).optional(),
  accounts: list(closed({ name: text(), api_key: secret }))
    .min(1, { error: 'must name at least one account' })
    .optional(),
  models: z
    .union([list(text()), named(z.preprocess((value) => value ?? {}, model))], {
      error: mustBe('a list of names, or a mapping of names to facts'),
    })
    .optional(),
  max_in_flight: z
    .union([inFlight, closed({ text: inFlight, image: inFlight.optional(), audio: inFlight.optional() })], {
      error: mustBe('a whole number from 1 to 100000, or one for each of `text`, `image` and `audio`'),
    })
    .optional(),
  max_queued: numeric(wholeNumber(0, 1_000_000)).optional(),
  breaker: onOff().optional(),
  metrics: metricsSchema.optional(),
  key_header: z
    .string({ error: mustBe('a header name') })
    .regex(/^[A-Za-z0-9-]+$/, { error: mustBe('a header name') })
    .optional(),
  path: z
    .string({ error: mustBe('a path such as `/{endpoint}`') })
    .regex(/^\/[^?#\s]*\{endpoint\}[^?#\s]*$/, { error: mustBe('a path such as `/{endpoint}`') })
    .optional(),
  query: z
    .string({ error: mustBe('a query such as `api-version=2024-10-21`') })
    .regex(/^[^?#\s]*$/, { error: mustBe('a query such as `api-version=2024-10-21`, without `?`') })
    .optional(),
  headers: named(header).optional(),
  supports_stream_options: onOff().optional(),
  endpoints: list(choice(MODEL_ENDPOINTS)).min(1, { error: 'must name at least one endpoint' }).optional(),
  command: list(text()).min(1, { error: 'must name at least the program' }).optional(),
  ready: z
    .string({ error: mustBe('a path such as `/health`') })
    .regex(/^\/[\x21-\x7e]*$/, { error: mustBe('a path such as `/health`') })
    .optional(),
  ready_timeout: duration({ text: '24h', ms: 24 * 3_600_000 }).optional(),
  environment: named(variable).optional(),
  directory: text().optional(),
  cost: closed({ usd_per_hour: numeric(numberBetween(0, 1e6)) }).optional(),
})

const usd = numeric(numberBetween(0, 1e6)).optional()

/** Token buckets and `characters` of speech are priced by the million; `audio_minute` and `image` each. */
const price = closed({
  input: usd,
  cache_read: usd,
  cache_write: usd,
  cache_write_5m: usd,
  cache_write_30m: usd,
  cache_write_1h: usd,
  audio_in: usd,
  image_in: usd,
  output: usd,
  reasoning: usd,
  audio_out: usd,
  image_out: usd,
  audio_minute: usd,
  characters: usd,
  image: usd,
})

/** Requests and tokens a minute of all keys of a team together. */
const team = closed({
  rpm: numeric(wholeNumber(1)).optional(),
  tpm: numeric(wholeNumber(1)).optional(),
}).refine(({ rpm, tpm }) => rpm !== undefined || tpm !== undefined, {
  error: 'must state `rpm`, `tpm` or both',
})

export const configSchema = closed({
  listen: closed({
    host: text().optional(),
    port: numeric(wholeNumber(0, 65_535)).optional(),
    max_body: size(1).optional(),
  }).optional(),
  data: text().optional(),
  policies: text().optional(),
  durability: choice(['process', 'power']).optional(),
  ledger: closed({ on_failure: choice(['proceed', 'refuse']).optional() }).optional(),
  retention: retentionSchema.optional(),
  log: closed({
    level: choice(['error', 'warn', 'info']).optional(),
    access: onOff().optional(),
  }).optional(),
  traces: closed({ endpoint: collector, headers: named(secret).optional() }).optional(),
  access: closed({
    mode: choice(['open', 'keys']).optional(),
    origins: oneOrMany(text()).optional(),
    teams: named(team).optional(),
  }).optional(),
  default_provider: text().optional(),
  providers: named(provider).optional(),
  aliases: named(text()).optional(),
  embedding: embeddingSchema.optional(),
  knowledge: knowledgeSchema.optional(),
  vectors: vectorsSchema(secret).optional(),
  prices: closed({
    overrides: named(price).optional(),
    service_tiers: named(numeric(numberBetween(0, 100))).optional(),
  }).optional(),
  budgets: list(budgetSchema).optional(),
})

export type ConfigContent = z.output<typeof configSchema>
export type ProviderContent = z.output<typeof provider>
export type PriceContent = z.output<typeof price>
