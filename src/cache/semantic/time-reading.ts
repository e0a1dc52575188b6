/** When a question is about: words relative to the day it is asked, and the tense of its verbs. */

/** Words that place it before, at or after the moment it is asked, by the one that stands for them. */
const RELATIVE = new Map<string, string>()
for (const group of `today tonight, tomorrow, yesterday, now currently nowadays presently, current, last, next, previous prior, past, future, upcoming forthcoming,
  ago, recent recently lately, latest newest, earlier, later, soon, still, anymore, already, daily, weekly, monthly, yearly annual annually,
  morning, afternoon, evening, night, noon, midnight, weekend, ancient, modern, early, late, final, initial initially, former formerly, originally original,
  eventually, then`.split(',')) {
  const [first = '', ...rest] = group.trim().split(/\s+/)
  for (const word of [first, ...rest]) RELATIVE.set(word, first)
}

export function relativeTime(word: string): string | undefined {
  return RELATIVE.get(word)
}

export type Tense = 'past' | 'present' | 'future'

/** What a question in the present means anyway. */
const PRESENT = new Set(['now', 'current', 'still', 'already'])

export function isPresent(time: string): boolean {
  return PRESENT.has(time)
}

const TENSES = new Map<string, Tense>()
for (const word of ['was', 'were', 'did', 'had']) TENSES.set(word, 'past')
for (const word of ['is', 'are', 'am', 'do', 'does']) TENSES.set(word, 'present')
for (const word of ['will', 'shall', "'ll"]) TENSES.set(word, 'future')

/** Of a verb that says no more than that; undefined of other words. */
export function tenseOf(word: string): Tense | undefined {
  return TENSES.get(word)
}
