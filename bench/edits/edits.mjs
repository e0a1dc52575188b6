/** Edits of a question that make it another one, by rules that know nothing of the vetoes. */
import { hashOf } from './hash.mjs'

const AUXILIARY = /\b(is|are|was|were|do|does|did|can|could|will|would|should|has|have|had)\b/i
const NUMBER_WORDS = 'two three four five six seven eight nine ten'.split(' ')
const TIMES = [
  ['yesterday', 'tomorrow'],
  ['today', 'yesterday'],
  ['tonight', 'last night'],
  ['last', 'next'],
  ['next', 'last'],
  ['current', 'former'],
  ['currently', 'previously'],
  ['now', 'then'],
  ['this', 'last', /\bthis (?=week|month|year|morning|season|semester|weekend)/i],
  ['was', 'will be'],
  ['is', 'was', /\b(?:who|what|where) is\b/i],
  ['did', 'will'],
  ['before', 'after'],
  ['after', 'before'],
  ['morning', 'evening'],
  ['winter', 'summer'],
  ['summer', 'winter'],
  ...'monday tuesday wednesday thursday friday saturday sunday monday'
    .split(' ')
    .map((day, index, days) => [day, days[index + 1] ?? 'tuesday']),
  ...'january february march april june july august september october november december january'
    .split(' ')
    .map((month, index, months) => [month, months[index + 1] ?? 'february']),
]
const QUALIFIERS = [
  'in winter',
  'for free',
  'on mobile',
  'for children',
  'without a licence',
  'in Canada',
  'at night',
  'for beginners',
  'by hand',
  'in public',
  'for women',
  'as a student',
  'on a budget',
  'during pregnancy',
  'with a disability',
]
const ADJECTIVES = [
  'second',
  'public',
  'digital',
  'female',
  'private',
  'foreign',
  'secret',
  'annual',
  'military',
  'wild',
]
const FUNCTION = new Set(
  `a an the of in on at by for with to from and or is are was were be been do does did can could will would should has have had
  what which who whom whose when where why how many much that this these those it its i you he she they we my your his her their our me
  there as if not no so than then into about up out any some all more most please tell show give list me name find am get want need
  may might must but even though although because being before after during while over under through between than one ones two still yet again
  hi hello hey thanks ok okay yes well go going do doing done there's what's whats i'm i've don't can't also just very really too like know`.split(
    /\s+/,
  ),
)

