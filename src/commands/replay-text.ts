/** What `trimtab replay` tells, for people. */
import type { ReplayResult } from '../replay/replay-result.ts'
import { type Column, milliseconds, printable, textTable, usd } from './table.ts'

/** Lines. `place`: where the policies came from. */
export function replayText(
  result: ReplayResult,
  { since, until, place }: { since: string; until: string; place: string },
): readonly string[] {
  const { requests, decided, changed, tiers, targets } = result
  return [
    `${since} to ${until}: ${count(requests)} requests, ${count(decided)} of them decided again by ${printable(place)}.`,
    `${count(changed)} would go elsewhere or be answered shorter. ${keptWords(result)}`,
    '',
    changeTable(result),
    costWords(result),
    '',
    mixTable(
      'tier',
      tiers.map(({ tier, ...mix }) => ({ name: tier, ...mix })),
    ),
    '',
    mixTable(
      'model',
      targets.map(({ target, ...mix }) => ({ name: target, ...mix })),
    ),
    ...mostChanged(result),
    ...untold(result),
  ]
}

function keptWords({ kept }: ReplayResult): string {
  const reasons = Object.entries(kept).map(([reason, requests]) => `${count(requests)} ${reason}`)
  return reasons.length === 0 ? '' : `These stay as they were: ${reasons.join(', ')}.`
}

function changeTable({ cost_usd: cost, latency_ms: latency, failed }: ReplayResult): string {
  const right = (title: string): Column => ({ title, align: 'right' })
  const rows = [
    ['cost', usd(cost.before), usd(cost.after), signedUsd(cost.change)],
    ['p50', ...pair(latency.before.p50, latency.after.p50)],
    ['p95', ...pair(latency.before.p95, latency.after.p95)],
    ['failed', count(failed.before), count(failed.after), signed(failed.after - failed.before)],
  ]
  return textTable(
    [{ title: '', align: 'left' }, right('as it was'), right('forecast'), right('change')],
    rows,
  )
}

function pair(before: number | null, after: number | null): string[] {
  const change = before === null || after === null ? '' : `${signed(after - before)} ms`
  return [milliseconds(before), milliseconds(after), change]
}

function costWords({ cost_usd: cost }: ReplayResult): string {
  const [low, high] = cost.change_interval
  const share = cost.before === 0 ? '' : `, ${percent(cost.change / cost.before)} of what it was`
  return `Cost changes by ${signedUsd(cost.change)}${share}; with 95% confidence by ${signedUsd(low)} to ${signedUsd(high)}.`
}

function mixTable(title: string, rows: readonly { name: string; before: number; after: number }[]): string {
  return textTable(
    [
      { title, align: 'left' },
      { title: 'answered', align: 'right' },
      { title: 'forecast', align: 'right' },
      { title: 'change', align: 'right' },
    ],
    rows.map(({ name, before, after }) => [name, count(before), count(after), signed(after - before)]),
  )
}

function mostChanged({ most_changed: most }: ReplayResult): readonly string[] {
  if (most.length === 0) return []
  const left = (title: string): Column => ({ title, align: 'left' })
  const right = (title: string): Column => ({ title, align: 'right' })
  return [
    '',
    'The requests whose cost changes most:',
    textTable(
      [left('request'), left('workflow'), left('from'), left('to'), right('cost'), right('forecast')],
      most.map(({ id, workflow, from, to, before_usd, after_usd }) => [
        id,
        workflow,
        from ?? '–',
        to ?? '–',
        usd(before_usd),
        usd(after_usd),
      ]),
    ),
  ]
}

function untold({ untold, decided }: ReplayResult): readonly string[] {
  const { facts, unpriced_requests, unmeasured_targets, refusals, lengths } = untold
  const lines = [
    ...Object.entries(facts).map(
      ([fact, requests]) =>
        `${count(requests)} of ${count(decided)} requests lack ${fact}: taken as unknown, so that no condition on it held.`,
    ),
    ...Object.entries(unmeasured_targets).map(
      ([target, requests]) =>
        `${target} has answered nothing in this time: ${count(requests)} requests have no latency, and no failures, in the forecast.`,
    ),
    ...Object.entries(refusals).map(
      ([message, requests]) => `${count(requests)} requests would be refused: ${message}`,
    ),
  ]
  if (unpriced_requests > 0) {
    lines.push(
      `${count(unpriced_requests)} requests have no price on one side, and are left out of the cost.`,
    )
  }
  if (lengths.all > 0) {
    lines.push(
      `${count(lengths.all)} answers' lengths are told by requests unlike them: no requests alike went to both models.`,
    )
  }
  if (lengths.none > 0) {
    lines.push(
      `${count(lengths.none)} answers are taken to be as long as they were: nothing compares the two models.`,
    )
  }
  lines.push(
    'How good the answers would be, what memory and documents would answer, what sessions would keep and what budgets would hold back is not told.',
  )
  return ['', 'What this cannot tell:', ...lines.map((line) => `- ${printable(line)}`)]
}

function count(value: number): string {
  return value.toLocaleString('en-US')
}

function signed(value: number): string {
  return value > 0 ? `+${count(value)}` : count(value)
}

function signedUsd(amount: number): string {
  return amount < 0 ? `-${usd(-amount)}` : `+${usd(amount)}`
}

function percent(share: number): string {
  return `${share > 0 ? '+' : ''}${(share * 100).toFixed(1)}%`
}
