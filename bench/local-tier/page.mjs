// The table that people read, from the bench's figures.

/** Fewer requests than this, begun within the time measured, tell nothing of how long one takes. */
const FEW = 20

export function page({ date, machine, settings, ageing, runs, escalation, notes }) {
  const gpu = machine.gpu.map(({ name, driver }) => `${name} (driver ${driver})`).join(', ') || 'no GPU'
  return [
    '# npm run bench:local-tier',
    '',
    `${date}; ${gpu}; ${machine.cpu}, Node ${machine.node}.${settings.quick ? ' Quick: a smoke run, no measurement.' : ''}`,
    `${settings.modelTitle} on ${settings.serverTitle}; ${settings.maxTokens} output tokens a request${settings.forced ? ', forced' : ' at most'}, streaming, over questions of nq_open; ${settings.seconds} s a figure.`,
    `Servers are started anew for each number in parallel and for each load. Straight and through trimtab are measured in turns on the same servers, ${settings.rounds} times each, the first changing; figures are medians of those rounds.`,
    `Throughput counts what came within the time measured; times are of requests begun in it, and left out where these are fewer than ${FEW}. \`max_in_flight\` is trimtab’s.`,
    '',
    ...notes.map((note) => `- ${note}`),
    ...ageingSection(ageing, settings),
    ...runs.flatMap(runSection),
    ...escalationSection(escalation),
    '',
    ...repeatSection(settings),
  ].join('\n')
}

function ageingSection(ageing, { tuning }) {
  if (ageing === undefined) return []
  const { few, many } = ageing[0]
  const used = tuning === '' ? 'as it comes' : `with \`${tuning}\``
  return [
    '',
    '## What a crowd leaves behind in a server',
    '',
    `All straight, without trimtab, on one fresh server each: ${few.parallel} in parallel, then ${many.parallel}, then ${few.parallel} again. All that follows uses it ${used}.`,
    'As it comes, it has a cache for each slot, and computes slots together only where they are neighbours (`split_equal` in llama.cpp’s `src/llama-batch.cpp`, as we read it); those in use after a crowd are scattered. With `--kv-unified`, all slots share one.',
    '',
    `| the server | ${few.parallel} in parallel, tokens/s | ${many.parallel} | **${few.parallel} again** | its memory before, MB | after |`,
    '|---|---|---|---|---|---|',
    ...ageing.map((line) => {
      const rates = [line.few, line.many, line.fewAgain].map(({ tokensPerSecond }) => round(tokensPerSecond))
      const name = line.variant === '' ? 'as it comes' : `\`${line.variant}\``
      const { fresh, aged } = line.residentMb
      return `| ${name} | ${rates[0]} | ${rates[1]} | **${rates[2]}** | ${round(fresh)} | ${round(aged)} |`
    }),
  ]
}

function runSection({ replicas, title, readyMs, residentMb, gpuMemoryMb, levels, added, price }) {
  const memory = [
    residentMb === null ? undefined : `${round(residentMb)} MB of memory`,
    gpuMemoryMb ? `${gpuMemoryMb} MB on the GPU` : undefined,
  ].filter(Boolean)
  const straight = replicas === 1 ? 'straight' : 'straight, each server in turn'
  return [
    '',
    `## ${title}`,
    '',
    `Ready after ${round(readyMs / 1000)} s; ${memory.join(', ')} after the most in parallel.`,
    '',
    '| in parallel | way | tokens/s | slowest to fastest round | **through ÷ straight** | first token p50, ms | p95, ms | whole answer p50, ms | requests |',
    '|---|---|---|---|---|---|---|---|---|',
    ...levels.flatMap((line) => [
      speedRow(line.parallel, straight, line.straight, ''),
      speedRow(line.parallel, 'through trimtab', line.through, `**${round(line.ratio)}**`),
    ]),
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

function speedRow(parallel, way, line, ratio) {
  const { tokensPerSecond, slowest, fastest, firstTokenMs, totalMs, requests, failed } = line
  const cells = [
    parallel,
    way,
    round(tokensPerSecond),
    `${round(slowest)}–${round(fastest)}`,
    ratio,
    ...[firstTokenMs.p50, firstTokenMs.p95, totalMs.p50].map((ms) => (requests < FEW ? '–' : round(ms))),
    `${requests}${failed > 0 ? `, ${failed} failed` : ''}`,
  ]
  return `| ${cells.join(' | ')} |`
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