/** Words that are opposites: those in which one sentence of a pair differs from the other, where the meaning is turned. */
export function oppositesOf(rows) {
  const counts = new Map()
  for (const [left, right] of flippedPairs(rows)) {
    const [one, other] = [wordsOf(left), wordsOf(right)]
    if (one.length !== other.length) continue
    const differing = one.flatMap((word, index) => (word === other[index] ? [] : [[word, other[index]]]))
    if (differing.length !== 1) continue
    const [pair] = differing
    if (pair.some((word) => FUNCTION.has(word) || !/^[a-z]{3,}$/.test(word) || /^no|n't$/.test(word)))
      continue
    const key = pair.join(' ')
    counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  const opposites = new Map()
  const most = [...counts].filter(([, count]) => count >= 3).sort((left, right) => right[1] - left[1])
  for (const [key] of most) {
    const [from, to] = key.split(' ')
    if (!opposites.has(from)) opposites.set(from, to)
    if (!opposites.has(to)) opposites.set(to, from)
  }
  return opposites
}

/** Pairs of sentences of which one denies the other. */
export function flippedPairs(rows) {
  const pairs = rows.flatMap((row) => {
    if (row.label === '1') return [[row.premise, row.hypothesis]]
    return row.sentence === undefined ? [] : [[row.sentence, row.negated]]
  })
  return pairs.filter(([left, right]) => wordsOf(left).join(' ') !== wordsOf(right).join(' '))
}

/** Up to one edit of each kind. */
export function editsOf(question, opposites) {
  const edits = {
    negation: negationOf(question),
    number: numberOf(question),
    antonym: antonymOf(question, opposites),
    swap: swapOf(question),
    time: timeOf(question),
    dropped: droppedOf(question),
    added: addedOf(question),
  }
  return Object.entries(edits).flatMap(([kind, text]) =>
    text === undefined || text === question ? [] : [{ kind, text }],
  )
}

function negationOf(question) {
  if (/\bnot\b|n't\b/i.test(question)) return question.replace(/\s*\bnot\b|n't\b/i, '')
  const found = AUXILIARY.exec(question)
  if (found === null) return undefined
  const end = found.index + found[0].length
  const isQuestion =
    found.index === 0 || /\b(?:what|who|where|when|why|how|which)\b/i.test(question.slice(0, found.index))
  // "Does it" → "Does it not", "what is" → "what is not", "I can" → "I can not".
  const next = /^\s+(?:i|you|he|she|it|we|they|there)\b/i.exec(question.slice(end))
  const at = isQuestion && next !== null ? end + next[0].length : end
  return `${question.slice(0, at)} not${question.slice(at)}`
}

function numberOf(question) {
  const digits = /(?<![\w.-])\d+(?![\w-]*[a-z])/i.exec(question)
  if (digits !== null) {
    const other = Number(digits[0]) + 1 + (hashOf(question) % 3)
    return question.slice(0, digits.index) + other + question.slice(digits.index + digits[0].length)
  }
  const word = new RegExp(`\\b(${NUMBER_WORDS.join('|')})\\b`, 'i').exec(question)
  if (word === null) return undefined
  const other = NUMBER_WORDS[(NUMBER_WORDS.indexOf(word[0].toLowerCase()) + 1) % NUMBER_WORDS.length]
  return question.replace(word[0], other)
}

function antonymOf(question, opposites) {
  for (const found of question.matchAll(/[A-Za-z]+/g)) {
    const other = opposites.get(found[0])
    if (other !== undefined)
      return question.slice(0, found.index) + other + question.slice(found.index + found[0].length)
  }
  return undefined
}

const NAME = '[A-Z][a-z]+(?: [A-Z][a-z]+)*'
const SWAPS = [
  /\bfrom (\w+(?: [A-Z]\w+)?) to (\w+(?: [A-Z]\w+)?)/,
  /\b(\w+) (?:better|worse|larger|bigger|smaller|older|faster|cheaper|more \w+|less \w+|higher|lower) than (?:the |a |an )?(\w+)/,
  /\b(\w+) before (?:the |a |an )?(\w+)\b/,
  /\b(\w+) after (?:the |a |an )?(\w+)\b/,
  /\b(\w+) into (?:the |a |an )?(\w+)\b/,
  /\b(?:do|does|did) (?:the |a |an )?(\w+) (?!and\b|or\b)(?:\w+) (?:the |a |an )?(\w+)\b/,
]

/** Two parts exchanged; items of one list ("A and B") stay, being asked alike in any order. */
function swapOf(question) {
  for (const pattern of SWAPS) {
    const found = pattern.exec(question)
    if (found !== null && [found[1], found[2]].every((word) => !FUNCTION.has(word.toLowerCase()))) {
      return exchanged(question, found.index, found[0], found[1], found[2])
    }
  }
  // Capitals that open a sentence, or stand in for a pronoun or an order, are no names.
  const names = [...question.matchAll(new RegExp(NAME, 'g'))].filter(
    ({ 0: name, index }) =>
      index > 0 && !/[.?!]\s*$/.test(question.slice(0, index)) && !FUNCTION.has(name.toLowerCase()),
  )
  const [first, second] = names
  if (second === undefined || first[0] === second[0]) return undefined
  const between = question.slice(first.index + first[0].length, second.index)
  if (/\b(?:and|or|vs|versus)\b|[,.?!/()]|^\W*$/i.test(between)) return undefined
  return exchanged(question, first.index, first[0] + between + second[0], first[0], second[0])
}

function exchanged(question, index, span, first, second) {
  if (first.toLowerCase() === second.toLowerCase()) return undefined
  const firstAt = span.indexOf(first)
  const secondAt = span.lastIndexOf(second)
  if (firstAt < 0 || secondAt < firstAt + first.length) return undefined
  const turned = `${span.slice(0, firstAt)}${second}${span.slice(firstAt + first.length, secondAt)}${first}${span.slice(secondAt + second.length)}`
  return question.slice(0, index) + turned + question.slice(index + span.length)
}

function timeOf(question) {
  for (const [from, to, where] of TIMES) {
    const pattern = new RegExp(`\\b${from}\\b`, 'i')
    if ((where ?? pattern).test(question) && pattern.test(question)) return question.replace(pattern, to)
  }
  const year = /\b(1[89]\d\d|20[012]\d)\b/.exec(question)
  return year === null ? undefined : question.replace(year[0], String(Number(year[0]) + 1))
}

function contentPlaces(question) {
  return [...question.matchAll(/[A-Za-z][\w'-]*/g)].filter(({ 0: word }) => !FUNCTION.has(word.toLowerCase()))
}

function droppedOf(question) {
  const places = contentPlaces(question)
  if (places.length < 3) return undefined
  const { 0: word, index } = places[hashOf(question) % places.length]
  return (question.slice(0, index) + question.slice(index + word.length)).replace(/\s{2,}/g, ' ').trim()
}

function addedOf(question) {
  const hash = hashOf(question)
  if (hash % 2 === 0)
    return `${question.replace(/\s*[?.!]*\s*$/, '')} ${QUALIFIERS[hash % QUALIFIERS.length]}?`
  const places = contentPlaces(question)
  const last = places.at(-1)
  if (last === undefined) return undefined
  return `${question.slice(0, last.index)}${ADJECTIVES[hash % ADJECTIVES.length]} ${question.slice(last.index)}`
}

function wordsOf(text) {
  return text.toLowerCase().match(/[a-z']+/g) ?? []
}
