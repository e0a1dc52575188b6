/** Which words of a text move its score: each is left out in turn. For a person who asks why, not for every request. */

/** Words that are tried. */
const MOST_WORDS = 80
const SHOWN = 3
/** Less is no reason. */
const LEAST = 0.005

/** @param scoreOf of a text; `score` is that of the whole one. Returns the strongest first, each with what it adds. */
export function wordsThatMatter(
  text: string,
  score: number,
  scoreOf: (text: string) => number,
): readonly string[] {
  const tried = new Map<string, number>()
  for (const { 0: word } of text.matchAll(/[\p{L}\p{N}_'+#-]{2,40}/gu)) {
    if (tried.size >= MOST_WORDS) break
    if (!tried.has(word)) tried.set(word, score - scoreOf(text.replaceAll(word, ' ')))
  }
  return [...tried]
    .filter(([, adds]) => Math.abs(adds) >= LEAST)
    .sort(([, left], [, right]) => Math.abs(right) - Math.abs(left))
    .slice(0, SHOWN)
    .map(([word, adds]) => `${word} ${adds > 0 ? '+' : '−'}${Math.abs(adds).toFixed(2)}`)
}
