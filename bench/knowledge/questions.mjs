// The questions that calibrate what ships, and those that measure it: halves that never meet.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'

/**
 * `{calibrated, measured}`, each `{documents, questions: [{question, answers, title, context}], natural, arena}`. XQuAD's articles are
 * halved in the order of the digests of their titles; Natural Questions and Arena-Hard one by one, by their own digests.
 */
export function halvesOf(folder) {
  const rows = rowsOf(join(folder, 'questions/xquad_en.jsonl.gz'))
  const titles = [...new Set(rows.map(({ title }) => title))].sort((one, two) => share(one) - share(two))
  const first = new Set(titles.slice(0, titles.length / 2))
  const natural = rowsOf(join(folder, 'questions/nq_open_dev.jsonl.gz')).map(({ question }) => question)
  const arena = rowsOf(join(folder, 'questions/arena_hard_v0.1.jsonl.gz')).map(({ prompt }) => prompt)
  const half = (isFirst) => {
    const own = rows.filter(({ title }) => first.has(title) === isFirst)
    return {
      rows: own,
      titles: titles.filter((title) => first.has(title) === isFirst),
      questions: own.flatMap(({ title, context, questions }) =>
        questions.map(({ question, answers }) => ({ question, answers, title, context })),
      ),
      natural: natural.filter((text) => share(text) < 0.5 === isFirst),
      arena: arena.filter((text) => share(text) < 0.5 === isFirst),
    }
  }
  return { calibrated: half(true), measured: half(false), all: rows }
}

/** One Markdown file an article: its title as the heading, its passages as paragraphs. */
export function documentsOf(rows) {
  const byTitle = new Map()
  for (const { title, context } of rows)
    byTitle.set(title, [...(byTitle.get(title) ?? []), context.replace(/\s*\n\s*/g, ' ')])
  return [...byTitle].map(([title, contexts]) => ({
    source: `${title}.md`,
    text: `# ${title.replaceAll('_', ' ')}\n\n${contexts.map(escaped).join('\n\n')}\n`,
  }))
}

/** What Markdown would take for markup. */
function escaped(text) {
  return text.replace(/([*_`[\]<>|#\\])/g, '\\$1')
}

/** Whether a text holds one of the answers: without case, articles, punctuation and possessives, as whole words. */
export function holds(text, answers) {
  return answers.some((answer) => ` ${plain(text)} `.includes(` ${plain(answer)} `) || isPart(text, answer))
}

export function isExactly(text, answers) {
  return answers.some((answer) => plain(text) === plain(answer))
}

/** Some of the gold answers end within a word. */
const LONG = 12
function isPart(text, answer) {
  return answer.length >= LONG && text.includes(answer)
}

function plain(text) {
  return text
    .toLowerCase()
    .replace(/['’]s\b/g, '')
    .replace(/[\p{P}\p{S}]/gu, ' ')
    .replace(/\b(?:a|an|the)\b/g, ' ')
    .replace(/\s+/g, ' ')
    .trim()
}

/** In [0, 1), the same for the same text. */
export function share(text) {
  return createHash('sha256').update(text).digest().readUInt32BE(0) / 2 ** 32
}

function rowsOf(file) {
  return gunzipSync(readFileSync(file))
    .toString()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))
}

/** Texts of something else, a passage each: what a larger collection holds besides. */
export function fillersOf(folder, count) {
  const rows = rowsOf(join(folder, 'routing/mmlu_pro.jsonl.gz')).slice(0, count)
  const byCategory = new Map()
  for (const { category, question, options } of rows) {
    const text = `${question} ${options.join('. ')}`.replace(/\s+/g, ' ')
    byCategory.set(category, [...(byCategory.get(category) ?? []), text])
  }
  return [...byCategory].map(([category, texts]) => ({
    source: `${category}.md`,
    // A heading each: nothing is joined to its neighbour.
    text: texts.map((text, index) => `# ${category} ${index}\n\n${escaped(text)}`).join('\n\n'),
  }))
}
