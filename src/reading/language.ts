/** Which language a text is written in, by its script and by the little words that no sentence goes without. */

export interface LanguageReading {
  /** ISO 639-1; `unknown` where too little is written. */
  language: string
  /** At most three. */
  signs: readonly string[]
}

/** Of one UTF-16 unit: first and last, and the language that is written so, unless further letters tell another. */
const SCRIPTS: readonly (readonly [number, number, string])[] = [
  [0x370, 0x3ff, 'el'],
  [0x400, 0x52f, 'ru'],
  [0x590, 0x5ff, 'he'],
  [0x600, 0x6ff, 'ar'],
  [0x900, 0x97f, 'hi'],
  [0x980, 0x9ff, 'bn'],
  [0xb80, 0xbff, 'ta'],
  [0xe00, 0xe7f, 'th'],
  [0x3040, 0x30ff, 'ja'],
  [0x3400, 0x9fff, 'zh'],
  [0xac00, 0xd7af, 'ko'],
]

/** Letters that the script's other language has and its first one has not. */
const ALSO: readonly (readonly [string, string, RegExp])[] = [
  ['ru', 'uk', /[іїєґ]/i],
  ['ar', 'fa', /[پچژگ]/],
  ['zh', 'ja', /[\u3040-\u30ff]/],
]

/** Words that one or two of these languages alone use; where two do, both are voted for. */
const WORDS = votes({
  en: `a in the of and to is are was were what how why when where which who you your my i it this that with for from have has do does did can
    could would should will not an be if there about me we they he she please write explain`,
  de: 'der die das und ist nicht ein eine wie ich sie wir für auf mit den dem des kann zu von im wo warum wann welche wer mir bitte auch sind sich',
  fr: 'le la les une est et pas je vous nous que qui dans pour avec sur comment où quand pourquoi quel quelle du des au aux sont ce cette mon',
  es: 'el los las una es y no por para con cómo qué dónde cuándo cuál está del mi como puedo hacer en un que la de',
  pt: 'o os um uma é em não por que como onde quando qual são está você para com do da no na meu minha de',
  it: 'il lo gli è che di come perché dove quando sono della nel non una un per mi del con la cosa',
  nl: 'het een van ik niet hoe wat waar wanneer waarom zijn voor met de is dat op mijn kan je',
  sv: 'och är inte jag hur vad en ett att det som på för med den kan av',
  da: 'og er ikke jeg hvordan hvad en et at det som på for med den kan af hvorfor',
  pl: 'jak co jest nie gdzie kiedy dlaczego się w na do z że to czy mogę mój i',
  cs: 'jak co je není kde kdy proč se v na do že to jsem můj který a',
  tr: 'nasıl nedir bir ve için bu ne nerede neden mi ben bana olarak ile',
  ro: 'și este nu cum ce unde când pentru cu un o de la care sunt în să',
  fi: 'ja on ei miten mikä missä miksi että se minä voin olen kun mitä',
  hu: 'és a az nem hogyan mi hol miért van egy hogy ez én mit',
  vi: 'và là không tôi như thế nào gì ở đâu của có một cho được',
  id: 'dan yang apa bagaimana saya tidak di ke untuk dengan ini itu adalah dari',
})

/** Units that are looked at: a language shows early. */
const MOST_UNITS = 600
const MOST_WORDS = 100

/** @param words of the text, in lower case */
export function readLanguage(text: string, words: readonly string[]): LanguageReading {
  const script = scriptOf(text)
  if (script !== undefined) return { language: script, signs: ['its script'] }
  const tally = new Map<string, number>()
  for (let at = 0; at < words.length && at < MOST_WORDS; at++) {
    for (const language of WORDS.get(words[at] as string) ?? []) {
      tally.set(language, (tally.get(language) ?? 0) + 1)
    }
  }
  let language = 'unknown'
  let most = 0
  for (const [candidate, votes] of tally) {
    if (votes > most || (votes === most && candidate === 'en')) {
      language = candidate
      most = votes
    }
  }
  if (most === 0) return { language, signs: [] }
  const signs = new Set(words.filter((word) => WORDS.get(word)?.includes(language)))
  return { language, signs: [...signs].slice(0, 3) }
}

/** Undefined for Latin letters, and where there are no letters. */
function scriptOf(text: string): string | undefined {
  let counts: Map<string, number> | undefined
  let letters = 0
  const end = Math.min(text.length, MOST_UNITS)
  for (let at = 0; at < end; at++) {
    const unit = text.charCodeAt(at)
    if (unit < 0x370) {
      if ((unit | 32) >= 0x61 && (unit | 32) <= 0x7a) letters++
      continue
    }
    for (const [first, last, language] of SCRIPTS) {
      if (unit < first || unit > last) continue
      counts ??= new Map()
      counts.set(language, (counts.get(language) ?? 0) + 1)
      break
    }
  }
  if (counts === undefined) return undefined
  const [found, most] = [...counts].reduce((best, entry) => (entry[1] > best[1] ? entry : best))
  // A foreign name in an English sentence is no foreign sentence; an ideogram says as much as several letters.
  if (3 * most < letters) return undefined
  for (const [first, other, letters] of ALSO) if (found === first && letters.test(text)) return other
  return found
}

function votes(byLanguage: Readonly<Record<string, string>>): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>()
  for (const [language, words] of Object.entries(byLanguage)) {
    for (const word of words.trim().split(/\s+/)) {
      const languages = found.get(word)
      if (languages === undefined) found.set(word, [language])
      else languages.push(language)
    }
  }
  return found
}
