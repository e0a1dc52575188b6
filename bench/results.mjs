// Medians, multiples of the bare pass-through, budgets, and the table that people read.

/** Budgets of the design: multiples of the bare pass-through's own, or absolute. */
const BUDGETS = {
  forward: { limit: 4, kind: 'multiple' },
  everything: { limit: 8, kind: 'multiple', of: 'everything' },
  hit: { limit: 2.5, kind: 'multiple' },
  stream: { limit: 1.2, kind: 'multiple' },
  added_p50: { limit: 2, kind: 'multiple' },
  added_p99: { limit: 2, kind: 'multiple' },
  start: { limit: 500, kind: 'absolute' },
  idle: { limit: 120, kind: 'absolute' },
}

const ROWS = [
  ['forward', '1 KB chat forwarded, CPU µs a request'],
  ['everything', 'another question each time, looked up by meaning, CPU µs'],
  ['hit', 'exact repeat, CPU µs a request'],
  ['stream', '64-chunk stream at 10 ms a chunk, CPU µs'],
  ['added_p50', 'added latency at one client, p50 ms'],
  ['added_p99', 'added latency at one client, p99 ms'],
  ['start', 'start to first answer, ms'],
  ['idle', 'memory idle, MB'],
  ['loaded', 'memory under load, MB'],
]

/** `samples[gateway][row]` is a list of measurements; rows of the table hold median, least and most. */
export function summarise(samples) {
  const summary = {}
  for (const [gateway, rows] of Object.entries(samples)) {
    summary[gateway] = {}
    for (const [row, values] of Object.entries(rows)) summary[gateway][row] = spread(values)
  }
  for (const [gateway, rows] of Object.entries(summary)) {
    for (const [row, figure] of Object.entries(rows)) {
      const bare = summary.bare?.[row]?.median
      if (bare > 0 && gateway !== 'bare') figure.timesBare = figure.median / bare
    }
  }
  return summary
}

/** Rows in which trimtab is over its budget. */
export function overBudget(summary) {
  return Object.entries(BUDGETS).flatMap(([row, { limit, kind, of = 'trimtab' }]) => {
    const figure = summary[of]?.[row]
    const value = kind === 'multiple' ? figure?.timesBare : figure?.median
    return value !== undefined && value > limit ? [`${row}: ${round(value)} > ${limit}`] : []
  })
}

export function markdown({ machine, date, rounds, summary, checks, quick }) {
  const gateways = Object.keys(summary)
  const header = ['', ...gateways, 'budget']
  const body = ROWS.map(([row, title]) => [
    title,
    ...gateways.map((gateway) => cell(summary[gateway][row])),
    budgetText(row),
  ])
  const lines = [header, header.map(() => '---'), ...body].map((cells) => `| ${cells.join(' | ')} |`)
  return [
    '# npm run bench',
    '',
    `${date}, ${machine}; ${rounds} interleaved rounds${quick ? ' (quick: a smoke run, no measurement)' : ''}.`,
    'Medians (least–most), and multiples of the bare pass-through. CPU is user and system time of the whole process.',
    '',
    ...lines,
    '',
    ...checks.map((check) => `- ${check}`),
    '',
  ].join('\n')
}

function spread(values) {
  const sorted = [...values].sort((left, right) => left - right)
  return { median: sorted[sorted.length >> 1], least: sorted[0], most: sorted.at(-1), values }
}

function cell(figure) {
  if (figure === undefined) return '–'
  const range = figure.values.length > 1 ? ` (${round(figure.least)}–${round(figure.most)})` : ''
  const times = figure.timesBare === undefined ? '' : ` **${round(figure.timesBare)}×**`
  return `${round(figure.median)}${range}${times}`
}

function budgetText(row) {
  const budget = BUDGETS[row]
  if (budget === undefined) return ''
  return budget.kind === 'multiple' ? `≤ ${budget.limit}×` : `≤ ${budget.limit}`
}

function round(value) {
  return Math.abs(value) >= 100 ? String(Math.round(value)) : value.toPrecision(3)
}
