// The tiers' figures as a page.

export function asMarkdown({ date, machine, loadAverage, counts, model, figures, labelling }) {
  const base = figures.byRequests['always large']
  const { usdPerMillion, milliseconds } = model
  const row = ([name, one]) =>
    [
      name,
      share(one.avoided),
      share(one.avoidedGraded),
      share(one.lost),
      share(one.lostGraded),
      share(one.net),
      `${one.usd.toFixed(2)} (${percent(1 - one.usd / base.usd)} less)`,
      one.simpleMs === undefined
        ? ''
        : `${one.simpleMs} (${percent(1 - one.simpleMs / milliseconds.large)} less)`,
    ].join(' | ')
  const table = (
    ways,
  ) => `| policy | large calls avoided | of graded requests | wrong answers added | of graded requests | less those mended, of all | USD | median of the simple ones, ms |
| --- | --- | --- | --- | --- | --- | --- | --- |
${Object.entries(ways)
  .map((one) => `| ${row(one)} |`)
  .join('\n')}`
  return `# Tiers

${date.slice(0, 10)}, ${machine}, load average ${loadAverage.toFixed(1)}. \`npm run bench:tiers -- --data FOLDER\`.

One stream: ${counts.documents} questions on documents (XQuAD, the half of its articles that shaped nothing; all 240 passages are the collection), ${counts.exam} exam questions (RouteLLM's MMLU, recorded answers of Mixtral-8x7B and GPT-4), ${counts.open} open questions (Natural Questions) and ${counts.hard} hard prompts (Arena-Hard), the halves that shaped nothing. Of the last two no model's answer is recorded, so that nobody can grade where they went: they count for cost and whether documents abstain, not for quality, and for calls in the column of all requests alone. On documents' questions the large model is taken to be always right and the small one always wrong, so that each wrong quote counts.

${table(figures.byRequests)}

Shares are of all requests where the column does not say otherwise; intervals of 95 % by bootstrap over requests. "Wrong answers added": the tier that answered was wrong where the large one was right; "less those mended": less where it was right and the large one wrong. The prior is fitted on MMLU-Pro alone here, also where learning reads it, so that it has seen no question of the exam. The bound is the policy's \`max_quality_loss\`, of what its learning may lose, documents apart. "Documents at 0.8": the policy's \`min_confidence\`, where 0.9 is the default.

**Learned of 500 or 2,000 requests**: with \`learn: on\`, another stream of so many requests comes first, of the same mixture, whose questions the measured one does not ask (of documents and hard prompts there are too few for that many: they come twice or so). What documents answer is asked of no model and gives no label, as in the program; of the others the program draws whom it labels, all of them up to 500 labels, then fewer and fewer, and 5 % from some 2,200 on. Open questions, hard prompts and those on documents teach that the small model is wrong. What one such stream teaches is partly luck, so that each row is the mean of five, and the intervals do not tell of that:

| after | bound | labels | asked for them: small, large | USD for them | nothing in force yet | large calls avoided, of graded: five streams | wrong answers added, of graded: five streams |
| --- | --- | --- | --- | --- | --- | --- | --- |
${labelling.map((one) => `| ${labellingRow(one, figures.byRequests)} |`).join('\n')}

${goal(counts, figures)}

Assumed: prices as listed when the answers were recorded (small $${usdPerMillion.small.input}, large $${usdPerMillion.large.input} in and $${usdPerMillion.large.output} out a million tokens), 128 tokens an answer, ${milliseconds.large} ms a large answer; a small one takes ${milliseconds.small} ms ([measured](local-tier.md)), a quote ${milliseconds.documents} ms. The simple ones are those that documents or the small model answered; they are faster than a large model that takes longer than ${Math.round(milliseconds.small / 0.65)} ms by at least 35 %.

## Learned of so many labels

Labels are of questions that the stream does not ask: exam questions for the most part (76 %), and of those on documents all, not only those that documents leave. One draw each.

${table(figures.byLabels)}

${TRIED}
## Who answered

${Object.entries({ ...figures.byRequests, ...figures.byLabels })
  .map(
    ([name, { tiers }]) =>
      `- ${name}: ${Object.entries(tiers)
        .map(([what, count]) => `${what} ${Math.round(count)}`)
        .sort()
        .join(', ')}`,
  )
  .join('\n')}
`
}

