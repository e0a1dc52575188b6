/** What the mock counts of an answer before it puts the figures into any provider's words: nothing is counted twice. */

export const COUNTED = [
  'input',
  'cache_read',
  'cache_write_5m',
  'cache_write_30m',
  'cache_write_1h',
  'audio_in',
  'image_in',
  'output',
  'reasoning',
  'audio_out',
  'image_out',
] as const

export type CountedBucket = (typeof COUNTED)[number]
export type Counted = Readonly<Record<CountedBucket, number>>

export function counted(some: Partial<Counted>): Counted {
  return { ...(Object.fromEntries(COUNTED.map((bucket) => [bucket, 0])) as Counted), ...some }
}

/** All of the prompt, cached or not. */
export function inputOf(it: Counted): number {
  return (
    it.input +
    it.cache_read +
    it.cache_write_5m +
    it.cache_write_30m +
    it.cache_write_1h +
    it.audio_in +
    it.image_in
  )
}

/** All of the completion, reasoning too. */
export function outputOf(it: Counted): number {
  return it.output + it.reasoning + it.audio_out + it.image_out
}

/** Figures that depend on the text alone: `spoken` tokens of output, and of every bucket that is `known` something. */
export function countFor(text: string, spoken: number, known: readonly CountedBucket[]): Counted {
  let state = 2166136261
  for (const character of text) state = Math.imul(state ^ (character.codePointAt(0) ?? 0), 16777619)
  const next = (most: number): number => {
    state = Math.imul(state ^ (state >>> 15), 2246822519) + 0x9e3779b9
    return (state >>> 3) % (most + 1)
  }
  const some: Partial<Record<CountedBucket, number>> = {}
  // A third of all answers have nothing of a bucket, as most real ones have not.
  for (const bucket of known) some[bucket] = next(2) === 0 ? 0 : next(3000)
  return counted({ ...some, input: 1 + next(900), output: spoken })
}
