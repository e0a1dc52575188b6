// The figures as a page.
import { loadModules } from '../bundled.mjs'

const { wilson } = await loadModules(['metering/wilson'], 'knowledge/wilson')

export function asMarkdown({ date, machine, loadAverage, figures }) {
  const {
    level,
    wordsLevel,
    words,
    encoderMicroseconds,
    there,
    natural,
    arena,
    taken,
    among,
    levels,
    times,
    passages,
    index,
  } = figures
  return `# Answers from documents

${date.slice(0, 10)}, ${machine}, load ${loadAverage.toFixed(1)}; \`npm run bench:knowledge -- --data FOLDER\`.

The collection is XQuAD's 48 articles (${passages} passages), a Markdown file each with its title as heading. Asked are the questions of
24 of them, and those halves of Natural Questions' development set and of Arena-Hard, that the shipped weights and the threshold never
saw (halves by digest of the title or text: bench/knowledge/questions.mjs). Right means that the quoted sentence or two hold a gold
answer, without case, articles and punctuation; strictly, that they are that answer and nothing else. The static embedder's table and
its teacher were fitted to texts of many questions, SQuAD's among them, but to no answer. Intervals are Wilson's, 95 %.

| at the default confidence of ${level} (${wordsLevel} without the encoder) | share | interval |
| --- | --- | --- |
${row(`answered right, of ${there.questions} questions`, there.right, there.questions)}
${row(`wrong, of ${there.answered} answered`, there.wrong, there.answered)}
${row('strictly the answer, of all questions', there.exact, there.questions)}
${row(`abstained, of ${natural.questions} Natural Questions`, natural.questions - natural.answered, natural.questions)}
${row(`abstained, of ${arena.questions} Arena-Hard prompts`, arena.questions - arena.answered, arena.questions)}
${row(`answered though their passage was taken away, of ${taken.questions}`, taken.answered, taken.questions)}
${row(`of these, wrong`, taken.wrong, taken.questions)}
${row('without the encoder: answered right', words.right, words.questions)}
${row('without the encoder: wrong, of answered', words.wrong, words.answered)}
${row(`without it, among ${among.passages} passages: answered right`, among.right, among.questions)}
${row(`without it, among ${among.passages} passages: wrong, of answered`, among.wrong, among.answered)}

Quotes have ${there.quoteCharacters.p50} characters in the median, ${there.quoteCharacters.p95} at the 95th percentile, ${there.quoteCharacters.most} at most.

| confidence asked for | answered right | wrong of answered |
| --- | --- | --- |
${levels.map((one) => `| ${one.minConfidence} | ${percent(one.right / one.questions)} | ${percent(one.wrong / Math.max(1, one.answered))} (${one.wrong} of ${one.answered}) |`).join('\n')}

| passages | µs of CPU a question, p50 | p99 | most |
| --- | --- | --- | --- |
${Object.entries(times)
  .map(([count, { p50, p99, most }]) => `| ${count} | ${p50} | ${p99} | ${most} |`)
  .join('\n')}

What is timed runs on the event loop, all of it: search, sentences, quote, confidence; the first questions read their passages. The
encoder takes ${encoderMicroseconds.toFixed(0)} µs more of a thread of its own. Adding ${passages} passages took ${(index.ms / 1000).toFixed(1)} s, ${index.msAPassage.toFixed(1)} ms each, nearly all of
it the encoder's.
`
}

function row(name, hits, trials) {
  const [lower, upper] = wilson(hits, trials)
  const share = trials === 0 ? '–' : percent(hits / trials)
  return `| ${name} | ${share} (${hits}) | ${percent(lower)} to ${percent(upper)} |`
}

function percent(share) {
  return `${(100 * share).toFixed(2)} %`
}
