/** Whether a model's fresh answer says what the remembered one says, told without asking anybody. */

/** `unsure` is for a judge model, and counts as no evidence without one. */
export type Agreement = 'agree' | 'disagree' | 'unsure'

/** Cosine of the two answers from which, and up to which, a contextual embedder decides where nothing else did. */
const SAME_MEANING = 0.92
const OTHER_MEANING = 0.5
/** Share of words in common that decides where there is no cosine. */
const SAME_WORDS = 0.8
const OTHER_WORDS = 0.1
/** Up to so many words an answer is a fact: each number counts, and it may stand inside a longer answer. */
const SHORT = 12
/** Longer answers are compared by their characters alone. */
const MOST_CHARACTERS = 20_000

/** @param cosine of the answers' vectors by a contextual embedder, where there is one */
export function agreementOf(fresh: string, remembered: string, cosine?: number): Agreement {
  // Half a second of one processor for a mebibyte: nobody who is being answered waits for that.
  if (Math.max(fresh.length, remembered.length) > MOST_CHARACTERS)
    return fresh === remembered ? 'agree' : 'unsure'
  // Most that agree are the same to the letter: nothing has to be taken apart for that.
  if (fresh === remembered && /[a-z\d]/i.test(fresh)) return 'agree'
  const one = readAnswer(fresh)
  const other = readAnswer(remembered)
  if (one.normal === other.normal) return one.normal === '' ? 'unsure' : 'agree'
  if (verdictsConflict(one, other) || numbersConflict(one, other)) return 'disagree'
  if (isDenied(one) !== isDenied(other))
    return shorter(one, other).words.length > SHORT ? 'unsure' : 'disagree'
  if (contains(one, other)) return 'agree'
  return cosine === undefined ? byWords(one, other) : byCosine(cosine)
}

interface ReadAnswer {
  /** In lower case, with one form of apostrophes. */
  lower: string
  words: readonly string[]
  normal: string
}

const NEGATION = /\b(?:not|never|cannot|without|nor|neither)\b|n't\b/g
const VERDICTS: Readonly<Record<string, 'yes' | 'no'>> = {
  yes: 'yes',
  yeah: 'yes',
  true: 'yes',
  correct: 'yes',
  no: 'no',
  false: 'no',
  incorrect: 'no',
}

function readAnswer(text: string): ReadAnswer {
  const lower = text.normalize('NFKC').replace(/[’ʼ]/g, "'").toLowerCase()
  const words = lower.replace(/(?<=\d),(?=\d{3}\b)/g, '').match(/\d+(?:\.\d+)?|[\p{L}\p{M}']+/gu) ?? []
  return { lower, words, normal: words.join(' ') }
}

function verdictsConflict(one: ReadAnswer, other: ReadAnswer): boolean {
  const [left, right] = [VERDICTS[one.words[0] ?? ''], VERDICTS[other.words[0] ?? '']]
  return left !== right && left !== undefined && right !== undefined
}

/** Whether it is an odd number of times denied. */
function isDenied({ lower }: ReadAnswer): boolean {
  return (lower.match(NEGATION)?.length ?? 0) % 2 === 1
}

/** As written in digits, without what groups thousands. */
function numbersOf({ words }: ReadAnswer): ReadonlySet<string> {
  return new Set(words.filter((word) => /^\d/.test(word)).map((number) => String(Number(number))))
}

/** Facts must have the same numbers; of longer texts half may differ, since one may say more than the other. */
function numbersConflict(one: ReadAnswer, other: ReadAnswer): boolean {
  const [mine, theirs] = [numbersOf(one), numbersOf(other)]
  const smallest = Math.min(mine.size, theirs.size)
  if (smallest === 0) return false
  const common = [...mine].filter((number) => theirs.has(number)).length
  return shorter(one, other).words.length <= SHORT ? common < smallest : common < smallest / 2
}

function shorter(one: ReadAnswer, other: ReadAnswer): ReadAnswer {
  return one.words.length <= other.words.length ? one : other
}

/** A short answer that stands as it is inside the longer one. */
function contains(one: ReadAnswer, other: ReadAnswer): boolean {
  const short = shorter(one, other)
  const long = short === one ? other : one
  if (short.words.length > SHORT || VERDICTS[short.words[0] ?? ''] !== undefined) return false
  return ` ${long.normal} `.includes(` ${short.normal} `) && long.words.length <= 4 * SHORT
}

function byCosine(cosine: number): Agreement {
  if (cosine >= SAME_MEANING) return 'agree'
  return cosine <= OTHER_MEANING ? 'disagree' : 'unsure'
}

function byWords(one: ReadAnswer, other: ReadAnswer): Agreement {
  const mine = new Set(one.words)
  const theirs = new Set(other.words)
  const common = [...mine].filter((word) => theirs.has(word)).length
  const share = common / (mine.size + theirs.size - common)
  if (share >= SAME_WORDS) return 'agree'
  return share <= OTHER_WORDS ? 'disagree' : 'unsure'
}
