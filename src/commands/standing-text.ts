/** What `trimtab explain` tells of memory, limits and budgets as they stand now, in sentences. */
import type { ExplainedBudget } from '../gateway/explained/explained-budgets.ts'
import type { ExplainedCache } from '../gateway/explained/explained-cache.ts'
import type { ExplainedRate } from '../gateway/explained/explained-rates.ts'
import type { Foretold } from '../gateway/explained/foretell.ts'
import { meaningWords } from './meaning-text.ts'
import { span } from './span.ts'
import { usd } from './table.ts'

/** Lines, without a final newline. */
export function standingWords({ cache, rate_limits, budgets }: Foretold): string {
  const meant = cache.semantic === null ? [] : meaningWords(cache.semantic)
  return [...cacheWords(cache), ...meant, ...rateWords(rate_limits), ...budgets.map(budgetWords)].join('\n')
}

/** Why memory is not asked, by the word of `Cache-Status`. */
const BYPASS: Readonly<Record<string, string>> = {
  off: 'because its policy switches it off',
  'too-large': 'because its body is larger than 4 MiB',
  stored:
    'because its provider is asked to keep it (`store` or `background`), and a repeat is more than its answer',
  'not-deterministic':
    'because its temperature is not 0, and only what a repeat would answer the same is remembered',
  'number-beyond-double': 'because it holds a number that parsers of JSON take for another',
}

function cacheWords(cache: ExplainedCache): string[] {
  const { mode, ttl_ms, outcome, reason, key, tenant, entry } = cache
  const head = `The exact cache is ${mode === 'shadow' ? 'in shadow' : mode}`
  if (reason !== null) return [`${head}; it would not be asked, ${BYPASS[reason] ?? reason}.`]
  const kept = `${head} and keeps answers ${span(ttl_ms)}`
  const place = `  key ${key}, of tenant ${tenant}`
  if (entry === null) return [`${kept}; nothing is remembered for this request yet.`, place]
  const { provider, model, created_at, expires_at } = entry
  const found = `${provider}/${model} of ${created_at}, until ${expires_at}`
  const what =
    outcome === 'hit'
      ? `It would be answered from memory, by the answer of ${found}.`
      : `An answer is there, of ${found}, but it only counts what it would have saved.`
  return [`${kept}. ${what}`, place]
}

function rateWords(rates: readonly ExplainedRate[]): string[] {
  return rates.map((rate) => {
    const { whose, requests_per_minute, tokens_per_minute, takes_tokens } = rate
    const bounds = [
      ...(requests_per_minute === null ? [] : [`${count(requests_per_minute)} requests`]),
      ...(tokens_per_minute === null ? [] : [`${count(tokens_per_minute)} tokens`]),
    ]
    const tokens = tokens_per_minute === null ? '' : ` and about ${count(takes_tokens)} tokens`
    return `${whose} may use ${bounds.join(' and ')} a minute, of which this takes one request${tokens}.`
  })
}

function budgetWords(budget: ExplainedBudget): string {
  const { spent_usd, earlier_usd, limit_usd, reserves_usd, reached, outcome, resets_at } = budget
  const sets = reserves_usd === null ? '' : `, and this would set aside ${usd(reserves_usd)}`
  const earlier = earlier_usd === 0 ? '' : `, ${usd(earlier_usd)} of it before this budget was there`
  const until = resets_at === null ? '' : `, until ${resets_at}`
  const steps = reached.length === 0 ? '' : ` It has reached ${reached.join(', ')}.`
  const end = { fits: '', notify: '', degrade: '', block: ' It blocks this request.' }[outcome]
  return `${budget.budget}${whoseWords(budget)}: ${usd(spent_usd)} of ${usd(limit_usd)} are spent or set aside${earlier}${until}${sets}.${steps}${end}`
}

function whoseWords({ each, account }: ExplainedBudget): string {
  if (each === null || account === null) return ''
  return account === '' ? ` (no ${each})` : ` (${account})`
}

function count(number: number): string {
  return number.toLocaleString('en-US')
}
