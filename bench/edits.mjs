// `npm run bench:edits -- --data FOLDER [--half report|develop] [--most N] [--judge FILE --threshold N] [--show KIND]
// [--only SOURCE]`: edits that change what a question asks, made by a script, and how many of them the semantic cache's vetoes
// let through; and how many true paraphrases they lose. FOLDER holds JSON lines, gzipped (SOURCES below). Questions are halved by a hash of their text:
// rules are developed on the one half, figures are of the other. Opposites come from a set of negated sentences, not from the
// lists that the vetoes use. FILE exports `judge(pairs)`: a score a pair of texts, in order, or a promise of them.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { gunzipSync } from 'node:zlib'
import { editsOf, flippedPairs, oppositesOf } from './edits/edits.mjs'
import { hashOf } from './edits/hash.mjs'
import { loadSemantic } from './edits/semantic.mjs'

const { values } = parseArgs({
  options: {
    data: { type: 'string' },
    half: { type: 'string', default: 'report' },
    most: { type: 'string', default: '1500' },
    judge: { type: 'string' },
    threshold: { type: 'string' },
    show: { type: 'string' },
    only: { type: 'string' },
  },
})
if (values.data === undefined || !existsSync(values.data)) {
  console.error('Name the folder that holds the questions: npm run bench:edits -- --data FOLDER')
  process.exit(1)
}
const MOST = Number(values.most)
const isOfHalf = (text) => (hashOf(text) % 2 === 0) === (values.half === 'develop')

/** Each source's questions are one partition's traffic. */
const SOURCES = {
  encyclopedia: ['cache/disfl_qa_train', (row) => row.original.trim()],
  search: ['questions/nq_open_dev', (row) => row.question],
  tables: ['cache/same_table', (row) => row.question],
  banking: ['intent/banking77_train', (row) => row.text],
  assistant: ['intent/clinc150', (row) => row.text],
}
/** Asked for by `--only` alone, and then whole: no rule was developed on it. */
const UNREAD = {
  passages: ['questions/xquad_en', ({ questions }) => questions.map(({ question }) => question)],
}

/** Share of each kind that may be served, at the operating point. */
const GOALS = {
  negation: 0.5,
  number: 0.5,
  antonym: 1,
  swap: 2,
  time: 0.5,
  dropped: 3,
  added: 3,
  flipped: 0.5,
}

const { readQuestion, vetoOf, residueOf, TermFrequencies } = await loadSemantic()
const judging =
  values.judge === undefined ? undefined : await import(pathToFileURL(resolve(values.judge)).href)

const negated = load('cache/negation')
const opposites = oppositesOf(negated)
const edited = new Map()
const sources =
  values.only === undefined ? SOURCES : { [values.only]: { ...SOURCES, ...UNREAD }[values.only] }
for (const [source, [file, textOf]] of Object.entries(sources)) {
  const isWhole = source in UNREAD
  const questions = [...new Set(load(file).flatMap(textOf))].filter((text) => isWhole || isOfHalf(text))
  const frequencies = frequenciesOf(questions)
  const counts = new Map()
  for (const question of sorted(questions)) {
    for (const { kind, text } of editsOf(question, opposites)) {
      const count = counts.get(kind) ?? 0
      if (count >= MOST) continue
      counts.set(kind, count + 1)
      addPair(kind, { source, asked: text, remembered: question, frequencies })
    }
  }
}
if (values.only === undefined) {
  for (const [asked, remembered] of sorted(flippedPairs(negated), ([text]) => text).filter(([text]) =>
    isOfHalf(text),
  )) {
    addPair('flipped', { source: 'negated sentences', asked, remembered, frequencies: new TermFrequencies() })
  }
  for (const pair of paraphrases()) addPair(`paraphrase: ${pair.source}`, pair)
}

const figures = {}
for (const [kind, pairs] of edited) figures[kind] = await figuresOf(kind, pairs)
print(figures)
if (values.half === 'report' && values.only === undefined) {
  const target = fileURLToPath(new URL('./results/edits.json', import.meta.url))
  writeFileSync(
    target,
    `${JSON.stringify({ judge: judging?.id, threshold: values.threshold, figures }, null, 2)}\n`,
  )
}

function load(name) {
  const lines = gunzipSync(readFileSync(join(values.data, `${name}.jsonl.gz`)))
    .toString()
    .trim()
    .split('\n')
  return lines.map((line) => JSON.parse(line))
}

