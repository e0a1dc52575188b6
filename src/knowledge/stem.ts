/**
 * One form for the words of a family, by Porter's algorithm (M. F. Porter, 1980, "An algorithm for suffix stripping"). It is
 * bolder than the semantic cache's stemmer, on purpose: a passage that is found once too often costs a look, an answer given
 * twice too often a wrong one.
 */

const CONSONANT = '[^aeiou]'
const VOWEL = '[aeiouy]'
const CONSONANTS = `${CONSONANT}[^aeiouy]*`
const VOWELS = `${VOWEL}[aeiou]*`

/** More than none, exactly one, and more than one sequence of vowels and consonants; a vowel; a short syllable at the end. */
const MEASURE_0 = new RegExp(`^(?:${CONSONANTS})?${VOWELS}${CONSONANTS}`)
const MEASURE_1 = new RegExp(`^(?:${CONSONANTS})?${VOWELS}${CONSONANTS}(?:${VOWELS})?$`)
const MEASURE_2 = new RegExp(`^(?:${CONSONANTS})?${VOWELS}${CONSONANTS}${VOWELS}${CONSONANTS}`)
const HAS_VOWEL = new RegExp(`^(?:${CONSONANTS})?${VOWEL}`)
const SHORT_END = new RegExp(`^${CONSONANTS}${VOWEL}[^aeiouwxy]$`)

const SECOND = endings(
  `ational ate, tional tion, enci ence, anci ance, izer ize, bli ble, alli al, entli ent, eli e, ousli ous, ization ize,
  ation ate, ator ate, alism al, iveness ive, fulness ful, ousness ous, aliti al, iviti ive, biliti ble, logi log`,
)
const THIRD = endings(`icate ic, ative -, alize al, iciti ic, ical ic, ful -, ness -`)
const FOURTH = /^(.+?)(?:ement|ance|ence|able|ible|ment|ant|ent|ism|ate|iti|ous|ive|ize|ion|al|er|ic|ou)$/

/** @param word in lower case; what is not all English letters comes back as it is */
export function stem(word: string): string {
  if (word.length < 3 || !/^[a-z]+$/.test(word)) return word
  const initial = word.startsWith('y') ? `Y${word.slice(1)}` : word
  const stemmed = withoutLastE(fourth(replaced(replaced(yAsI(verbless(singular(initial))), SECOND), THIRD)))
  return stemmed.toLowerCase()
}

function singular(word: string): string {
  if (/(?:ss|i)es$/.test(word)) return word.slice(0, -2)
  return /[^s]s$/.test(word) ? word.slice(0, -1) : word
}

function verbless(word: string): string {
  if (word.endsWith('eed')) return MEASURE_0.test(word.slice(0, -3)) ? word.slice(0, -1) : word
  const base = /^(.+?)(?:ed|ing)$/.exec(word)?.[1]
  if (base === undefined || !HAS_VOWEL.test(base)) return word
  if (/(?:at|bl|iz)$/.test(base)) return `${base}e`
  if (/([^aeiouylsz])\1$/.test(base)) return base.slice(0, -1)
  return SHORT_END.test(base) ? `${base}e` : base
}

function yAsI(word: string): string {
  const base = word.slice(0, -1)
  return word.endsWith('y') && HAS_VOWEL.test(base) ? `${base}i` : word
}

function replaced(word: string, pairs: readonly (readonly [string, string])[]): string {
  for (const [ending, other] of pairs) {
    if (!word.endsWith(ending)) continue
    const base = word.slice(0, -ending.length)
    return MEASURE_0.test(base) ? base + other : word
  }
  return word
}

function fourth(word: string): string {
  const base = FOURTH.exec(word)?.[1]
  if (base === undefined || !MEASURE_2.test(base)) return word
  return word.endsWith('ion') && !/[st]$/.test(base) ? word : base
}

function withoutLastE(word: string): string {
  let short = word
  const base = word.slice(0, -1)
  if (word.endsWith('e') && (MEASURE_2.test(base) || (MEASURE_1.test(base) && !SHORT_END.test(base))))
    short = base
  return short.endsWith('ll') && MEASURE_2.test(short) ? short.slice(0, -1) : short
}

/** Longest first, so that the first that fits is the one. */
function endings(text: string): readonly (readonly [string, string])[] {
  return text
    .split(',')
    .map((pair) => pair.trim().split(' '))
    .map(([ending = '', other = '']) => [ending, other === '-' ? '' : other] as const)
    .sort(([one], [two]) => two.length - one.length)
}
