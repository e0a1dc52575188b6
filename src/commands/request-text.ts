/** One request of the ledger as a person reads it. */
import type {
  ChosenNote,
  CountedBy,
  CountedInput,
  InsufficiencyNote,
  KnowledgeNote,
  PassedOverNote,
  SemanticNote,
} from '../metering/decision.ts'
import type { AttemptSummary, RequestDetail } from '../metering/reports.ts'
import type { UsageSource } from '../metering/tokens.ts'
import { requestCost } from './request-cost.ts'
import { milliseconds, printable, textTable, usd } from './table.ts'

const USAGE_WORDS: Readonly<Record<UsageSource, string>> = {
  reported: 'reported by the provider',
  estimated: 'estimated',
  absent: 'none',
}

/** Lines, without a final newline. */
export function requestText(request: RequestDetail): string {
  const parts = [facts(request), attempts(request), decision(request.decision)]
  return parts.filter((part) => part !== '').join('\n\n')
}

function facts(request: RequestDetail): string {
  const tags = Object.entries(request.tags).map(([name, value]) => `${name}=${value}`)
  return pairs([
    ['request', request.id],
    ['at', request.at],
    [
      'asked',
      `${request.endpoint}, ${request.model_asked ?? 'no model'}${request.stream ? ', streamed' : ''}`,
    ],
    ['workflow', request.workflow],
    ['step', request.step],
    ['session', request.session],
    ['tags', tags.length === 0 ? null : tags.join(', ')],
    ['tenant', request.tenant],
    ['team', request.team],
    ['user', request.user],
    ['key', request.key],
    ['status', request.status === null ? 'under way' : `${request.status}${suffix(request.error)}`],
    ['rule', request.rule],
    ['tier', request.tier],
    ['cache', request.cache],
    ['tokens', tokens(request.tokens)],
    ['cost', requestCost(request)],
    ['saved', request.saved_usd === null ? null : usd(request.saved_usd)],
    ['time', `${milliseconds(request.total_ms)}, first chunk ${milliseconds(request.first_chunk_ms)}`],
  ])
}

function attempts({ attempts: list, decision: record }: RequestDetail): string {
  if (list.length === 0) return 'No provider was called.'
  return textTable(
    [
      { title: 'attempt', align: 'right' },
      { title: 'target', align: 'left' },
      { title: 'replica', align: 'left' },
      { title: 'outcome', align: 'left' },
      { title: 'status', align: 'right' },
      { title: 'tokens', align: 'left' },
      { title: 'counted', align: 'left' },
      { title: 'cost', align: 'right' },
      { title: 'first chunk', align: 'right' },
      { title: 'time', align: 'right' },
    ],
    list.map((attempt, index) => [
      String(index + 1),
      `${attempt.provider}/${attempt.model}`,
      attempt.replica,
      attempt.outcome === 'open' ? 'under way' : attempt.outcome,
      attempt.status === null ? '–' : String(attempt.status),
      tokens(attempt.tokens),
      counted(attempt, record?.attempts[index]?.countedBy),
      cost(attempt.cost_usd),
      milliseconds(attempt.first_chunk_ms),
      milliseconds(attempt.total_ms),
    ]),
  )
}

function decision(record: RequestDetail['decision']): string {
  if (record === null) return 'No decision was recorded.'
  const candidates = record.candidates.map(({ target, tier }) => `${target}${suffix(tier ?? null)}`)
  const known = Object.entries(record.facts).map(
    ([name, value]) => `${name}=${typeof value === 'object' ? value.join('+') : String(value)}`,
  )
  return pairs([
    ['policy', `${record.policy.workflow} (${record.policy.digest})`],
    ['facts', list(known)],
    ['estimate', record.input === undefined ? null : estimateWords(record.input)],
    ['rule', record.rule ?? null],
    ['candidates', list(candidates)],
    ['edits', list(record.edits)],
    ['reasons', list(record.reasons)],
    ['documents', list((record.knowledge ?? []).map(documentsWords))],
    ['meaning', record.semantic === undefined ? null : meaningWords(record.semantic)],
    [
      'attempts',
      list(
        record.attempts.map(
          ({ target, outcome, detail, insufficiency, chosen }) =>
            `${target} ${outcome}${suffix(detail ?? null)}${insufficiency === undefined ? '' : signalWords(insufficiency)}${chosen === undefined ? '' : chosenWords(chosen)}`,
        ),
      ),
    ],
  ])
}

