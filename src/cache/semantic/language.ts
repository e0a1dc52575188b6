/** Which language a text is written in, by its letters and the words that no sentence goes without; rules here are for English alone. */

export type Language = 'en' | 'other' | 'unknown'

const FOREIGN = new Set(
  `der die das und ist nicht ein eine wie ich sie wir für auf mit den dem des kann zu von im wo warum wann welche wer
  le la les une est et pas je vous nous que qui dans pour avec sur comment où quand pourquoi quel quelle du au aux sont ce cette
  el los las una es y no por para con cómo qué dónde cuándo cuál está del mi como puedo hacer donde cual cuando
  il lo gli è che di come perché dove quando sono della nel non
  o os um uma é em não por que como onde quando qual são está você
  het een van ik niet hoe wat waar wanneer waarom zijn voor met
  och är inte jag hur vad jak co jest nie gdzie kiedy dlaczego nasıl nedir bir ve için`.split(/\s+/),
)
/** Words that are English too, or that stand in English sentences as names do. */
for (const word of [
  'no',
  'die',
  'den',
  'is',
  'an',
  'a',
  'as',
  'in',
  'on',
  'do',
  'me',
  'con',
  'van',
  'le',
  'la',
  'los',
  'el',
  'les',
  'du',
  'so',
  'was',
  'co',
  'wat',
  'di',
  'de',
  'os',
  'o',
  'y',
  'il',
  'lo',
  'os',
  'la',
  'des',
  'au',
  'im',
  'no',
  'em',
  've',
  'del',
  'las',
  'met',
  'es',
  'per',
  'pour',
  'come',
  'ce',
  'sur',
  'mi',
  'non',
  'une',
  'et',
  'um',
  'que',
  'est',
])
  FOREIGN.delete(word)

const ENGLISH = new Set(
  `the a an is are was were do does did can could will would should what which who where when why how and of to in for on with from
  i you my your it this that there have has be not if by at or as we they he she me please many much about`.split(
    /\s+/,
  ),
)

/** Plain English is told without taking the text apart: this runs for each question that is asked. */
const ASCII = /^[\p{ASCII}]*$/u

export function languageOf(text: string, words: readonly string[]): Language {
  const isAscii = ASCII.test(text)
  if (isAscii ? !/[a-z]/i.test(text) : !/\p{L}/u.test(text)) return 'unknown'
  if (!isAscii && !isMostlyLatin(text)) return 'other'
  let english = 0
  let foreign = 0
  for (const word of words) {
    if (ENGLISH.has(word)) english++
    if (FOREIGN.has(word)) foreign++
  }
  if (foreign > english) return 'other'
  if (english > 0) return 'en'
  return /[à-öø-ÿ]/i.test(text) && words.length > 3 ? 'other' : 'unknown'
}

function isMostlyLatin(text: string): boolean {
  const letters = text.match(/\p{L}/gu)?.length ?? 0
  const latin = text.match(/[a-zà-öø-ÿāăąćčđęěğıłńňőřśşšťůűźżž]/giu)?.length ?? 0
  return latin >= letters * 0.8
}
