/** Prices attempts of the ledger again, and keeps what each cost before. */
import type Database from 'better-sqlite3'
import { requestIdBound } from '../metering/request-id.ts'
import type { SavingsNote, ShadowRouteNote } from '../metering/savings-note.ts'
import { HOURLY } from '../metering/standing-cost.ts'
import { commonTerms, type Terms } from '../metering/terms.ts'
import { noTokens, TOKEN_BUCKETS, type Tokens } from '../metering/tokens.ts'
import { TOKEN_COLUMNS } from './ledger-statements.ts'

interface BilledAttempt {
  provider: string
  model: string
  /** When its request came, as Unix milliseconds. */
  at: number
  tokens: Tokens
  terms: Terms | undefined
}

interface AttemptPrice {
  costNanoUsd: number
  priceVersion: string
  /** What it would have cost without the provider's prompt cache. */
  baselineNanoUsd: number | undefined
}

/** Undefined where no price is known. */
export type PriceAttempt = (attempt: BilledAttempt) => AttemptPrice | undefined

export interface Repricing {
  provider: string
  model: string
  attempts: number
  /** Of those, how many cost something else now; how many kept what they cost, because no price is known. */
  changed: number
  unknown: number
  /** What the priced ones cost before, and now. */
  beforeNanoUsd: number
  afterNanoUsd: number
}

type Row = {
  request_id: string
  ordinal: number
  provider: string
  model: string
  at: number
  terms: string | null
  cost_nano_usd: number | null
  price_version: string | null
  /** Of the whole request; null for an attempt that did not answer it. */
  baseline_nano_usd: number | null
  /** JSON of a SavingsNote. */
  savings: string | null
  answers: 0 | 1
  /** Whether memory knew a part of what was asked: the baseline is of that, too. */
  partial: 0 | 1
} & Record<`${(typeof TOKEN_BUCKETS)[number]}_tokens`, number>

interface Repriced extends AttemptPrice {
  savings: SavingsNote | undefined
}

interface Change {
  row: Row
  price: Repriced
}

/** Two milliseconds a transaction: other writers wait no longer than that. */
const BATCH = 200

/**
 * Attempts that no provider bills (`absent`) have nothing to price, nor have shares of an hour; those under way are priced when they end. A caller
 * that left may have left others behind who shared the answer, so its baseline is the answer's all the same.
 */
const SELECT = `
  SELECT a.request_id, a.ordinal, a.provider, a.model, r.at, a.terms, a.cost_nano_usd, a.price_version,
    a.outcome = 'answered' AND r.error IS NOT 'interrupted' AND r.cache IS NOT 'audit' AS answers, r.cache IS 'partial' AS partial,
    r.baseline_nano_usd, r.savings,
    ${TOKEN_COLUMNS.map((column) => `a.${column}`).join(', ')}
  FROM attempts a JOIN requests r ON r.id = a.request_id
  WHERE (a.request_id, a.ordinal) > (?, ?) AND a.request_id < ? AND a.usage IN ('reported', 'estimated')
    AND a.price_version IS NOT '${HOURLY}'
  ORDER BY a.request_id, a.ordinal LIMIT ${BATCH}`

/** @returns a line for each model that was asked in that time; times are Unix milliseconds, `until` is exclusive. */
export function reprice(
  database: Database.Database,
  span: { since: number; until: number },
  priceAttempt: PriceAttempt,
  now: number,
): readonly Repricing[] {
  const select = database.prepare<unknown[], Row>(SELECT)
  const save = saver(database, now)
  const models = new Map<string, Repricing>()
  let from = { id: requestIdBound(span.since), ordinal: -1 }
  for (;;) {
    const rows = select.all(from.id, from.ordinal, requestIdBound(span.until))
    const changes = rows.flatMap((row) => {
      const price = withRemembered(row, withBaseline(row, priceAttempt))
      const changed = price !== undefined && differs(row, price)
      count(models, row, price, changed)
      return changed ? [{ row, price }] : []
    })
    if (changes.length > 0) save(changes)
    const last = rows.at(-1)
    if (last === undefined || rows.length < BATCH) return [...models.values()]
    from = { id: last.request_id, ordinal: last.ordinal }
  }
}

function billed(row: Row): BilledAttempt {
  return {
    provider: row.provider,
    model: row.model,
    at: row.at,
    tokens: Object.fromEntries(TOKEN_BUCKETS.map((bucket) => [bucket, row[`${bucket}_tokens`]])) as Tokens,
    terms: row.terms === null ? undefined : (JSON.parse(row.terms) as Terms),
  }
}

