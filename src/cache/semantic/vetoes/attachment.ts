/** Veto on what belongs to what: "the population of the largest state" is not that of "the state with the largest population". */
import type { QuestionReading } from '../question-reading.ts'

/** A superlative that both say once picks out another word on each side, and both sides say both words. */
export function areAttachedOtherwise(asked: QuestionReading, remembered: QuestionReading): boolean {
  return asked.superlatives.some(({ term, heads }) => {
    const others = remembered.superlatives.filter((other) => other.term === term)
    const [other] = others
    if (other === undefined || others.length > 1) return false
    const [one, another] = [heads.at(-1), other.heads.at(-1)]
    if (one === undefined || another === undefined) return false
    if (other.heads.includes(one) || heads.includes(another)) return false
    return isSaidPlainly(one, remembered) && isSaidPlainly(another, asked)
  })
}

/** "The largest state by population" and "the state with the largest population" are one. */
function isSaidPlainly(term: string, { words }: QuestionReading): boolean {
  return words.some((word) => word.term === term && word.role !== 'by' && word.role !== 'in')
}
