// The page that people read.

export function markdown(result) {
  const { questions, inDomain, across, paraphrases, facts, micros, artefact, measured } = result
  const dates = [...new Set(Object.values(measured).map(({ date }) => date.slice(0, 10)))].join(', ')
  return [
    '# Routing',
    '',
    `\`npm run bench:routing -- --data FOLDER\`, ${dates}, ${result.machine}. ${questions.mmlu} questions of RouteLLM's half of MMLU; ${questions.mmluPro} of MMLU-Pro, less those whose first 120 characters one of the former has. In brackets: 95 % intervals by 300 bootstrap draws of the questions asked, the same draws for all that one table compares, so that differences are paired; what was learned stays as it is.`,
    '',
    ...inDomainPart(inDomain),
    ...acrossPart(across),
    ...wordingsPart(paraphrases),
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
    `CPU time, before this process has trained anything, of all facts of a text of 466 characters: ${number(micros[466].p50, 0)} µs p50, ${number(micros[466].p99, 0)} µs p99; of 8,192: ${number(micros[8192].p50, 0)} and ${number(micros[8192].p99, 0)} µs. The prior: ${artefact.bytes.toLocaleString('en-US')} bytes, read and ready in ${number(artefact.loadMs, 0)} ms. Load of the machine meanwhile: ${number(measured.micros.load, 1)}.`,
    '',
  ].join('\n')
}

function inDomainPart(rows) {
  const [first, ...rest] = rows
  return [
    '## Learned from 1,500 labels of the same benchmark (Mixtral-8x7B → GPT-4, MMLU)',
    '',
    'Mean of five splits, stratified by subject. APGR: share of the lead of the large model that is recovered, over all shares of large calls; CPT: share of large calls that recovers a half, four fifths. AUC: of failing at the small model, which is learned in the rows “of failures alone” and “both” only: the others learn the lead of the large model, since APGR asks for that, and a question that both models fail is no lead.',
    '',
    table(
      ['', 'APGR', 'splits', 'CPT50', 'CPT80', 'AUC'],
      rows.map((row) => [
        row.name,
        within(row, 'apgr'),
        `${number(Math.min(...row.bySplit))}–${number(Math.max(...row.bySplit))}`,
        percentWithin(row, 'cpt50'),
        percentWithin(row, 'cpt80'),
        within(row, 'auc'),
      ]),
    ),
    '',
    'Always-small recovers 0 at no large call, always-large everything at 100 %: both are ends of every curve, and random is the line between them.',
    '',
    `"${first.name}" less each other, draw by draw; fewer large calls are better:`,
    '',
    table(
      ['less', 'APGR', 'CPT50', 'CPT80', 'AUC'],
      rest.map(({ name, firstLessThis }) => [
        name,
        within(firstLessThis, 'apgr'),
        percentWithin(firstLessThis, 'cpt50'),
        percentWithin(firstLessThis, 'cpt80'),
        within(firstLessThis, 'auc'),
      ]),
    ),
    '',
  ]
}

function acrossPart(rows) {
  return [
    '## Learned on one benchmark, asked about the other',
    '',
    'The prior as it ships, but for the benchmark it is asked about. What the gate calls unknown goes to the large model first; "ungated" lets the probability decide everywhere. ECE (ten bins) and Brier are of what is known, against failures of that small model.',
    '',
    belowRandom(rows),
    '',
    byBenchmark(rows),
    '',
    table(
      ['', 'models', 'unknown', 'APGR', 'ungated', 'length', 'APGR less that of length', 'CPT50', 'CPT80'],
      rows.map((row) => [
        row.direction,
        row.pair,
        percent(row.unknownShare),
        within(row, 'apgr'),
        within(row, 'ungated'),
        within(row, 'length'),
        within(row, 'lessLength'),
        percentWithin(row, 'cpt50'),
        percentWithin(row, 'cpt80'),
      ]),
    ),
    '',
    table(
      ['', 'models', 'AUC', 'AUC of length', 'ECE', 'Brier'],
      rows.map((row) => [
        row.direction,
        row.pair,
        within(row, 'auc'),
        within(row, 'aucOfLength'),
        within(row, 'ece'),
        within(row, 'brier'),
      ]),
    ),
    '',
    ...TRIED,
  ]
}