/** The baseline may be another model's, and of tokens that were left out: those are priced again, too. */
function withBaseline(row: Row, priceAttempt: PriceAttempt): Repriced | undefined {
  const attempt = billed(row)
  const price = priceAttempt(attempt)
  if (price === undefined || price.priceVersion === HOURLY) return undefined
  if (row.savings === null || row.answers === 0) return { ...price, savings: undefined }
  const { model: baseline, learned, trimmedTokens = 0, shadowRoute } = JSON.parse(row.savings) as SavingsNote
  const worth = ({ tokens, terms }: Pick<BilledAttempt, 'tokens' | 'terms'>) =>
    priceAttempt({ ...attempt, ...targetOf(baseline, attempt), tokens, terms })?.baselineNanoUsd
  const whole =
    baseline === undefined
      ? price.baselineNanoUsd
      : worth({ tokens: attempt.tokens, terms: commonTerms(attempt.terms) })
  const trimming =
    trimmedTokens === 0 ? 0 : worth({ tokens: { ...noTokens(), input: trimmedTokens }, terms: undefined })
  if (whole === undefined || trimming === undefined) return undefined
  const prefix = (price.baselineNanoUsd ?? price.costNanoUsd) - price.costNanoUsd
  const savings: SavingsNote = {
    ...(baseline !== undefined && { model: baseline }),
    ...(learned === true && { learned }),
    ...(prefix !== 0 && { prefix }),
    ...(trimmedTokens > 0 && { trimmedTokens, trimming }),
    ...(shadowRoute !== undefined && { shadowRoute: shadowRepriced(shadowRoute, attempt, priceAttempt) }),
  }
  return { ...price, baselineNanoUsd: whole + trimming, savings }
}

/** Where the price is not known any more, what was told stands. */
function shadowRepriced(
  note: ShadowRouteNote,
  attempt: BilledAttempt,
  priceAttempt: PriceAttempt,
): ShadowRouteNote {
  if (note.model === undefined) return note
  const terms = commonTerms(attempt.terms)
  const price = priceAttempt({ ...attempt, ...targetOf(note.model, attempt), terms })
  return price?.baselineNanoUsd === undefined ? note : { ...note, costNanoUsd: price.baselineNanoUsd }
}

/** A model's own name may hold slashes. */
function targetOf(name: string | undefined, { provider, model }: BilledAttempt) {
  const slash = name?.indexOf('/') ?? -1
  if (name === undefined || slash < 0) return { provider, model }
  return { provider: name.slice(0, slash), model: name.slice(slash + 1) }
}

/** What memory gave is never priced again. */
function withRemembered(row: Row, price: Repriced | undefined): Repriced | undefined {
  const { partial, answers, baseline_nano_usd: baseline, cost_nano_usd: cost } = row
  if (partial === 0 || answers === 0 || baseline === null || cost === null) return price
  if (price?.baselineNanoUsd === undefined) return price
  return { ...price, baselineNanoUsd: price.baselineNanoUsd + baseline - cost }
}

function differs(row: Row, price: Repriced): boolean {
  if (row.cost_nano_usd !== price.costNanoUsd) return true
  if (row.answers === 0) return false
  return row.baseline_nano_usd !== (price.baselineNanoUsd ?? null) || differsInShadow(row, price)
}

/** Of another model, whose price may be all that is new. */
function differsInShadow({ savings }: Row, price: Repriced): boolean {
  const now = price.savings?.shadowRoute?.costNanoUsd
  if (savings === null || now === undefined) return false
  return (JSON.parse(savings) as SavingsNote).shadowRoute?.costNanoUsd !== now
}

function count(
  models: Map<string, Repricing>,
  row: Row,
  price: AttemptPrice | undefined,
  changed: boolean,
): void {
  const { provider, model } = row
  const key = `${provider}\n${model}`
  const line = models.get(key) ?? {
    provider,
    model,
    attempts: 0,
    changed: 0,
    unknown: 0,
    beforeNanoUsd: 0,
    afterNanoUsd: 0,
  }
  models.set(key, line)
  line.attempts++
  if (price === undefined) line.unknown++
  if (changed) line.changed++
  line.beforeNanoUsd += row.cost_nano_usd ?? 0
  line.afterNanoUsd += price?.costNanoUsd ?? row.cost_nano_usd ?? 0
}

function saver(database: Database.Database, now: number): (changes: readonly Change[]) => void {
  const keep = database.prepare(`
    INSERT INTO repricings (request_id, ordinal, at, cost_nano_usd, price_version, baseline_nano_usd)
    SELECT request_id, ordinal, ?, cost_nano_usd, price_version, ? FROM attempts WHERE request_id = ? AND ordinal = ?
    ON CONFLICT DO NOTHING`)
  const settle = database.prepare(
    'UPDATE attempts SET cost_nano_usd = ?, price_version = ? WHERE request_id = ? AND ordinal = ?',
  )
  const baseline = database.prepare('UPDATE requests SET baseline_nano_usd = ?, savings = ? WHERE id = ?')
  const transaction = database.transaction((changes: readonly Change[]) => {
    for (const { row, price } of changes) {
      const { request_id: id, ordinal } = row
      keep.run(now, row.answers === 1 ? row.baseline_nano_usd : null, id, ordinal)
      settle.run(price.costNanoUsd, price.priceVersion, id, ordinal)
      const savings = price.savings === undefined ? null : JSON.stringify(price.savings)
      if (row.answers === 1) baseline.run(price.baselineNanoUsd, savings, id)
    }
  })
  return (changes) => transaction.immediate(changes)
}
