/** Numbers of a question with what they count: digits, words, ordinals, money, percentages, shares of a day. */
import type { Token } from './tokens.ts'

export interface Quantity {
  /** Plain decimal, `o3` for a third, `t10:30` for a time of day, or the text where it is neither. */
  value: string
  /** One name a unit (`km`), empty where none is said. */
  unit: string
  /** `>` above the number, `<` below it, empty where it is meant as it stands. */
  bound: '' | '>' | '<'
}

export interface FoundQuantity extends Quantity {
  /** How many tokens it takes. */
  length: number
}

const UNITS = new Map<string, string>()
for (const group of `km kilometer kilometers kilometre kilometres kms, m meter meters metre metres, cm centimeter centimeters centimetre centimetres,
  mm millimeter millimeters, mi mile miles, ft foot feet, in inch inches, yd yard yards, kg kilogram kilograms kilo kilos kgs, g gram grams,
  mg milligram milligrams mgs, mcg microgram micrograms, lb pound pounds lbs, oz ounce ounces, l liter liters litre litres, ml milliliter milliliters,
  s second seconds sec secs, min minute minutes mins, h hour hours hr hrs, d day days, w week weeks wk wks, mo month months, y year years yr yrs,
  % percent percentage pct, $ dollar dollars usd bucks, € euro euros eur, £ gbp quid, ¥ yen, rs rupee rupees inr, c celsius °c, f fahrenheit °f,
  kb kilobyte, mb megabyte megabytes, gb gigabyte gigabytes gig gigs, tb terabyte terabytes, mph, kmh kph, hz, khz, mhz, ghz, w watt watts,
  kw, kwh, v volt volts, credit credits, degree degrees, point points, page pages, star stars, level, am, pm, ms, bit, bits, byte bytes`.split(
  ',',
)) {
  const [first = '', ...rest] = group.trim().split(/\s+/)
  for (const word of [first, ...rest]) if (!UNITS.has(word)) UNITS.set(word, first)
}

/** These are words of their own where no number stands before them. */
const AFTER_DIGITS_ONLY = new Set([
  'in',
  'm',
  'g',
  'l',
  's',
  'h',
  'd',
  'w',
  'y',
  'c',
  'f',
  'v',
  'am',
  'k',
  'mo',
  'min',
  'foot',
  'feet',
])

const SMALL =
  'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen'
const WORD_VALUES = new Map(SMALL.split(' ').map((word, index) => [word, index]))
for (const [index, word] of 'twenty thirty forty fifty sixty seventy eighty ninety'.split(' ').entries()) {
  WORD_VALUES.set(word, 20 + 10 * index)
}
WORD_VALUES.set('dozen', 12)
const SCALES = new Map([
  ['hundred', 100],
  ['thousand', 1000],
  ['million', 1e6],
  ['billion', 1e9],
  ['trillion', 1e12],
  ['k', 1000],
  ['bn', 1e9],
])
const ORDINALS = new Map(
  'first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth'
    .split(' ')
    .map((word, index) => [word, `o${index + 1}`]),
)

const MONEY = /^([$€£¥])(\d.*)$/
const PLAIN = /^-?\d+(?:\.\d+)?$/
const WITH_LETTERS = /^(-?\d+(?:\.\d+)?)([a-z%°$€£¥]+)$/
const CLOCK = /^\d{1,2}:\d{2}(?::\d{2})?$/
const ROMAN = /^(?:ii|iii|iv|vi|vii|viii|ix|xi|xii|xiii|xiv|xv|xvi)$/

/** What stands at a place of the tokens; undefined where it is no quantity. */
export function quantityAt(tokens: readonly Token[], at: number): FoundQuantity | undefined {
  const token = tokens[at] as Token
  const found = /\d/.test(token.word) ? fromDigits(token.word) : fromWords(tokens, at)
  if (found === undefined) return undefined
  return withUnit({ ...found, bound: boundBefore(tokens, at) }, tokens, at)
}

