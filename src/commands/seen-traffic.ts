/** What the ledger has seen lately, as comments of a policy that somebody is about to write. */
import type { LedgerReader, ReportRow } from '../metering/reports.ts'
import { printable, usd } from './table.ts'

/** One model under one workflow. */
interface SeenModel {
  workflow: string
  /** `provider/model`. */
  model: string
  requests: number
  tokens: number
  /** Null where nothing of it has a known price. */
  costUsd: number | null
}

export interface SeenTraffic {
  days: number
  models: readonly SeenModel[]
}

const DAYS = 30
const DAY_MS = 86_400_000
/** More would hide what matters; the report has them all. */
const MOST_WORKFLOWS = 10

/** Undefined where no request reached a model. `now` is Unix milliseconds. */
export async function seenTraffic(reader: LedgerReader, now: number): Promise<SeenTraffic | undefined> {
  const report = await reader.report({
    since: now - DAYS * DAY_MS,
    until: now + 1,
    timeZone: 'UTC',
    by: ['workflow', 'provider', 'model'],
  })
  const models = report.rows.flatMap((row) => seenModel(row) ?? [])
  return models.length === 0 ? undefined : { days: DAYS, models }
}

/** Lines, each a comment; empty where nothing was seen. */
export function seenComment({ days, models }: SeenTraffic): string {
  const workflows = [...grouped(models, 'workflow')].toSorted(
    ([, one], [, other]) => requestsOf(other) - requestsOf(one),
  )
  const lines = [
    `Seen in the last ${days} days, by \`trimtab report --since ${days}d --by workflow,model\`:`,
    ...workflows.slice(0, MOST_WORKFLOWS).map(([workflow, used]) => workflowLine(workflow, used)),
    ...(workflows.length > MOST_WORKFLOWS
      ? [`  and ${workflows.length - MOST_WORKFLOWS} more workflows`]
      : []),
    ...proposal(models),
  ]
  return `${lines.map((line) => (line === '' ? '#' : `# ${printable(line)}`)).join('\n')}\n`
}

function workflowLine(workflow: string, used: readonly SeenModel[]): string {
  const models = used
    .toSorted((one, other) => other.requests - one.requests)
    .map(
      ({ model, requests, costUsd }) =>
        `${model} ${count(requests)} (${costUsd === null ? 'no price' : usd(costUsd)})`,
    )
  return `  ${workflow}: ${count(requestsOf(used))} requests; ${models.join(', ')}`
}

/** The cheapest and the dearest model by what a token really cost. */
function proposal(models: readonly SeenModel[]): string[] {
  const byModel = [...grouped(models, 'model')]
    .map(([model, used]) => ({ model, usdPerToken: usdPerToken(used) }))
    .filter((entry): entry is { model: string; usdPerToken: number } => entry.usdPerToken !== undefined)
    .toSorted((one, other) => one.usdPerToken - other.usdPerToken)
  const [small] = byModel
  const large = byModel.at(-1)
  if (small === undefined || large === undefined || small.usdPerToken === large.usdPerToken) return []
  const times = (large.usdPerToken / small.usdPerToken).toFixed(1)
  return [
    '',
    `A token of ${large.model} cost ${times} times one of ${small.model}. To see what routing would do, take the`,
    'comment marks off; `shadow` decides and records, and changes no answer:',
    'tiers:',
    `  small: { use: ${JSON.stringify(small.model)} }`,
    `  large: { use: ${JSON.stringify(large.model)} }`,
    'route:',
    '  mode: shadow',
    '  rules:',
    '    - { name: short, when: { tokens: { below: 500 } }, to: [small, large] }',
    '    - { name: rest, to: large }',
  ]
}

function usdPerToken(used: readonly SeenModel[]): number | undefined {
  const tokens = used.reduce((sum, model) => sum + model.tokens, 0)
  const cost = used.reduce((sum, model) => sum + (model.costUsd ?? Number.NaN), 0)
  return tokens > 0 && Number.isFinite(cost) ? cost / tokens : undefined
}

function seenModel(row: ReportRow): SeenModel | undefined {
  if (typeof row.model !== 'string' || typeof row.provider !== 'string') return undefined
  return {
    workflow: row.workflow ?? 'default',
    model: row.model.startsWith(`${row.provider}/`) ? row.model : `${row.provider}/${row.model}`,
    requests: row.requests,
    tokens: Object.values(row.tokens).reduce((sum, tokens) => sum + tokens, 0),
    costUsd: row.cost_usd,
  }
}

function grouped(models: readonly SeenModel[], by: 'workflow' | 'model'): Map<string, SeenModel[]> {
  const groups = new Map<string, SeenModel[]>()
  for (const seen of models) groups.set(seen[by], [...(groups.get(seen[by]) ?? []), seen])
  return groups
}

function requestsOf(used: readonly SeenModel[]): number {
  return used.reduce((sum, { requests }) => sum + requests, 0)
}

function count(value: number): string {
  return value.toLocaleString('en-US')
}
