/**
 * The tables of `ledger.db` as drizzle sees them; the numbered files in `migrations/` make them. Long because every table
 * of the file is here.
 */
import { sql } from 'drizzle-orm'
import { blob, index, integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import type { AttemptOutcome, CacheOutcome, ShadowMechanism } from '../metering/ledger.ts'
import type { UsageSource } from '../metering/tokens.ts'

export const schemaMigrations = sqliteTable('schema_migrations', {
  version: integer('version').primaryKey(),
  name: text('name').notNull(),
  appliedAt: integer('applied_at').notNull(),
})

/** A row is under way while `status` is null. Times are Unix milliseconds; `tags` and `decision` are JSON. */
export const requests = sqliteTable('requests', {
  id: text('id').primaryKey(),
  at: integer('at').notNull(),
  instance: integer('instance').notNull(),
  tenant: text('tenant').notNull(),
  team: text('team'),
  keyName: text('key_name'),
  user: text('user'),
  workflow: text('workflow').notNull(),
  step: text('step'),
  session: text('session'),
  tags: text('tags'),
  endpoint: text('endpoint').notNull(),
  modelAsked: text('model_asked'),
  rule: text('rule'),
  stream: integer('stream').notNull(),
  status: integer('status'),
  error: text('error'),
  tier: text('tier'),
  cache: text('cache').$type<CacheOutcome>(),
  baselineNanoUsd: integer('baseline_nano_usd'),
  shadow: text('shadow').$type<ShadowMechanism>(),
  shadowNanoUsd: integer('shadow_nano_usd'),
  firstChunkMs: integer('first_chunk_ms'),
  totalMs: integer('total_ms'),
  decisionVersion: integer('decision_version'),
  decision: text('decision'),
  semanticWrong: integer('semantic_wrong'),
  savings: text('savings'),
})

/** A row is under way while `outcome` is null; its `usage` is null as long. `terms` is JSON, null for most. */
export const attempts = sqliteTable(
  'attempts',
  {
    requestId: text('request_id').notNull(),
    ordinal: integer('ordinal').notNull(),
    instance: integer('instance').notNull(),
    provider: text('provider').notNull(),
    model: text('model').notNull(),
    replica: text('replica').notNull(),
    account: text('account').notNull(),
    tier: text('tier'),
    startedAt: integer('started_at').notNull(),
    estimatedInputTokens: integer('estimated_input_tokens').notNull(),
    reservations: text('reservations'),
    outcome: text('outcome').$type<AttemptOutcome>(),
    status: integer('status'),
    usage: text('usage').$type<UsageSource>(),
    inputTokens: integer('input_tokens').notNull().default(0),
    cacheReadTokens: integer('cache_read_tokens').notNull().default(0),
    cacheWrite5mTokens: integer('cache_write_5m_tokens').notNull().default(0),
    cacheWrite30mTokens: integer('cache_write_30m_tokens').notNull().default(0),
    cacheWrite1hTokens: integer('cache_write_1h_tokens').notNull().default(0),
    audioInTokens: integer('audio_in_tokens').notNull().default(0),
    imageInTokens: integer('image_in_tokens').notNull().default(0),
    outputTokens: integer('output_tokens').notNull().default(0),
    reasoningTokens: integer('reasoning_tokens').notNull().default(0),
    audioOutTokens: integer('audio_out_tokens').notNull().default(0),
    imageOutTokens: integer('image_out_tokens').notNull().default(0),
    terms: text('terms'),
    costNanoUsd: integer('cost_nano_usd'),
    priceVersion: text('price_version'),
    firstChunkMs: integer('first_chunk_ms'),
    totalMs: integer('total_ms'),
  },
  (table) => [primaryKey({ columns: [table.requestId, table.ordinal] })],
)

/** What an attempt cost until it was priced again at `at`; the attempt's own row has the newest price. */
export const repricings = sqliteTable(
  'repricings',
  {
    requestId: text('request_id').notNull(),
    ordinal: integer('ordinal').notNull(),
    at: integer('at').notNull(),
    costNanoUsd: integer('cost_nano_usd'),
    priceVersion: text('price_version'),
    baselineNanoUsd: integer('baseline_nano_usd'),
  },
  (table) => [primaryKey({ columns: [table.requestId, table.ordinal, table.at] })],
)

/**
 * What a past hour, by its begin, sums to. `raw` is 0 once the hour's own rows are being deleted; from then on it has no
 * `columns` either. Hours of older versions have no `parts`.
 */
export const rollups = sqliteTable('rollups', {
  hour: integer('hour').primaryKey(),
  requests: integer('requests').notNull(),
  raw: integer('raw').$type<0 | 1>().notNull(),
  cells: blob('cells').$type<Uint8Array>().notNull(),
  parts: blob('parts').$type<Uint8Array>(),
  columns: blob('columns').$type<Uint8Array>(),
  columnParts: blob('column_parts').$type<Uint8Array>(),
})

/** What a past day of UTC sums to; bit N of `hours` is set where its hour N has sums. */
export const rollupDays = sqliteTable('rollup_days', {
  day: integer('day').primaryKey(),
  hours: integer('hours').notNull(),
  cells: blob('cells').$type<Uint8Array>().notNull(),
  parts: blob('parts').$type<Uint8Array>(),
})

/** JSON: see `src/storage/rollups.ts`. */
export const rollupLabels = sqliteTable('rollup_labels', {
  id: integer('id').primaryKey(),
  labels: text('labels').notNull().unique(),
})

/** Users, and tags as JSON: see `src/storage/rollup-words.ts`. */
export const rollupWords = sqliteTable('rollup_words', {
  id: integer('id').primaryKey(),
  word: text('word').notNull().unique(),
  lastHour: integer('last_hour').notNull(),
})

/** What each budget has spent and set aside, by the span in which it began. */
export const budgetSpend = sqliteTable(
  'budget_spend',
  {
    budget: text('budget').notNull(),
    scope: text('scope').notNull(),
    period: integer('period').notNull(),
    spentNanoUsd: integer('spent_nano_usd').notNull(),
    reservedNanoUsd: integer('reserved_nano_usd').notNull(),
    /** Of what is spent: before the budget was there. */
    earlierNanoUsd: integer('earlier_nano_usd').notNull().default(0),
  },
  (table) => [primaryKey({ columns: [table.budget, table.scope, table.period] })],
)

/** How far the ledger's past is counted in a budget: every attempt that began before. */
export const budgetPasts = sqliteTable('budget_pasts', {
  budget: text('budget').primaryKey(),
  countedTo: integer('counted_to').notNull(),
})

/** When a process held a budget: it counts what it answers then by itself. Unix milliseconds. */
export const budgetHolders = sqliteTable(
  'budget_holders',
  {
    budget: text('budget').notNull(),
    instance: integer('instance').notNull(),
    since: integer('since').notNull(),
    until: integer('until'),
  },
  (table) => [primaryKey({ columns: [table.budget, table.instance, table.since] })],
)

/** Attempts that were under way when the past was counted. */
export const budgetPending = sqliteTable(
  'budget_pending',
  {
    budget: text('budget').notNull(),
    requestId: text('request_id').notNull(),
    ordinal: integer('ordinal').notNull(),
    scope: text('scope').notNull(),
    period: integer('period').notNull(),
  },
  (table) => [primaryKey({ columns: [table.budget, table.requestId, table.ordinal] })],
)

/** A process that writes the ledger; `seenAt` is its last heartbeat, no request below `oldestOpen` is under way. */
export const instances = sqliteTable('instances', {
  id: integer('id').primaryKey({ autoIncrement: true }),
  host: text('host').notNull(),
  pid: integer('pid').notNull(),
  startedAt: integer('started_at').notNull(),
  seenAt: integer('seen_at').notNull(),
  oldestOpen: text('oldest_open').notNull(),
})

/** Which account made an id; `maker` is JSON, of batches, and `billedAs` a request, of the files of their answers. */
export const madeIds = sqliteTable(
  'made_ids',
  {
    id: text('id').primaryKey(),
    tenant: text('tenant').notNull(),
    provider: text('provider').notNull(),
    account: text('account').notNull(),
    replica: text('replica').notNull(),
    madeAt: integer('made_at').notNull(),
    usedAt: integer('used_at').notNull(),
    maker: text('maker'),
    batch: text('batch'),
    billedAs: text('billed_as'),
    billedAt: integer('billed_at'),
    lookAt: integer('look_at'),
  },
  (table) => [
    index('made_ids_used').on(table.usedAt),
    index('made_ids_look').on(table.lookAt).where(sql`look_at IS NOT NULL`),
  ],
)

/** `models` and `workflows` are JSON lists; null: all. */
export const apiKeys = sqliteTable('api_keys', {
  id: text('id').primaryKey(),
  name: text('name').notNull(),
  digest: text('digest').notNull(),
  tenant: text('tenant').notNull(),
  team: text('team'),
  models: text('models'),
  workflows: text('workflows'),
  requestsPerMinute: integer('requests_per_minute'),
  tokensPerMinute: integer('tokens_per_minute'),
  createdAt: integer('created_at').notNull(),
  expiresAt: integer('expires_at'),
  revokedAt: integer('revoked_at'),
})

/** From when to when a provider stood ready that costs by the hour, of all `replicas` alike. */
export const standingSpans = sqliteTable('standing_spans', {
  id: integer('id').primaryKey(),
  provider: text('provider').notNull(),
  since: integer('since').notNull(),
  until: integer('until').notNull(),
  replicas: integer('replicas').notNull(),
  nanoUsdPerHour: integer('nano_usd_per_hour').notNull(),
})

/** What a past hour of such a provider cost and served. */
export const standingHours = sqliteTable(
  'standing_hours',
  {
    hour: integer('hour').notNull(),
    provider: text('provider').notNull(),
    nanoUsd: integer('nano_usd').notNull(),
    tokens: integer('tokens').notNull(),
    outputTokens: integer('output_tokens').notNull(),
    busyMs: integer('busy_ms').notNull(),
  },
  (table) => [primaryKey({ columns: [table.hour, table.provider] })],
)

/** How prompts repeated each other in an hour, by its begin. */
export const prefixHours = sqliteTable(
  'prefix_hours',
  {
    hour: integer('hour').notNull(),
    workflow: text('workflow').notNull(),
    provider: text('provider').notNull(),
    model: text('model').notNull(),
    prompts: integer('prompts').notNull(),
    compared: integer('compared').notNull(),
    priced: integer('priced').notNull(),
    missedTokens: integer('missed_tokens').notNull(),
    missedNanoUsd: integer('missed_nano_usd').notNull(),
  },
  (table) => [primaryKey({ columns: [table.hour, table.workflow, table.provider, table.model] })],
)

/** Where they first differed, and how often. */
export const prefixPlaces = sqliteTable(
  'prefix_places',
  {
    hour: integer('hour').notNull(),
    workflow: text('workflow').notNull(),
    provider: text('provider').notNull(),
    model: text('model').notNull(),
    place: text('place').notNull(),
    message: integer('message').notNull(),
    what: text('what').notNull(),
    near: integer('near').notNull(),
    times: integer('times').notNull(),
    characters: integer('characters').notNull(),
    movableTokens: integer('movable_tokens').notNull(),
    movableNanoUsd: integer('movable_nano_usd').notNull(),
  },
  (table) => [
    primaryKey({
      columns: [
        table.hour,
        table.workflow,
        table.provider,
        table.model,
        table.place,
        table.message,
        table.what,
        table.near,
      ],
    }),
  ],
)

/** How soon their beginnings were asked again. */
export const prefixReuse = sqliteTable(
  'prefix_reuse',
  {
    hour: integer('hour').notNull(),
    workflow: text('workflow').notNull(),
    provider: text('provider').notNull(),
    model: text('model').notNull(),
    withinSeconds: integer('within_seconds').notNull(),
    times: integer('times').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.hour, table.workflow, table.provider, table.model, table.withinSeconds] }),
  ],
)

/** What keeping prefixes in caches cost in an hour, and spared. */
export const prefixWarmed = sqliteTable(
  'prefix_warmed',
  {
    hour: integer('hour').notNull(),
    workflow: text('workflow').notNull(),
    provider: text('provider').notNull(),
    model: text('model').notNull(),
    refreshes: integer('refreshes').notNull(),
    costNanoUsd: integer('cost_nano_usd').notNull(),
    found: integer('found').notNull(),
    sparedNanoUsd: integer('spared_nano_usd').notNull(),
  },
  (table) => [primaryKey({ columns: [table.hour, table.workflow, table.provider, table.model] })],
)