function fromDigits(word: string): Omit<FoundQuantity, 'bound'> | undefined {
  const text = word.replace(/(?<=\d),(?=\d{3}(?:\D|$))/g, '').replace(/\+$/, '')
  const money = MONEY.exec(text)
  if (money !== null) {
    const inner = fromDigits(money[2] ?? '')
    return inner === undefined ? undefined : { ...inner, unit: UNITS.get(money[1] ?? '') ?? '' }
  }
  if (PLAIN.test(text)) return { value: decimal(Number(text)), unit: '', length: 1 }
  if (CLOCK.test(text)) return { value: `t${text}`, unit: '', length: 1 }
  const [, digits, letters = ''] = WITH_LETTERS.exec(text) ?? []
  if (digits === undefined) return undefined
  if (/^(?:st|nd|rd|th)$/.test(letters)) return { value: `o${digits}`, unit: '', length: 1 }
  if (letters === 's') return { value: `${digits}s`, unit: '', length: 1 }
  const scale = SCALES.get(letters)
  if (scale !== undefined) return { value: decimal(Number(digits) * scale), unit: '', length: 1 }
  const unit = UNITS.get(letters)
  return unit === undefined ? undefined : { value: decimal(Number(digits)), unit, length: 1 }
}

function fromWords(tokens: readonly Token[], at: number): Omit<FoundQuantity, 'bound'> | undefined {
  const word = tokens[at]?.word ?? ''
  const ordinal = ORDINALS.get(word)
  if (ordinal !== undefined) return { value: ordinal, unit: '', length: 1 }
  if (ROMAN.test(word) && at > 0 && tokens[at]?.written === word.toUpperCase())
    return { value: word, unit: '', length: 1 }
  if (!WORD_VALUES.has(word) && !SCALES.has(word)) return undefined
  // Mostly a pronoun: it counts where a unit or a scale follows.
  if (word === 'one' && !isCounted(tokens[at + 1]?.word)) return undefined
  return sumOfWords(tokens, at)
}

function isCounted(next: string | undefined): boolean {
  return next !== undefined && (SCALES.has(next) || (UNITS.has(next) && !AFTER_DIGITS_ONLY.has(next)))
}

/** `twenty five thousand three hundred`. */
function sumOfWords(tokens: readonly Token[], at: number): Omit<FoundQuantity, 'bound'> | undefined {
  let total = 0
  let group = 0
  let length = 0
  for (; at + length < tokens.length; length++) {
    const word = tokens[at + length]?.word ?? ''
    const value = WORD_VALUES.get(word)
    const scale = word === 'k' ? undefined : SCALES.get(word)
    if (value !== undefined) group += value
    else if (scale === 100) group = (group || 1) * 100
    else if (scale !== undefined) {
      total += (group || 1) * scale
      group = 0
    } else break
    if (tokens[at + length]?.endsClause) {
      length++
      break
    }
  }
  return length === 0 ? undefined : { value: decimal(total + group), unit: '', length }
}

function withUnit(found: FoundQuantity, tokens: readonly Token[], at: number): FoundQuantity {
  let { value, unit, length } = found
  const before = tokens[at + length - 1]
  if (before?.endsClause) return found
  const scale = SCALES.get(tokens[at + length]?.word ?? '')
  if (scale !== undefined && PLAIN.test(value)) {
    value = decimal(Number(value) * scale)
    length++
  }
  const next = tokens[at + length]?.word ?? ''
  const named = value.startsWith('o') || next === 'in' ? undefined : UNITS.get(next)
  if (unit === '' && named !== undefined) {
    unit = named
    length++
  }
  return { ...found, value, unit, length }
}

const ABOVE = new Set(['over', 'above', 'exceeding', 'beyond', 'minimum', '>'])
const BELOW = new Set(['under', 'below', 'within', 'maximum', '<'])

function boundBefore(tokens: readonly Token[], at: number): Quantity['bound'] {
  const before = tokens[at - 1]?.word ?? ''
  if (ABOVE.has(before)) return '>'
  if (BELOW.has(before)) return '<'
  const earlier = tokens[at - 2]?.word ?? ''
  if (before === 'than') {
    if (/^(?:more|greater|larger|higher|bigger|longer|older)$/.test(earlier)) return '>'
    if (/^(?:less|fewer|lower|smaller|shorter|younger|cheaper)$/.test(earlier)) return '<'
  }
  if (earlier === 'at' && before === 'least') return '>'
  if ((earlier === 'at' && before === 'most') || (earlier === 'up' && before === 'to')) return '<'
  return ''
}

function decimal(value: number): string {
  return String(value)
}
