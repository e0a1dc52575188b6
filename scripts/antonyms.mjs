/** Makes src/cache/semantic/antonym-words.ts from WordNet's dictionary: node scripts/antonyms.mjs DICT_FOLDER (data.* and index.sense). */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const [folder] = process.argv.slice(2)
if (folder === undefined) {
  console.error('Name the folder of WordNet that holds data.adj: node scripts/antonyms.mjs FOLDER')
  process.exit(1)
}

const PLAIN = /^[a-z]{2,14}$/
const POINTS_AT = { n: 'noun', v: 'verb', a: 'adj', r: 'adv' }

/** Of the tagged uses of a word, the share that a sense must have to speak for it. */
const MOSTLY = 0.3
/** Part of speech as sense keys number it; 5 is an adjective that is near another. */
const SENSE_LETTERS = { 1: 'n', 2: 'v', 3: 'a', 4: 'r', 5: 'a' }

/** Words that are opposites by their form are told at run time. */
const FORMED = /^(?:un|in|im|il|ir|dis|non|anti|mis|de)/

const synsets = new Map()
for (const [letter, name] of Object.entries(POINTS_AT)) readSynsets(letter, name)
const senses = readSenses()

const pairs = new Set()
for (const [key, { words, antonyms }] of synsets) {
  for (const { from, key: otherKey, to } of antonyms) {
    const others = synsets.get(otherKey)?.words ?? []
    add(words[from], others[to])
    // Its synonyms are opposites as well, where this is what they mostly mean: "correct" and "wrong".
    for (const one of words.filter((word) => isMostly(word, key)))
      for (const other of others.filter((word) => isMostly(word, otherKey))) add(one, other)
  }
}
write([...pairs].sort())

function readSynsets(letter, name) {
  for (const line of readFileSync(join(folder, `data.${name}`), 'utf8').split('\n')) {
    if (!/^\d{8} /.test(line)) continue
    const fields = line.split(' | ')[0].trim().split(' ')
    const count = Number.parseInt(fields[3], 16)
    const words = Array.from({ length: count }, (_, index) => fields[4 + 2 * index].replace(/\(.*\)$/, ''))
    synsets.set(`${letter}${fields[0]}`, { words, antonyms: antonymsOf(fields.slice(5 + 2 * count)) })
  }
}

/** Pointers are four fields each: `!`, synset, part of speech, the two words' places in hexadecimal. */
function antonymsOf(pointers) {
  const found = []
  for (let at = 0; at + 3 < pointers.length; at += 4) {
    const [sign, offset, letter, places] = pointers.slice(at, at + 4)
    if (sign !== '!') continue
    const [from, to] = [places.slice(0, 2), places.slice(2)].map((place) => Number.parseInt(place, 16) - 1)
    found.push({ from, key: `${letter}${offset}`, to })
  }
  return found
}

/** How often a word was met in WordNet's own tagged texts: in all, and in each sense by synset. */
function readSenses() {
  const found = new Map()
  for (const line of readFileSync(join(folder, 'index.sense'), 'utf8').split('\n')) {
    const [sense = '', offset, , count] = line.split(' ')
    const [word, rest = ''] = sense.split('%')
    const known = found.get(word) ?? { total: 0, bySynset: new Map() }
    known.total += Number(count ?? 0)
    known.bySynset.set(`${SENSE_LETTERS[rest[0]]}${offset}`, Number(count ?? 0))
    found.set(word, known)
  }
  return found
}

function isMostly(word, key) {
  const { total = 0, bySynset } = senses.get(word) ?? {}
  return total > 0 && (bySynset.get(key) ?? 0) >= MOSTLY * total
}

function add(one, other) {
  const [left, right] = [one, other].sort()
  if (isKept(left, right)) pairs.add(`${left} ${right}`)
}

function isKept(left, right) {
  if (left === undefined || right === undefined || !PLAIN.test(left) || !PLAIN.test(right)) return false
  if (Math.min(senses.get(left)?.total ?? 0, senses.get(right)?.total ?? 0) < 1) return false
  if (left === right) return false
  const [short, long] = left.length < right.length ? [left, right] : [right, left]
  const isFormed = FORMED.test(long) && long.endsWith(short)
  return !isFormed && short.replace(/ful$/, '') !== long.replace(/less$/, '')
}

function write(lines) {
  const rows = []
  for (const pair of lines) {
    const last = rows.at(-1)
    if (last !== undefined && last.length + pair.length < 106) rows[rows.length - 1] = `${last}, ${pair}`
    else rows.push(pair)
  }
  const target = new URL('../src/cache/semantic/antonym-words.ts', import.meta.url)
  writeFileSync(
    target,
    `/** Pairs of opposites from WordNet 3.1 (notice: models/wordnet/LICENSE), made by scripts/antonyms.mjs. */
export const ANTONYM_PAIRS = \`
${rows.join(',\n')}
\`
`,
  )
  console.log(`${lines.length} pairs in ${rows.length} lines`)
}
