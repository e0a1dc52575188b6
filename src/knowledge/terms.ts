/** A text as the terms that it is found by: words in one form for each family, figures, and no word that says nothing. */
import { stem } from './stem.ts'

/** Words of English that stand in every text; of a question, what they leave says what it asks for. */
const EMPTY = new Set(
  `a an the this that these those my your his her its our their some any each every another such be is are was were am been
  being do does did done doing have has had having can could will would shall should may might must of in on at by for with about
  to from into as and or but nor if then than so because while although though i me we us you he she they them it who whom whose
  what which when where why how there here not no yes also just only very too more most please tell give let know s t ll re ve d m
  don didn doesn isn wasn aren weren won wouldn couldn shouldn hasn haven hadn am pm etc eg ie`.split(/\s+/),
)

/** Figures written out, so that "four" and "4" meet. */
const FIGURES = new Map(
  `one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen
  twenty`
    .split(/\s+/)
    .map((word, index) => [word, String(index + 1)]),
)

/** Forms that no ending tells; to what comes out of `stem` for the other. */
const IRREGULAR = new Map(
  `began begin, begun begin, bought bui, brought bring, built build, came come, caught catch, children child, chose choos, chosen choos,
  drove drive, ate eat, fell fall, felt feel, feet foot, flew fly, forgot forget, fought fight, found find, gave give, given give,
  gone go, went go, grew grow, grown grow, held hold, heard hear, kept keep, knew know, known know, led lead, left leav, lost lose,
  made make, men man, women woman, met meet, mice mous, paid pai, people person, ran run, rose rise, risen rise, said sai,
  saw see, seen see, sold sell, sent send, sang sing, sat sit, spoke speak, spoken speak, spent spend, stole steal, stood stand,
  struck strike, taught teach, took take, taken take, teeth tooth, thought think, threw throw, thrown throw, told tell,
  understood understand, won win, wore wear, wrote write, written write, worse bad, worst bad, better good, best good, lives life,
  wives wife, chosen choos, died die, dying die, dead die, death die, birth born, lay lie, laid lie, drawn draw, drew draw, broke break, broken break`
    .split(',')
    .map((pair) => pair.trim().split(' ') as [string, string]),
)

export interface Term {
  /** What it is compared by. */
  term: string
  /** In the text, as UTF-16 offsets. */
  begin: number
  end: number
}

const WORD = /[\p{L}\p{M}]+(?:['’][\p{L}]+)?|\d+(?:[.,]\d+)*/gu

/** In their order, repeats too. */
export function termsOf(text: string): Term[] {
  const terms: Term[] = []
  for (const match of text.matchAll(WORD)) {
    const term = termOf(match[0])
    if (term !== '') terms.push({ term, begin: match.index, end: match.index + match[0].length })
  }
  return terms
}

const kept = new Map<string, string>()
/** Vocabularies are small; a text in which every word is another must not fill the memory. */
const MOST_KEPT = 20_000

/** Empty for a word that says nothing. */
export function termOf(written: string): string {
  const known = kept.get(written)
  if (known !== undefined) return known
  const term = made(written)
  if (kept.size >= MOST_KEPT) kept.clear()
  kept.set(written, term)
  return term
}

function made(written: string): string {
  const plain = written
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/['’]s?$|['’]s$/, '')
    .replace(/n['’]t$/, '')
    .replace(/['’]/g, '')
  if (plain === '' || EMPTY.has(plain)) return ''
  if (/\d/.test(plain)) return plain.replace(/,(?=\d{3})/g, '')
  return FIGURES.get(plain) ?? IRREGULAR.get(plain) ?? stem(plain)
}