/** Which signal told that an answer does not suffice, and how far from the policy's bound it was. */
function signalWords({ signal, value, threshold, by }: InsufficiencyNote): string {
  const figures = value === undefined ? '' : ` ${value}`
  const bound = threshold === undefined ? '' : `, bound ${threshold}${signal === 'slow' ? ' ms' : ''}`
  return ` [${signal}${figures}${by === undefined ? '' : ` by ${by}`}${bound}]`
}

/** Why this replica. */
function chosenWords({ by, of, promptTokens, cachedTokens, passedOver }: ChosenNote): string {
  const why = by === 'kept' ? 'kept by its session or account' : `by ${by}`
  return ` [one of ${of} ${of === 1 ? 'replica' : 'replicas'}, ${why}, ${cachedTokens} of ${promptTokens} tokens expected to be cached${passedOver === undefined ? '' : passedOverWords(passedOver)}]`
}

function passedOverWords({ replica, cachedTokens, waiting, kvUsage }: PassedOverNote): string {
  const queue = waiting === undefined ? [] : [`${waiting} waiting`]
  const memory = kvUsage === undefined ? [] : [`its KV cache ${(kvUsage * 100).toFixed(0)} % full`]
  return `; ${replica} was full (${[...queue, ...memory].join(', ')}), where ${cachedTokens} were`
}

function counted({ usage }: AttemptSummary, by: CountedBy | undefined): string {
  if (usage !== 'estimated' || by === undefined) return USAGE_WORDS[usage]
  return by === 'characters' ? 'estimated by size' : `estimated by tiktoken (${by})`
}

function estimateWords({ estimated, counted, bytes }: CountedInput): string {
  const off = Math.abs(estimated - counted) / counted
  return `${estimated} tokens of input, counted ${counted}: ${(off * 100).toFixed(1)} % off (${(bytes / counted).toFixed(2)} bytes a token)`
}

/** What a tier of documents said, and the passages that it read it in. */
function documentsWords({ tier, collection, outcome, reason, confidence, passages }: KnowledgeNote): string {
  const sure = confidence === undefined ? '' : `, ${(confidence * 100).toFixed(1)} % sure`
  const read = passages.length === 0 ? '' : ` (passage ${passages.join(', ')})`
  return `${tier} of ${collection} ${outcome}: ${reason}${sure}${read}`
}

/** Of questions that mean the same: what its layers said, and the remembered answer that came nearest. */
function meaningWords({ reasons, entry }: SemanticNote): string {
  return entry === undefined ? reasons.join(', ') : `${reasons.join(', ')} (entry ${entry.id})`
}

/** `name  value` a line; what has no value is left out. */
function pairs(entries: readonly (readonly [string, string | null])[]): string {
  const told = entries.filter((entry): entry is readonly [string, string] => entry[1] !== null)
  const width = Math.max(...told.map(([name]) => name.length))
  return told.map(([name, value]) => `${name.padEnd(width)}  ${printable(value)}`).join('\n')
}

function tokens(buckets: Readonly<Record<string, number>>): string {
  const used = Object.entries(buckets).filter(([, count]) => count > 0)
  return used.length === 0 ? 'none' : used.map(([name, count]) => `${name} ${count}`).join(', ')
}

function cost(amount: number | null): string {
  return amount === null ? 'no price' : usd(amount)
}

function suffix(text: string | null): string {
  return text === null ? '' : ` (${text})`
}

function list(items: readonly string[]): string | null {
  return items.length === 0 ? null : items.join(', ')
}
