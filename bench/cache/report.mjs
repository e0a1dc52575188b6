// The figures as a page: each stream's systems in one table, what trimtab settles at, and what it costs.

export function asMarkdown(result) {
  const { date, machine, split, retriever, encoder, policy, streams, times } = result
  const lines = [
    '# Semantic cache',
    '',
    `${date.slice(0, 10)}, ${typeof machine === 'string' ? machine : JSON.stringify(machine)}. Retrieved by ${retriever}; "encoder" is ${encoder}, which ships and confirms out of the box.`,
    '',
    `Data: ${split}.`,
    '',
    `Policy: wrong answers in at most ${percent(policy.maxWrongRate)} of requests; the first ${policy.firstAudits} hits are all audited, then ${percent(policy.auditShare)}. Intervals are Wilson's, 95 %. "after" is what is served once those audits have spoken; "most before" is the highest share of requests answered wrongly so far, looked at after every request from the 300th on.`,
  ]
  for (const [name, stream] of Object.entries(streams)) lines.push('', ...section(name, stream))
  lines.push('', '## Time', '', '| work | p50 | p99 |', '| --- | --- | --- |')
  for (const [work, [p50, p99]] of Object.entries(times.layers_us))
    lines.push(`| ${work} | ${p50} µs | ${p99} µs |`)
  for (const [work, [p50, p99]] of Object.entries(times.embedding_ms))
    lines.push(`| ${work}, one text, processor time | ${p50} ms | ${p99} ms |`)
  for (const [work, [p50, p99, count]] of Object.entries(times.lookup_ms.figures))
    lines.push(`| ${work} (${count}) | ${p50} ms | ${p99} ms |`)
  const { remembered, loadAverage } = times.lookup_ms
  lines.push(
    '',
    `Lookups are the program's own (static table, cache.db on disk, every layer, the shipped encoder in its thread), ${remembered} questions remembered in one partition; load average ${loadAverage} on two cores.`,
    '',
  )
  return lines.join('\n')
}

function section(name, { questions, systems, trimtab }) {
  const head = [
    '| system | requests | hits | wrong per hit | wrong per request |',
    '| --- | --- | --- | --- | --- |',
  ]
  const lines = [`## ${name} (${questions} questions)`, '', ...head]
  for (const [system, figures] of Object.entries(systems)) lines.push(row(system, figures))
  for (const [embedding, { judges }] of Object.entries(trimtab)) {
    for (const [judge, { before, after }] of Object.entries(judges)) {
      lines.push(row(`trimtab, ${label(embedding)}, ${judge}: before`, before))
      if (after.requests > 0) lines.push(row(`trimtab, ${label(embedding)}, ${judge}: after`, after))
    }
  }
  lines.push(
    '',
    '| trimtab | settles at | its own upper bound | audited (wrong) | most before | alarms |',
    '| --- | --- | --- | --- | --- | --- |',
  )
  for (const [embedding, { judges }] of Object.entries(trimtab))
    for (const [judge, { settled, report, mostWrong }] of Object.entries(judges))
      lines.push(
        `| ${label(embedding)}, ${judge} | ${percent(settled.at(-1))} | ${percent(report.upperBound)} | ${report.audited} (${report.auditedWrong}) | ${percent(mostWrong)} | ${report.alarms} |`,
      )
  lines.push(
    '',
    '| safest share served | wrong per hit by the labels | after reading | wrong per request after reading | not read |',
    '| --- | --- | --- | --- | --- |',
  )
  for (const [embedding, { shares }] of Object.entries(trimtab))
    for (const [share, { labels, read, unread }] of Object.entries(shares))
      lines.push(
        `| ${label(embedding)}, ${percent(Number(share))} | ${interval(labels.wrongPerHit)} | ${interval(read.wrongPerHit)} | ${interval(read.wrongPerRequest)} | ${unread} of ${labels.wrong} |`,
      )
  return lines
}

function row(system, { requests, hitRate, hits, wrongPerHit, wrongPerRequest }) {
  const perHit = hits === 0 ? '' : interval(wrongPerHit)
  return `| ${system} | ${requests} | ${percent(hitRate)} | ${perHit} | ${interval(wrongPerRequest)} |`
}

const LABELS = { static: 'static alone', encoder: 'static + encoder', minilm: 'static + MiniLM' }

function label(embedding) {
  return LABELS[embedding]
}

function interval({ share, lower, upper }) {
  return `${percent(share)} [${percent(lower)} to ${percent(upper)}]`
}

function percent(share) {
  return `${Number((100 * share).toFixed(2))} %`
}
