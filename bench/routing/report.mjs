// The page that people read.

export function markdown(result) {
  const { questions, inDomain, across, paraphrases, facts, micros, artefact, measured } = result
  const dates = [...new Set(Object.values(measured).map(({ date }) => date.slice(0, 10)))].join(', ')
  return [
    '# Routing',
    '',
    `\`npm run bench:routing -- --data FOLDER\`, ${dates}, ${result.machine}. ${questions.mmlu} questions of RouteLLM's half of MMLU; ${questions.mmluPro} of MMLU-Pro, less those whose first 120 characters one of the former has. Intervals: 95 %, 300 bootstrap draws of the questions, the same draws for all.`,
    '',
    '## Learned from 1,500 labels of the same benchmark (Mixtral-8x7B → GPT-4, MMLU)',
    '',
    'Mean of five splits, stratified by subject. APGR: share of the lead of the large model that is recovered, over all shares of large calls; CPT: share of large calls that recovers a half, four fifths. AUC: of failing at the small model. "Better by": the first row less this one.',
    '',
    table(
      ['', 'APGR', '95 %', 'splits', 'better by', 'CPT50', 'CPT80', 'AUC'],
      inDomain.map((row, at) => [
        row.name,
        number(row.apgr),
        interval(row.interval),
        `${number(Math.min(...row.bySplit))}–${number(Math.max(...row.bySplit))}`,
        at === 0 ? '' : interval(row.oursBetterBy),
        percent(row.cpt50),
        percent(row.cpt80),
        number(row.auc),
      ]),
    ),
    '',
    'Always-small recovers 0 at no large call, always-large everything at 100 %: both are ends of every curve, and random is the line between them.',
    '',
    '## Learned on one benchmark, asked about the other',
    '',
    'The prior as it ships, but for the benchmark it is asked about. What the gate calls unknown goes to the large model first; "ungated" lets the probability decide everywhere. ECE and Brier are of what is known, against failures of that small model.',
    '',
    table(
      [
        '',
        'models',
        'unknown',
        'APGR',
        '95 %',
        'ungated',
        'length',
        'AUC',
        '95 %',
        'AUC of length',
        'ECE',
        'Brier',
      ],
      across.map((row) => [
        row.direction,
        row.pair,
        percent(row.unknownShare),
        number(row.apgr),
        interval(row.interval),
        number(row.ungated),
        number(row.length),
        number(row.auc),
        interval(row.aucInterval),
        number(row.aucOfLength),
        number(row.ece),
        number(row.brier),
      ]),
    ),
    '',
    '## Other wordings',
    '',
    `${paraphrases.questions} questions of MMLU-Pro (which the prior was trained on), worded otherwise by rule; decided otherwise at the median difficulty (${number(paraphrases.threshold)}): **${percent(paraphrases.all)}** on average.`,
    '',
    table(
      ['wording', 'decided otherwise'],
      paraphrases.rows.map(({ name, flipped }) => [name, percent(flipped)]),
    ),
    '',
    `${paraphrases.disfluent.count} questions of Disfl-QA and their disfluent twins: task differs in ${percent(paraphrases.disfluent.task)}, time dependence in ${percent(paraphrases.disfluent.moment)}, known or unknown difficulty in ${percent(paraphrases.disfluent.difficulty)}.`,
    '',
    '## Facts',
    '',
    `Task: right for ${percent(facts.tasks.accuracy)} of ${facts.tasks.count} prompts of auto-j, whose categories are put together to the tasks that policies name (always the commonest: ${percent(facts.tasks.commonest)}). Time dependence on SituatedQA (${facts.moment.count}): precision ${percent(facts.moment.precision)}, recall ${percent(facts.moment.recall)}.`,
    '',
    table(
      ['task', 'prompts', 'found', 'precision'],
      Object.entries(facts.tasks.byTask).map(([name, { count, found, told }]) => [
        name,
        String(count),
        count === 0 ? '' : percent(found / count),
        told === 0 ? '' : percent(found / told),
      ]),
    ),
    '',
    table(
      ['texts', 'number', 'difficulty unknown'],
      facts.unknown.map(({ name, count, unknown }) => [name, String(count), percent(unknown)]),
    ),
    '',
    '## Time and size',
    '',
    `CPU time of all facts of a text of 466 characters: ${number(micros[466].p50, 0)} µs p50, ${number(micros[466].p99, 0)} µs p99; of 8,192: ${number(micros[8192].p50, 0)} and ${number(micros[8192].p99, 0)} µs. The prior: ${artefact.bytes.toLocaleString('en-US')} bytes, read and ready in ${number(artefact.loadMs, 0)} ms. Load of the machine meanwhile: ${number(measured.micros.load, 1)}.`,
    '',
  ].join('\n')
}

function table(head, body) {
  return [head, head.map(() => '---'), ...body].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

function number(value, digits = 3) {
  return value.toFixed(digits)
}

function interval([low, high]) {
  return `${number(low)} to ${number(high)}`
}

function percent(value) {
  return `${(100 * value).toFixed(1)} %`
}
