/** Small words that turn a question around: more and less, before and after, all and some, only and except. */

const OPPOSITES = new Map<string, readonly string[]>()
for (const pair of `before after, above below, over under, inside outside, with without, toward away, towards away, more less, more fewer, most least,
  most fewest, many few, much little, all some, all none, every some, all few, both neither, ahead behind, since until, into from, during after, during before, until after, within outside, by after,
  like unlike, despite because, always never, always sometimes, often rarely, often seldom, here there, up down, on off, in out, onto off, best worst,
  better worse, first last, max min, upper lower, earlier later, early late, past future, last next, previous next, yesterday tomorrow, and or,
  can must, should must, may must, local remote, to from`.split(',')) {
  const [left = '', right = ''] = pair.trim().split(' ')
  OPPOSITES.set(left, [...(OPPOSITES.get(left) ?? []), right])
  OPPOSITES.set(right, [...(OPPOSITES.get(right) ?? []), left])
}

/** Part of the verb before them: `turn on` has an opposite in `turn off`, and none in `out`. */
const PARTICLES = new Set(['up', 'down', 'on', 'off', 'in', 'out'])
/** Told by the words that stand under them alone, being everywhere. */
const BY_ROLE_ALONE = new Set([
  'to',
  'from',
  'for',
  'against',
  'into',
  'like',
  'and',
  'or',
  'can',
  'must',
  'should',
  'may',
])
const LIMITS = new Set([
  'only',
  'except',
  'excluding',
  'besides',
  'instead',
  'solely',
  'other',
  'else',
  'exactly',
  'approximately',
])

/** How a word turns what is asked; undefined where it doesn't. @param before the term that comes before it */
export function relationOf(word: string, before: string | undefined): string | undefined {
  if (!OPPOSITES.has(word) || BY_ROLE_ALONE.has(word)) return undefined
  return PARTICLES.has(word) ? `${before ?? ''} ${word}` : word
}

/** Small words whose lack on one side leaves a trace, though no proof. */
const NARROWING = new Set(
  `same another every both near outside inside against per off less fewer more most least few able around
  possible help say let mean way`.split(/\s+/),
)

export function narrows(word: string): boolean {
  return NARROWING.has(word)
}

export function limitOf(word: string): string | undefined {
  return LIMITS.has(word) ? word : undefined
}

export function areOpposed(left: string, right: string): boolean {
  const [, verb = '', particle = left] = /^(.*) (.*)$/.exec(left) ?? []
  const [, otherVerb = '', otherParticle = right] = /^(.*) (.*)$/.exec(right) ?? []
  return verb === otherVerb && (OPPOSITES.get(particle)?.includes(otherParticle) ?? false)
}
