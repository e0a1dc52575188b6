// The page that people read of `npm run bench:replay`.

export function replayMarkdown({ date, machine, speed, runs }) {
  const usd = (amount) => `$${amount.toFixed(4)}`
  const share = (value) => `${value > 0 ? '+' : ''}${(100 * value).toFixed(2)} %`
  const header = [
    'seed',
    'under A',
    'forecast for B (95 %)',
    'real under B',
    'off by',
    'p50 forecast / real',
    'p95 forecast / real',
    'small tier forecast / real',
    'failed forecast / real',
  ]
  const rows = runs.map(({ seed, before, forecast, interval, real, error, latency, tiers, failed }) => [
    seed,
    usd(before),
    `${usd(forecast)} (${usd(interval[0])} to ${usd(interval[1])})`,
    usd(real),
    share(error),
    `${latency.forecast.p50} / ${latency.real.p50} ms`,
    `${latency.forecast.p95} / ${latency.real.p95} ms`,
    `${tiers.forecast.small} / ${tiers.real.small}`,
    `${failed.forecast} / ${failed.real}`,
  ])
  const table = [header, header.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`)
  const worst = Math.max(...runs.map(({ error }) => Math.abs(error)))
  return [
    '# npm run bench:replay',
    '',
    `${date}, ${machine}.`,
    '',
    `\`trimtab replay\` over ${speed.requests.toLocaleString('en-US')} recorded requests (${speed.fileMb} MiB), ${speed.decided.toLocaleString('en-US')} decided again, ${speed.changed.toLocaleString('en-US')} of them changed: ${speed.medianMs} ms (median of three, the slowest ${speed.slowestMs} ms; the whole command; the machine's load was ${speed.load}).`,
    '',
    `Traffic of ${runs[0]?.requests.toLocaleString('en-US')} requests was sent under policy A, replayed under policy B, and really sent again under B. Mock providers drew lengths and failures from another seed each time: the small model writes 25 % less, counts 15 % more tokens for the same text and fails three times as often, none of which the replay is told. B sends more to the small tier and caps drafts. At worst the forecast was ${(100 * worst).toFixed(2)} % off; the real cost was within the interval in ${runs.filter(({ within }) => within).length} of ${runs.length}.`,
    '',
    ...table,
    '',
  ].join('\n')
}
