// The tiers' figures as a page.

export function asMarkdown({ date, machine, loadAverage, counts, model, figures }) {
  const base = figures['always large']
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
  return `# Tiers

${date.slice(0, 10)}, ${machine}, load average ${loadAverage.toFixed(1)}. \`npm run bench:tiers -- --data FOLDER\`.

One stream: ${counts.documents} questions on documents (XQuAD, the half of its articles that shaped nothing; all 240 passages are the collection), ${counts.exam} exam questions (RouteLLM's MMLU, recorded answers of Mixtral-8x7B and GPT-4), ${counts.open} open questions (Natural Questions) and ${counts.hard} hard prompts (Arena-Hard), the halves that shaped nothing. Of the last two no model's answer is recorded, so that nobody can grade where they went: they count for cost and whether documents abstain, not for quality, and for calls in the column of all requests alone. On documents' questions the large model is taken to be always right and the small one always wrong, so that each wrong quote counts.

| policy | large calls avoided | of graded requests | wrong answers added | of graded requests | less those mended, of all | USD | median of the simple ones, ms |
| --- | --- | --- | --- | --- | --- | --- | --- |
${Object.entries(figures)
  .map((one) => `| ${row(one)} |`)
  .join('\n')}

Shares are of all requests where the column does not say otherwise; intervals of 95 % by bootstrap over requests. "Wrong answers added": the tier that answered was wrong where the large one was right; "less those mended": less where it was right and the large one wrong. The prior is fitted on MMLU-Pro alone here, also where learning reads it, so that it has seen no question of the exam; what is learned is learned of questions that the stream does not ask, of which open ones and those on documents teach that the small model is wrong. The bound is the policy's \`max_quality_loss\`, of what its learning may lose, documents apart. "Documents at 0.8": the policy's \`min_confidence\`, where 0.9 is the default; all 2,000 labels' rows have it both ways.

${goal(counts, figures)}

Assumed: prices as listed when the answers were recorded (small $${usdPerMillion.small.input}, large $${usdPerMillion.large.input} in and $${usdPerMillion.large.output} out a million tokens), 128 tokens an answer, ${milliseconds.large} ms a large answer; a small one takes ${milliseconds.small} ms ([measured](local-tier.md)), a quote ${milliseconds.documents} ms. The simple ones are those that documents or the small model answered; they are faster than a large model that takes longer than ${Math.round(milliseconds.small / 0.65)} ms by at least 35 %.

## What was tried to get here

Judged on teaching questions held out of the learning, never on the stream: means of four draws of 2,000 labels of the mixture, and what is lost of those that begin at the small model, where the easiest 30 % of the exam questions begin (2026-11-26; with lots it would be 16.4 %, and more for what is no exam question).

| way | lost |
| --- | --- |
| one line through all labels, as before | 12.4 % |
| words weighed by rarity | 13.0 % |
| runs of characters and words by rarity, weights by band of length | 15.8 % |
| logistic instead of ridge regression | 12.3 % |
| kinds that the small model fails nearly always told first (taken) | 9.0 % |
| that, and the prior's probability among the features (taken): of 1,000 labels, of 500 | 9.6 instead of 10.5 %, 10.8 instead of 12.0 % |

A third of the labels kept for the test instead of a half began fewer at the small model under every bound but 8 %, and stayed with the half. Documents were asked without their encoder before, by an error of this bench, and the prior's row sent everything to the large model, by another.

## Who answered

${Object.entries(figures)
  .map(
    ([name, { tiers }]) =>
      `- ${name}: ${Object.entries(tiers)
        .map(([what, count]) => `${what} ${count}`)
        .sort()
        .join(', ')}`,
  )
  .join('\n')}
`
}

function share({ value, interval: [low, high] }) {
  return `${percent(value)} [${percent(low)} to ${percent(high)}]`
}

function percent(value) {
  return `${(100 * value).toFixed(1)} %`
}

/** Where the goal lies: 45 % fewer large calls, and 2 % of answers made worse. */
function goal(counts, figures) {
  const [fewer, worse] = [0.45, 0.02]
  const reached = (calls, lost) =>
    Object.entries(figures).filter(
      ([name, one]) => name !== 'oracle' && one[calls].value >= fewer && one[lost].value <= worse,
    )
  const names = (rows) => rows.map(([name]) => `"${name}"`).join(', ') || 'no row'
  const graded = reached('avoidedGraded', 'lostGraded')
  const ends = graded.map(([, { lostGraded }]) => percent(lostGraded.interval[1])).join(', ')
  const all = Object.values(counts).reduce((sum, count) => sum + count, 0)
  const bold = figures['documents at 0.8, learned of 2000 labels, bound 2 %'].tiers
  const [quoted, exam] = [bold['documents → documents'], Math.ceil(fewer * all)]
  return `The goal is 45 % fewer large calls at 2 % wrong answers added. It is read here of the graded requests, on documents and of the exam: prompts without answers to grade count for abstention and cost only. So read, it is reached by ${names(graded)}; counted of all requests, by ${names(reached('avoided', 'lost'))}. These are the figures themselves: the intervals of their wrong answers end at ${ends}. With documents at 0.8 more than 2 % of what documents answer is wrong ([answers from documents](knowledge.md)); rows without that keep to this bound, too. The goal's 500 and 2,000 are read as labels: how many requests these took, at a share of 5 % and of 20 % for the first 500, stands in each row. Of all, open and hard ones count in the calls, and may go nowhere but to the large model: documents at 0.8 spare ${quoted} of the ${exam} calls, and the other ${exam - quoted} would be exam questions, ${percent((exam - quoted) / counts.exam)} of them, where the small model loses ${percent(loss(figures))} of all that it is given.`
}

/** Of exam questions, where the large model is right and the small one is not: what the oracle leaves to the large one. */
function loss({ oracle: { tiers } }) {
  const [large, small] = [tiers['exam → large'], tiers['exam → small']]
  return large / (large + small)
}
