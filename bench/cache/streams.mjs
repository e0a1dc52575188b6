// The streams of `npm run bench:cache`: questions with the key of their right answer, half of them remembered and the rest
// asked. Two questions deserve the same answer exactly when their keys are equal.
import { existsSync, readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { seeded } from '../seeded.mjs'

/** Where a set's questions come from, and whether what ships may be learned from them (`data/README.md`: licences). */
const SETS = {
  advising: { licensed: true, read: (rows) => sameQuery(rows, ['advising']), file: 'cache/same_query' },
  'geography + scholar': {
    licensed: false,
    read: (rows) => sameQuery(rows, ['geography', 'scholar']),
    file: 'cache/same_query',
  },
  'academic + imdb + yelp': {
    licensed: false,
    read: (rows) => sameQuery(rows, ['academic', 'imdb', 'yelp']),
    file: 'cache/same_query',
  },
  medical: { licensed: false, read: (rows) => components(rows), file: 'cache/medical_pairs' },
  banking: { licensed: true, read: (rows) => intents(rows, 'category'), file: 'intent/banking77_train' },
  QQP: { licensed: false, read: (rows) => thirdOf(components(rows)), file: 'cache/qqp_part' },
  tables: { licensed: true, read: (rows) => tables(rows), file: 'cache/same_table' },
  clinc: {
    licensed: true,
    read: (rows) =>
      intents(
        rows.filter(({ intent }, index) => intent !== 'oos' && index % 3 === 0),
        'intent',
      ),
    file: 'intent/clinc150',
  },
}

export const SET_NAMES = Object.keys(SETS)

/** Whether the set may shape what ships. */
export function isLicensed(name) {
  return SETS[name].licensed
}

/** `{text, key}` of every question of a set, each text once, in the order of the file. @throws where the file is missing */
export function questionsOf(name, folder) {
  const file = `${folder}/${SETS[name].file}.jsonl.gz`
  if (!existsSync(file)) throw new Error(`${file} is not there: --data names the folder that holds it.`)
  const seen = new Set()
  return SETS[name].read(jsonLines(file)).filter(({ text }) => !seen.has(text) && seen.add(text))
}

/** Half is remembered, the rest asked: indices, shuffled by the seed. */
export function split(count, seed) {
  const order = shuffled(
    Array.from({ length: count }, (_, index) => index),
    seed,
  )
  const half = Math.ceil(count / 2)
  return { remembered: order.slice(0, half), asked: order.slice(half) }
}

/** Fisher and Yates, with a generator of its own so that every run sees the same. */
function shuffled(list, seed) {
  const random = seeded(seed)
  const result = [...list]
  for (let index = result.length - 1; index > 0; index--) {
    const other = Math.floor(random() * (index + 1))
    ;[result[index], result[other]] = [result[other], result[index]]
  }
  return result
}

function jsonLines(file) {
  return gunzipSync(readFileSync(file))
    .toString()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
}

function sameQuery(rows, datasets) {
  return rows
    .filter(({ dataset }) => datasets.includes(dataset))
    .map(({ dataset, question, answer_key, template }) => ({
      text: question,
      key: `${dataset} ${answer_key}`,
      template: `${dataset} ${template}`,
    }))
}

/** Of every seventh table all questions: neighbours that ask something else, so that hardly anything can be answered. */
function tables(rows) {
  return rows
    .filter(({ table }) => hashOf(table) % 7 === 0)
    .map(({ table, question, query }) => ({
      text: question,
      key: `${table} ${query.toLowerCase().replace(/[^a-z0-9<>=]+/g, ' ')}`,
      partition: table,
    }))
}

function intents(rows, column) {
  return rows.map((row) => ({ text: row.text, key: row[column] }))
}

/** Of pairs: what is joined by pairs that mean the same has one key. */
function components(rows) {
  const parent = new Map()
  const root = (text) => {
    let at = text
    while (parent.get(at) !== at) {
      parent.set(at, parent.get(parent.get(at)))
      at = parent.get(at)
    }
    return at
  }
  for (const { a, b, same } of rows) {
    for (const text of [a, b]) if (!parent.has(text)) parent.set(text, text)
    if (same) parent.set(root(a), root(b))
  }
  return [...parent.keys()].map((text) => ({ text, key: root(text) }))
}

/** A third of the components, by a hash of their key: 30,000 questions are stream enough. */
function thirdOf(questions) {
  return questions.filter(({ key }) => hashOf(key) % 3 === 0)
}

/** FNV-1a. */
function hashOf(text) {
  let hash = 0x811c9dc5
  for (let index = 0; index < text.length; index++)
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  return (hash ^ (hash >>> 15)) >>> 0
}
