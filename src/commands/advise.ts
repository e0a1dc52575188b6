/** `trimtab advise`: which shadows have earned to act, with what the ledger lets expect of it. */
import type { LedgerReader, ReportFigures } from '../metering/reports.ts'
import type { Policy, PolicySet } from '../policy/policy.ts'
import type { StoredEvidence } from '../storage/semantic-stats.ts'
import type { Output } from './output.ts'
import { parseInstant } from './since.ts'
import { printable, usd } from './table.ts'

interface AdviseParts {
  reader: LedgerReader
  policies: PolicySet
  evidence: readonly StoredEvidence[]
  /** Unix milliseconds. */
  now: number
}

/** Members are those of `advise --json`. Shares and rates are 0 to 1, money is USD. */
interface Advice {
  workflow: string
  /** The policy's file, or `built-in`. */
  file: string
  key: 'cache.exact.mode' | 'cache.semantic.mode'
  from: string
  to: string
  /** `wait`: it may be worth it, and not enough is known yet. */
  verdict: 'turn on' | 'wait'
  reason: string
  forecast: { hits_share: number; saved_usd_per_month: number; wrong_per_request_upper: number | null }
}

const MONTH_MS = 30 * 86_400_000
/** So many judged hits tell whether a workflow's answers may be trusted: 299 without a fault bound it to 1 %. */
const ENOUGH_AUDITS = 300

/** Returns the exit code: 1 where an option is wrong. */
export async function adviseCommand(
  { since = '7d', json }: { since?: string; json?: boolean },
  { reader, policies, evidence, now }: AdviseParts,
  output: Output,
): Promise<number> {
  const from = parseInstant('--since', since, now)
  if (from.kind === 'problem') {
    output.error(from.message)
    return 1
  }
  const span = { since: from.value, until: now, timeZone: 'UTC' }
  const { rows } = await reader.report({ ...span, by: ['workflow'] })
  const advice = rows.flatMap((row) => {
    const workflow = String(row.workflow)
    const policy = policies.byWorkflow.get(workflow) ?? policies.default
    const learned = evidence.filter((one) => one.workflow === workflow)
    const figures = { ...row, months: (now - from.value) / MONTH_MS }
    return [...exactAdvice(workflow, policy, figures), ...semanticAdvice(workflow, policy, figures, learned)]
  })
  if (json === true) output.out(JSON.stringify({ advice }))
  else for (const line of adviceLines(advice)) output.out(line)
  return 0
}

type Figures = ReportFigures & { months: number }

function exactAdvice(workflow: string, policy: Policy, { shadow, requests, months }: Figures): Advice[] {
  const seen = shadow.exact
  if (policy.cache.exact.mode !== 'shadow' || seen === undefined || seen.hits === 0) return []
  return [
    {
      workflow,
      file: policy.source,
      key: 'cache.exact.mode',
      from: 'shadow',
      to: 'deterministic',
      verdict: 'turn on',
      reason: `${seen.hits} of ${requests} requests repeated an earlier one to the letter.`,
      forecast: {
        hits_share: seen.hits / requests,
        saved_usd_per_month: (seen.saved_usd ?? 0) / months,
        wrong_per_request_upper: null,
      },
    },
  ]
}

function semanticAdvice(
  workflow: string,
  policy: Policy,
  { shadow, requests, months }: Figures,
  evidence: readonly StoredEvidence[],
): Advice[] {
  const { semantic } = policy.cache
  const seen = shadow.semantic
  if (semantic?.mode !== 'shadow' || seen === undefined || seen.hits === 0) return []
  const newest = evidence.reduce<StoredEvidence | undefined>(
    (most, one) => (most === undefined || one.confidence.requests > most.confidence.requests ? one : most),
    undefined,
  )
  const upper = newest?.report.upperBound ?? null
  const isProven = seen.audited >= ENOUGH_AUDITS && upper !== null && upper <= semantic.maxWrongRate
  const reason = isProven
    ? `Of ${seen.audited} hits that were compared with the model's own answer ${seen.wrong} were wrong; at most ${percent(upper)} of requests would be, and ${percent(semantic.maxWrongRate)} are allowed.`
    : `${seen.audited} hits were compared with the model's own answer, ${seen.wrong} were wrong: it takes ${ENOUGH_AUDITS} and a bound under ${percent(semantic.maxWrongRate)} of requests.`
  return [
    {
      workflow,
      file: policy.source,
      key: 'cache.semantic.mode',
      from: 'shadow',
      to: 'on',
      verdict: isProven ? 'turn on' : 'wait',
      reason,
      forecast: {
        hits_share: seen.hits / requests,
        saved_usd_per_month: ((seen.saved_usd ?? 0) * (1 - semantic.auditShare)) / months,
        wrong_per_request_upper: upper,
      },
    },
  ]
}

function adviceLines(advice: readonly Advice[]): string[] {
  if (advice.length === 0) {
    return [
      'Nothing to advise: no shadow has found anything yet. `cache.semantic: { mode: shadow }` in a policy starts one.',
    ]
  }
  return advice.flatMap(({ workflow, file, key, from, to, verdict, reason, forecast }) => [
    `${printable(workflow)}: ${verdict === 'turn on' ? `set \`${key}: ${to}\`` : `leave \`${key}: ${from}\` for now`} (${printable(file)})`,
    `  ${reason}`,
    `  It would answer ${percent(forecast.hits_share)} of requests and save about ${usd(forecast.saved_usd_per_month)} a month, by the traffic of this span.`,
  ])
}

function percent(share: number): string {
  return `${(share * 100).toFixed(2)}%`
}
