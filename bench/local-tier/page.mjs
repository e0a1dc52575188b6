// The table that people read, from the bench's figures.

export function page({ date, machine, settings, runs, escalation, notes }) {
  const gpu = machine.gpu.map(({ name, driver }) => `${name} (driver ${driver})`).join(', ') || 'no GPU'
  return [
    '# npm run bench:local-tier',
    '',
    `${date}; ${gpu}; ${machine.cpu}, Node ${machine.node}.${settings.quick ? ' Quick: a smoke run, no measurement.' : ''}`,
    `${settings.modelTitle} on ${settings.serverTitle}; ${settings.maxTokens} output tokens a request${settings.forced ? ', forced' : ' at most'}, streaming, over questions of nq_open; ${settings.seconds} s a figure.`,
    'Throughput counts what came within the time measured; times are of requests begun in it. `max_in_flight` is trimtab’s.',
    '',
    ...notes.map((note) => `- ${note}`),
    ...runs.flatMap(runSection),
    ...escalationSection(escalation),
    '',
    ...repeatSection(settings),
  ].join('\n')
}

function runSection({ title, readyMs, residentMb, gpuMemoryMb, direct, through, added, price }) {
  const memory = [
    residentMb === null ? undefined : `${round(residentMb)} MB of memory`,
    gpuMemoryMb ? `${gpuMemoryMb} MB on the GPU` : undefined,
  ].filter(Boolean)
  return [
    '',
    `## ${title}`,
    '',
    `Ready after ${round(readyMs / 1000)} s; ${memory.join(', ')}.`,
    '',
    '| in parallel | way | tokens/s | first token p50, ms | p95, ms | whole answer p50, ms | requests |',
    '|---|---|---|---|---|---|---|',
    ...direct.map((line) => speedRow('straight', line)),
    ...through.map((line) => speedRow('through trimtab', line)),
    '',
    ...(added === undefined
      ? []
      : [
          `Added by trimtab to one request at a time (medians of ${added.pairs} in turns): first token ${round(added.addedFirstTokenMs)} ms, whole answer ${round(added.addedTotalMs)} ms.`,
          '',
        ]),
    '| load | requests | tokens/s | USD an hour | **USD per million output tokens** | by trimtab’s report¹ | idle | first token p50, ms |',
    '|---|---|---|---|---|---|---|---|',
    ...price.map(priceRow),
    '',
    '¹ Of its whole run, the seconds before the first request and after the last among them.',
  ]
}

function priceRow({ share, requests, tokensPerSecond, usdPerHour, usdPerMillion, firstTokenMs, ledger }) {
  const { usd_per_million_output_tokens: reported, idle_share: idle } = ledger.standing ?? {}
  const cells = [
    `${share * 100} %`,
    requests,
    round(tokensPerSecond),
    usdPerHour,
    `**${round(usdPerMillion)}**`,
    round(reported),
    idle === undefined ? '–' : `${round(idle * 100)} %`,
    round(firstTokenMs.p50),
  ]
  return `| ${cells.join(' | ')} |`
}

function speedRow(way, { parallel, tokensPerSecond, firstTokenMs, totalMs, requests, failed }) {
  const cells = [tokensPerSecond, firstTokenMs.p50, firstTokenMs.p95, totalMs.p50].map(round)
  return `| ${parallel} | ${way} | ${cells.join(' | ')} | ${requests}${failed > 0 ? `, ${failed} failed` : ''} |`
}

function escalationSection(escalation) {
  if (escalation === undefined)
    return ['', '## Escalation', '', 'Not measured: this trimtab does not act on `escalate`.']
  return [
    '',
    '## Escalation',
    '',
    'To a simulated large tier, which answers at once: what the small one’s attempt cost in time is what is seen.',
    '',
    '```yaml',
    escalation.policy.trim(),
    '```',
    '',
    '| prompts | asked | escalated | kept: whole answer p50, ms | escalated: p50, ms |',
    '|---|---|---|---|---|',
    ...escalation.kinds.map(
      ({ kind, requests, escalated, share, totalMs }) =>
        `| ${kind} | ${requests} | ${escalated} (${round(share * 100)} %) | ${round(totalMs.kept)} | ${round(totalMs.escalated)} |`,
    ),
  ]
}

function repeatSection({ command }) {
  return [
    '## To repeat it',
    '',
    '```sh',
    '# llama.cpp, built for the GPU (Hopper: 90)',
    'cmake -B build -DGGML_CUDA=ON -DCMAKE_CUDA_ARCHITECTURES=90 && cmake --build build --target llama-server -j',
    command,
    '```',
    '',
    'Without `--server`, the real model of `examples/real-model` answers on the CPU. `bench/local-tier/on-gpu.sh` does the same on a machine without network and without Node.',
    '',
  ]
}

function round(value) {
  if (value === null || value === undefined) return '–'
  return Math.abs(value) >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(3)))
}
