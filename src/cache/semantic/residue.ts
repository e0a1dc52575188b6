/** What one question says and the other does not, weighed by how much each word tells among the partition's own questions. */
import { areExchanged } from './exchange.ts'
import type { QuestionReading } from './question-reading.ts'
import type { TermFrequencies } from './term-frequencies.ts'

/** Weights are in nats: see `TermFrequencies.weight`. */
export interface Residue {
  readonly askedOnly: readonly string[]
  readonly rememberedOnly: readonly string[]
  readonly askedWeight: number
  readonly rememberedWeight: number
  /** Of the heaviest word that one side alone says. */
  readonly largest: number
  /** Whether all that differs is one word in the place of another: see `areExchanged`. */
  readonly isExchange: boolean
  readonly sharedWeight: number
}

export function residueOf(
  asked: QuestionReading,
  remembered: QuestionReading,
  frequencies: TermFrequencies,
): Residue {
  const askedOnly = unsaid(asked, remembered)
  const rememberedOnly = unsaid(remembered, asked)
  let sharedWeight = 0
  for (const term of asked.terms) if (remembered.terms.has(term)) sharedWeight += frequencies.weight(term)
  const [askedWeight, askedLargest] = weigh(askedOnly, frequencies)
  const [rememberedWeight, rememberedLargest] = weigh(rememberedOnly, frequencies)
  return {
    askedOnly,
    rememberedOnly,
    askedWeight,
    rememberedWeight,
    largest: Math.max(askedLargest, rememberedLargest),
    isExchange: areExchanged(
      { reading: asked, only: askedOnly },
      { reading: remembered, only: rememberedOnly },
    ),
    sharedWeight,
  }
}

/** Terms of one side that the other says in no form. */
function unsaid(reading: QuestionReading, by: QuestionReading): string[] {
  const found: string[] = []
  for (const term of reading.terms) {
    if (!by.terms.has(term) && !isSaidInParts(term, by) && !isPartOfOne(term, reading, by)) found.push(term)
  }
  return found
}

/** `login` where the other says `log in`. */
function isSaidInParts(term: string, { spoken }: QuestionReading): boolean {
  for (let at = 0; at + 1 < spoken.length; at++) {
    const first = spoken[at] as string
    if (first.length < term.length && term.startsWith(first) && term === first + spoken[at + 1]) return true
  }
  return false
}

/** `log` of `log in` where the other says `login`. */
function isPartOfOne(term: string, { spoken }: QuestionReading, { terms }: QuestionReading): boolean {
  for (let at = 0; at < spoken.length; at++) {
    const word = spoken[at] as string
    if (!word.startsWith(term)) continue
    if (at + 1 < spoken.length && terms.has(word + spoken[at + 1])) return true
    if (at > 0 && terms.has(spoken[at - 1] + word)) return true
  }
  return false
}

function weigh(
  terms: readonly string[],
  frequencies: TermFrequencies,
): readonly [sum: number, largest: number] {
  let sum = 0
  let largest = 0
  for (const term of terms) {
    const weight = frequencies.weight(term)
    sum += weight
    if (weight > largest) largest = weight
  }
  return [sum, largest]
}
