// What the simulation came to, for people: a table a workload, what must hold, and how it compares with what others published.

/** `results`: `{ date, seeds, seconds, workloads, published }` as bench/sim.mjs makes it. */
export function page({ date, seeds, firstSeed, workloads, published, command }) {
  return [
    `# ${command}`,
    '',
    `${date}; ${seeds} seeds of each, from ${firstSeed} on, intervals of 95 %. The constants of \`prefix\` were set by seeds 1 to 15, 21 to 28 and 31 to 38, and a little once more after a look at 101 to 108, on which they held; none of the printed was looked at before. Eight simulated servers (Qwen-32B on two H100 each, rates in \`bench/sim/rates.mjs\` with their sources), each with queue, continuous batching, chunked prefill and an LRU cache of blocks. Strategies see what a proxy sees. A caller hangs up after 60 s without a first token: a failure, which counts as 60 s.`,
    '',
    '![First token by strategy and workload](sim.svg)',
    '',
    ...verdictLines(workloads),
    '',
    ...workloads.flatMap(workloadLines),
    '## Held against what others measured',
    '',
    'Of real servers, with what they published of the set-up; what they did not is assumed (`bench/sim/published.mjs`). Direction and rough size are to agree, not the figures. One does not: KubeAI’s least load was no faster than round robin as a whole; simulated, the server that answered last is the idlest, and so gets the talk’s next turn.',
    '',
    ...published.flatMap(publishedLines),
  ].join('\n')
}

function verdictLines(workloads) {
  const rows = workloads.map(({ name, verdicts }) => {
    const { prefix, hybrid } = verdicts
    return [
      name,
      prefix.best,
      span(prefix.beside),
      span(hybrid.beside),
      `${times(prefix.roundRobin.mean)}`,
      prefix.isMet ? 'yes' : '**no**',
    ]
  })
  return table(
    [
      'workload',
      'best of the others',
      '`prefix`: its p90 beside that',
      '`hybrid`',
      'round robin’s p90 beside `prefix`',
      'holds',
    ],
    rows,
  )
}

function workloadLines({ title, strategies, isShared }) {
  const rows = strategies.map(({ name, figures, isHot }) => [
    isHot ? `${name}, **one hot server**` : name,
    seconds(figures.p50Ms),
    seconds(figures.p90Ms),
    seconds(figures.p99Ms),
    figures.outputTokensPerSecond.mean.toFixed(0),
    percent(figures.cachedShare.mean),
    percent(figures.failed.mean),
    percent(figures.busiest.mean),
  ])
  const columns = [
    'strategy',
    'first token p50',
    'p90',
    'p99',
    'output tokens/s',
    'cached',
    'failed',
    'busiest server',
  ]
  return [`## ${title}${isShared ? '' : ' (nothing to gain by prefix)'}`, '', ...table(columns, rows), '']
}

function publishedLines({ title, rows }) {
  const cells = rows.map(({ what, published, simulated }) => [
    what,
    ...['meanMs', 'p90Ms', 'outputTokensPerSecond', 'tokensPerSecond', 'failed'].map((figure) =>
      published[figure] === undefined
        ? ''
        : `${shown(figure, published[figure])} / ${shown(figure, simulated[figure])}`,
    ),
  ])
  const columns = [
    'published / simulated',
    'mean first token',
    'p90',
    'output tokens/s',
    'tokens/s',
    'failed',
  ]
  return [`**${title}**`, '', ...table(columns, cells), '']
}

function shown(figure, value) {
  if (figure === 'failed') return percent(value)
  return figure.endsWith('Ms') ? duration(value) : value.toFixed(0)
}

function table(columns, rows) {
  return [columns, columns.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`)
}

function seconds({ mean, low, high }) {
  const off = (high - low) / 2
  return off === 0 ? duration(mean) : `${duration(mean)} ± ${duration(off)}`
}

function duration(ms) {
  return ms >= 1000 ? `${(ms / 1000).toPrecision(3)} s` : `${ms.toPrecision(ms < 100 ? 2 : 3)} ms`
}

function span({ mean, low, high }) {
  return `${times(mean)} (${low.toFixed(2)}–${high.toFixed(2)})`
}

function times(value) {
  return `${value < 10 ? value.toFixed(2) : value.toFixed(0)}×`
}

function percent(share) {
  return `${(100 * share).toFixed(share < 0.1 ? 1 : 0)} %`
}