function sorted(list, textOf = (text) => text) {
  return [...list].sort((left, right) => hashOf(textOf(left)) - hashOf(textOf(right)))
}

function frequenciesOf(questions) {
  const frequencies = new TermFrequencies()
  for (const question of questions) frequencies.add(readQuestion(question))
  return frequencies
}

function addPair(kind, pair) {
  if (!edited.has(kind)) edited.set(kind, [])
  edited.get(kind).push(pair)
}

/** Neighbouring questions of one answer, and questions beside what people say who correct themselves. */
function* paraphrases() {
  const rows = load('cache/same_query')
  for (const dataset of new Set(rows.map((row) => row.dataset))) {
    const own = rows.filter((row) => row.dataset === dataset)
    const frequencies = frequenciesOf(own.map(({ question }) => question))
    for (const group of Map.groupBy === undefined
      ? grouped(own)
      : Map.groupBy(own, (row) => row.answer_key).values()) {
      for (let at = 1; at < group.length; at++) {
        const [asked, remembered] = [group[at].question, group[at - 1].question]
        if (isOfHalf(`${dataset}${group[at].answer_key}`) && asked !== remembered) {
          yield { source: dataset, asked, remembered, frequencies }
        }
      }
    }
  }
  const disfluent = load('cache/disfl_qa_train').filter(({ original }) => isOfHalf(original.trim()))
  const frequencies = frequenciesOf(disfluent.map(({ original }) => original))
  for (const { original, disfluent: asked } of disfluent) {
    yield { source: 'disfluent', asked, remembered: original.trim(), frequencies }
  }
}

function grouped(rows) {
  const groups = new Map()
  for (const row of rows) groups.set(row.answer_key, [...(groups.get(row.answer_key) ?? []), row])
  return groups.values()
}

async function figuresOf(kind, pairs) {
  const scores = judging === undefined ? undefined : await judging.judge(pairs, { readQuestion, residueOf })
  const reasons = {}
  let passed = 0
  let within = 0
  let judged = 0
  let served = 0
  for (const [index, pair] of pairs.entries()) {
    const [asked, remembered] = [readQuestion(pair.asked), readQuestion(pair.remembered)]
    const veto = vetoOf(asked, remembered)
    const isScored = scores !== undefined && scores[index] >= Number(values.threshold)
    if (isScored) judged++
    if (veto !== undefined) {
      reasons[veto] = (reasons[veto] ?? 0) + 1
      continue
    }
    passed++
    if (isScored) served++
    const { largest } = residueOf(asked, remembered, pair.frequencies)
    if (largest < 1) within++
    if (values.show === kind) console.log(`${largest.toFixed(1)} | ${pair.remembered} | ${pair.asked}`)
  }
  return { pairs: pairs.length, passed, within, judged, served, reasons }
}

function print(all) {
  const share = (count, of) => `${((100 * count) / Math.max(1, of)).toFixed(1)}%`.padStart(7)
  const head = [
    'pairs',
    'vetoes',
    '+residue<1',
    ...(judging === undefined ? [] : ['judge', 'judge+vetoes']),
    'goal',
  ]
  console.log(`${'accepted'.padEnd(26)}${head.map((name) => name.padStart(13)).join('')}`)
  for (const [kind, { pairs, passed, within, judged, served, reasons }] of Object.entries(all)) {
    const cells = [String(pairs), share(passed, pairs), share(within, pairs)]
    if (judging !== undefined) cells.push(share(judged, pairs), share(served, pairs))
    cells.push(GOALS[kind] === undefined ? lost(kind, judged, served, pairs, passed) : `<= ${GOALS[kind]}%`)
    const most = Object.entries(reasons)
      .sort((left, right) => right[1] - left[1])
      .slice(0, 4)
    console.log(
      `${kind.padEnd(26)}${cells.map((cell) => cell.padStart(13)).join('')}   ${most.map(([reason, count]) => `${reason} ${share(count, pairs).trim()}`).join(', ')}`,
    )
  }
}

function lost(kind, judged, served, pairs, passed) {
  if (!kind.startsWith('paraphrase')) return ''
  const [kept, of] = judging === undefined ? [passed, pairs] : [served, judged]
  return `lost ${((100 * (of - kept)) / Math.max(1, of)).toFixed(0)}%`
}
