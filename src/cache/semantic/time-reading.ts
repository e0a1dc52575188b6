/** When a question is about: words relative to the day it is asked, and the tense of its verbs. */

/** Words that place it before, at or after the moment it is asked, by the one that stands for them. */
const RELATIVE = new Map<string, string>()
for (const group of `today tonight, tomorrow, yesterday, now currently nowadays presently, current, last, next, previous prior, past, future, upcoming forthcoming,
  ago, recent recently lately, latest newest, earlier, later, soon, still, anymore, already, daily, weekly, monthly, yearly annual annually,
  morning, afternoon, evening, night, noon, midnight, weekend, ancient, modern, early, late, final, initial initially, former formerly, originally original,
  eventually, annually`.split(',')) {
  const [first = '', ...rest] = group.trim().split(/\s+/)
  for (const word of [first, ...rest]) RELATIVE.set(word, first)
}

export function relativeTime(word: string): string | undefined {
  return RELATIVE.get(word)
}

export const PAST = 1
export const PRESENT = 2
export const FUTURE = 4

const TENSES = new Map<string, number>()
for (const word of ['was', 'were', 'did', 'had']) TENSES.set(word, PAST)
for (const word of ['is', 'are', 'am', 'do', 'does']) TENSES.set(word, PRESENT)
for (const word of ['will', 'shall', "'ll"]) TENSES.set(word, FUTURE)

/** Bits of `PAST`, `PRESENT` and `FUTURE`; 0 where a word has no tense of its own. */
export function tenseOf(word: string): number {
  return TENSES.get(word) ?? 0
}