const TRIED = `## What was tried to get here

Judged on teaching questions held out of the learning, never on the stream (2026-11-26). After 2,000 requests, under a bound of 3 %, means of 8 draws; of graded requests, and without the 0.6 % that documents add:

| way | labels | large calls avoided | wrong answers added |
| --- | --- | --- | --- |
| 20 % of the requests up to 500 labels, as before (3 draws without a version) | 313 | 39.4 % | 0.8 % |
| all requests | 1,532 | 49.2 % | 1.7 % |
| all requests up to 500 labels, then falling with their square (taken) | 973 | 41.1 % | 0.8 % |
| that, with 65 % of the labels for the test instead of a half | 973 | 47.0 % | 1.7 % |
| that, with 40 % | 973 | 43.0 % | 1.0 % |
| that, with more of the chance of error left to the second and third look | 973 | 45.6 % | 1.3 % |
| that, with words, vector and prior of unlike length (taken) | 973 | 44.4 % | 1.0 % |
| both, with 65 % for the test | 972 | 45.0 % | 1.2 % |

How many calls are avoided at the same loss is up to the ranking. Of the easiest quarter of the exam questions, lost after a fit to so many labels, means of 16, 16 and 8 draws:

| length of words, vector, prior | 240 | 480 | 1,200 |
| --- | --- | --- | --- |
| 1, 1, 1, as before | 11.4 % | 10.2 % | 9.0 % |
| 1, 1, no prior | 13.6 % | 12.0 % | 10.1 % |
| 1, 1, 4 | 10.4 % | 9.2 % | 8.6 % |
| 1, ½, 1 | 10.4 % | 8.5 % | 7.5 % |
| 1, ½, 4 | 10.1 % | 8.3 % | 7.7 % |
| 0.7, ½, 4 | 9.6 % | 9.1 % | 8.3 % |
| 2, ½, 4 (taken) | 8.5 % | 8.1 % | 7.8 % |

Before that, of four draws of 2,000 labels, what is lost where the easiest 30 % of the exam questions begin at the small model (with lots 16.4 %):

| way | lost |
| --- | --- |
| one line through all labels, as before | 12.4 % |
| words weighed by rarity | 13.0 % |
| runs of characters and words by rarity, weights by band of length | 15.8 % |
| logistic instead of ridge regression | 12.3 % |
| kinds that the small model fails nearly always told first (taken) | 9.0 % |
| that, and the prior's probability among the features (taken): of 1,000 labels, of 500 | 9.6 instead of 10.5 %, 10.8 instead of 12.0 % |

A third of the labels kept for the test instead of a half began fewer at the small model under every bound but 8 %, and stayed with the half. Documents were asked without their encoder before, by an error of this bench, and the prior's row sent everything to the large model, by another.

`

function labellingRow({ after, bound, labels, small, large, usd, without }, byRequests) {
  const times = byRequests[`documents, learned of ${after} requests, bound ${100 * bound} %`].byTime
  return [
    `${after} requests`,
    `${100 * bound} %`,
    Math.round(labels),
    `${Math.round(small)}, ${Math.round(large)}`,
    usd.toFixed(2),
    `${without} of ${times.length}`,
    times.map(({ avoided }) => percent(avoided)).join(', '),
    times.map(({ lost }) => percent(lost)).join(', '),
  ].join(' | ')
}

function share({ value, interval: [low, high] }) {
  return `${percent(value)} [${percent(low)} to ${percent(high)}]`
}

function percent(value) {
  return `${(100 * value).toFixed(1)} %`
}

/** Where the goal lies: 45 % fewer large calls, and 2 % of answers made worse. */
function goal(counts, { byRequests, byLabels }) {
  const [fewer, worse] = [0.45, 0.02]
  const reached = (ways, calls, lost) =>
    Object.entries(ways).filter(
      ([name, one]) => name !== 'oracle' && one[calls].value >= fewer && one[lost].value <= worse,
    )
  const told = (ways) => {
    const rows = reached(ways, 'avoidedGraded', 'lostGraded')
    if (rows.length === 0) return 'no row'
    const ends = rows.map(([, { lostGraded }]) => percent(lostGraded.interval[1])).join(', ')
    return `${rows.map(([name]) => `"${name}"`).join(', ')} (the intervals of their wrong answers end at ${ends})`
  }
  const ofAll = [byRequests, byLabels].flatMap((ways) => reached(ways, 'avoided', 'lost'))
  const all = Object.values(counts).reduce((sum, count) => sum + count, 0)
  const bold = byLabels['documents at 0.8, learned of 2000 labels, bound 2 %'].tiers
  const [quoted, exam] = [bold['documents → documents'], Math.ceil(fewer * all)]
  return `The goal is 45 % fewer large calls at 2 % wrong answers added. It is read here of the graded requests, on documents and of the exam: prompts without answers to grade count for abstention and cost only. So read, it is reached after so many requests by ${told(byRequests)}; after so many labels by ${told(byLabels)}; counted of all requests, by ${ofAll.map(([name]) => `"${name}"`).join(', ') || 'no row'}. With documents at 0.8 more than 2 % of what documents answer is wrong ([answers from documents](knowledge.md)); rows without that keep to this bound, too. Of all, open and hard ones count in the calls, and may go nowhere but to the large model: documents at 0.8 spare ${quoted} of the ${exam} calls, and the other ${exam - quoted} would be exam questions, ${percent((exam - quoted) / counts.exam)} of them, where the small model loses ${percent(loss(byRequests))} of all that it is given.`
}

/** Of exam questions, where the large model is right and the small one is not: what the oracle leaves to the large one. */
function loss({ oracle: { tiers } }) {
  const [large, small] = [tiers['exam → large'], tiers['exam → small']]
  return large / (large + small)
}
