/** Veto on what a preposition asks for: "What is bronze made of?" is not "What is made of bronze?". */
import type { QuestionReading } from '../question-reading.ts'

/** A word stands under the preposition on one side, and outside it where the other side asks for what stands there. */
export function areStrandedOtherwise(asked: QuestionReading, remembered: QuestionReading): boolean {
  return isFilled(asked, remembered) || isFilled(remembered, asked)
}

function isFilled({ stranded, words }: QuestionReading, by: QuestionReading): boolean {
  for (const role of stranded) {
    if (by.stranded.has(role)) continue
    for (const { term, role: filled } of by.words) {
      if (filled === role && words.some((word) => word.term === term && word.role !== role)) return true
    }
  }
  return false
}