/** Points without intervals, of 2026-11-26; nothing of it is in what ships. */
const TRIED = [
  '### What was tried to transfer better',
  '',
  'APGR, gated, of four of the pairs: Mixtral → Gemini, Phi-3 → Gemini, Mistral → Mixtral, and Mixtral → GPT-4 on MMLU. Whatever helps the third takes more from the first two, because what a small model fails there the hardly larger one fails as well; whatever helps the fourth beyond what length gives takes the meaning from the probability.',
  '',
  table(
    ['way', 'Mixtral → Gemini', 'Phi-3 → Gemini', 'Mistral → Mixtral', 'Mixtral → GPT-4'],
    [
      ['as it ships', '0.562', '0.573', '0.472', '0.552'],
      ['failures less 0.3 of the large model’s failures', '0.561', '0.568', '0.474', '0.553'],
      ['the same, 0.7', '0.528', '0.514', '0.499', '0.555'],
      ['the lead alone', '0.467', '0.437', '0.519', '0.555'],
      ['and 0.2 of the length’s logarithm', '0.567', '0.575', '0.468', '0.554'],
      ['and 0.5 of the length, as it is', '0.564', '0.571', '0.470', '0.559'],
      ['a gate that calls 30 % unknown', '0.548', '0.548', '0.472', '0.550'],
      ['a gate that calls 50 % unknown', '0.531', '0.530', '0.491', '0.547'],
      ['unknown at the mean instead of to the large model', '0.583', '0.609', '0.470', '0.518'],
      ['shrunk to the mean, the less like an exam the more', '0.587', '0.612', '0.469', '0.544'],
      ['the hardest fifth folded back', '0.559', '0.571', '0.475', '0.566'],
    ],
  ),
  '',
  'Length’s logarithm gains 0.002 to 0.005 where it gains and costs the AUC on MMLU-Pro as much (0.710 to 0.704 for Mistral), which is no reason to train anew. Folding back gains on MMLU, and would call the hardest questions easy wherever a rule asks for `difficulty`.',
  '',
]

/** Half of the lead is what sending requests at random recovers. */
function belowRandom(rows) {
  const below = rows.filter(({ apgr }) => apgr < 0.5)
  if (below.length === 0) return `None of the ${rows.length} pairs is below random (APGR 0.500) by its point.`
  const told = below.map((row) => `${row.pair}, ${within(row, 'apgr')}, ${sideOfRandom(row)}`).join('; ')
  return `Below random (APGR 0.500) by point, ${below.length} of the ${rows.length} pairs: **${told}**.`
}

function byBenchmark(rows) {
  const directions = [...new Set(rows.map(({ direction }) => direction))]
  const means = directions.map((direction) => {
    const pairs = rows.filter((row) => row.direction === direction)
    return `${direction} ${number(mean(pairs.map(({ apgr }) => apgr)))}`
  })
  return `By benchmark, the mean of its pairs: ${means.join('; ')}.`
}

function mean(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

function sideOfRandom({ intervals }) {
  return intervals.apgr[1] < 0.5 ? 'all of its interval below' : 'its interval reaching over it'
}

function wordingsPart({ questions, threshold, rows, all, disfluent }) {
  return [
    '## Other wordings',
    '',
    `${questions} questions of MMLU-Pro (which the prior was trained on), worded otherwise by rule; decided otherwise at the median difficulty (${number(threshold)}, the same in every draw): **${rate(all)}** on average.`,
    '',
    table(
      ['wording', 'decided otherwise'],
      rows.map((row) => [row.name, rate(row)]),
    ),
    '',
    `Where no question was decided otherwise every draw says so too; by the rule of three its rate is at most ${percent(3 / questions)} (95 %).`,
    '',
    `${disfluent.count} questions of Disfl-QA and their disfluent twins: task differs in ${rate(disfluent.task)}, time dependence in ${rate(disfluent.moment)}, known or unknown difficulty in ${rate(disfluent.difficulty)}.`,
    '',
  ]
}

function table(head, body) {
  return [head, head.map(() => '---'), ...body].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

function number(value, digits = 3) {
  return value.toFixed(digits)
}

/** A figure and its interval. */
function within(row, name) {
  return `${number(row[name])} [${row.intervals[name].map((end) => number(end)).join(' to ')}]`
}

function percentWithin(row, name) {
  return `${percent(row[name])} [${row.intervals[name].map(percentNumber).join(' to ')}]`
}

function rate({ flipped, interval }) {
  return `${percent(flipped)} [${interval.map(percentNumber).join(' to ')}]`
}

function percent(value) {
  return `${percentNumber(value)} %`
}

function percentNumber(value) {
  return (100 * value).toFixed(1)
}
