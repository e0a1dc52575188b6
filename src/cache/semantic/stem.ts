/** One form for the inflections of an English word: light, so that words of other meaning keep apart. */

/** Forms that no ending tells. */
const IRREGULAR = new Map(
  `went go, gone go, goes go, going go, bought buy, children child, men man, women woman, persons people, person people, taught teach,
  took take, taken take, got get, gotten get, made make, mice mouse, feet foot, teeth tooth, gave give, given give,
  wrote write, written write, knew know, known know, saw see, seen see, came come, began begin, begun begin,
  became become, built build, sent send, spent spend, lost lose, won win, paid pay, said say, told tell,
  thought think, brought bring, caught catch, chose choose, chosen choose, drove drive, driven drive, ate eat, eaten eat,
  fell fall, fallen fall, felt feel, flew fly, flown fly, forgot forget, forgotten forget, froze freeze, frozen freeze,
  grew grow, grown grow, held hold, kept keep, led lead, met meet, ran run, rose rise, risen rise, sold sell,
  spoke speak, spoken speak, stole steal, stolen steal, swam swim, threw throw, thrown throw, understood understand,
  wore wear, worn wear, broke break, broken break, died die, dying die, dies die, lying lie, lies lie, tying tie, ties tie,
  used use, using use, uses use, this this, analyses analysis, criteria criterion, indices index, matrices matrix, lives life,
  wives wife, knives knife, leaves leaf, wolves wolf, halves half, selves self, data data, media media, news news,
  bus bus, gas gas, always always, less less, series series, species species, physics physics, mathematics mathematics,
  does do, did do, done do, doing do, has have, had have, having have, left left, ground ground, bring bring, thing thing,
  king king, ring ring, sing sing, string string, spring spring, wing wing, nothing nothing, something something,
  anything anything, everything everything, during during, evening evening, morning morning, ceiling ceiling, wedding wedding,
  building building, meeting meeting, red red, bed bed, need need, feed feed, speed speed, seed seed, hundred hundred,
  united united, texas texas, paris paris, lens lens, virus virus, bonus bonus, status status, campus campus, tennis tennis,
  diabetes diabetes, herpes herpes, aids aids, its its, his his, was be, is be, were be, been be, being be, are be, am be`
    .split(',')
    .map((pair) => pair.trim().split(' ') as [string, string]),
)

/** @param word in lower case */
export function stem(word: string): string {
  const irregular = IRREGULAR.get(word)
  if (irregular !== undefined) return withoutFinalE(irregular)
  if (word.length < 4 || !/^[a-z]+$/.test(word)) return word
  return withoutVerbEnding(withoutPlural(word))
}

function withoutPlural(word: string): string {
  if (!word.endsWith('s') || /(?:ss|us|is|ous|ics)$/.test(word)) return word
  if (/^(?:mov|cook|calor|zomb|rook|self|brown|hood|gen)ies$/.test(word)) return word.slice(0, -1)
  if (word.endsWith('ies')) return word.length > 4 ? `${word.slice(0, -3)}y` : word.slice(0, -1)
  if (/(?:sses|shes|ches|xes|zzes|oes)$/.test(word)) return word.slice(0, -2)
  return word.slice(0, -1)
}

/** The final `e` goes as well: `making` and `make` meet, `hop` and `hope` meet too, and that is rare. */
function withoutVerbEnding(word: string): string {
  let base = word
  if (word.endsWith('ied') && word.length > 4) base = `${word.slice(0, -3)}y`
  else if (word.endsWith('ed') && hasVowel(word.slice(0, -2)) && word.length > 4 && !word.endsWith('eed'))
    base = undoubled(word.slice(0, -2))
  else if (word.endsWith('ing') && hasVowel(word.slice(0, -3)) && word.length > 5)
    base = undoubled(word.slice(0, -3))
  return withoutFinalE(base)
}

function withoutFinalE(base: string): string {
  return base.length > 3 && base.endsWith('e') ? base.slice(0, -1) : base
}

function hasVowel(text: string): boolean {
  return /[aeiouy]/.test(text)
}

/** `add` and `err` are whole. */
function undoubled(base: string): string {
  return base.length > 3 && /([bdgmnprt])\1$/.test(base) ? base.slice(0, -1) : base
}
