/** What `trimtab advise` tells, for people. */
import type { Advice } from './advice.ts'
import { percent } from './cache-advice.ts'
import { milliseconds, printable, usd } from './table.ts'

/** Lines. */
export function adviceLines(advice: readonly Advice[]): string[] {
  if (advice.length === 0) {
    return [
      'Nothing to advise: no shadow has found anything yet, and no edit of a route would have been cheaper. `cache.semantic: { mode: shadow }` or `route: { mode: shadow, rules: … }` in a policy starts a shadow.',
    ]
  }
  const isAdvised = advice.some(({ verdict, diff }) => verdict !== 'wait' && diff !== null)
  return [
    ...advice.flatMap(linesOf),
    ...(isAdvised
      ? ['`trimtab advise --diff | patch -d POLICIES` makes the edits that are not to wait.']
      : []),
  ]
}

function linesOf({ workflow, file, key, from, to, verdict, reason, forecast, diff }: Advice): string[] {
  const head = {
    'turn on': `set \`${key}: ${to}\``,
    try: `try \`${key}: ${to}\``,
    wait: `leave \`${key}: ${from}\` for now`,
  }
  const [low, high] = forecast.saved_usd_per_month_interval
  const saved = `save about ${money(forecast.saved_usd_per_month)} a month (${money(low)} to ${money(high)}), by the traffic of this span`
  const would =
    'hits_share' in forecast
      ? `It would answer ${percent(forecast.hits_share)} of requests and ${saved}.`
      : `It would change ${percent(forecast.changed_share)} of requests and ${saved}; p50 ${milliseconds(forecast.p50_ms.before)} to ${milliseconds(forecast.p50_ms.after)}, failed ${forecast.failed.before} to ${forecast.failed.after}.`
  return [
    `${printable(workflow)}: ${head[verdict]} (${printable(file)})`,
    `  ${reason}`,
    `  ${would}`,
    ...(diff === null || verdict === 'wait' ? [] : diff.split('\n').map((line) => `    ${printable(line)}`)),
  ]
}

function money(amount: number): string {
  return amount < 0 ? `-${usd(-amount)}` : usd(amount)
}
