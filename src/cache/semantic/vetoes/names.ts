/** Veto on names that the other side does not say. */
import type { QuestionReading } from '../question-reading.ts'

export function haveUnequalNames(asked: QuestionReading, remembered: QuestionReading): boolean {
  return (
    asked.names.some((name) => !isSaid(name, remembered)) ||
    remembered.names.some((name) => !isSaid(name, asked))
  )
}

function isSaid(name: string, by: QuestionReading): boolean {
  return by.terms.has(name) || by.spoken.includes(name) || isAbbreviated(name, by) || isSpelledOut(name, by)
}

/** `UN` where the other says `United Nations`. */
function isAbbreviated(name: string, { words }: QuestionReading): boolean {
  if (name.length < 2 || name.length > 5) return false
  for (let from = 0; from + name.length <= words.length; from++) {
    let length = 0
    while (length < name.length && words[from + length]?.term[0] === name[length]) length++
    if (length === name.length) return true
  }
  return false
}

/** `Nations` where the other says `UN`: a word of a run of names with those initials. */
function isSpelledOut(name: string, { names }: QuestionReading): boolean {
  return names.some(
    (short) =>
      short.length >= 2 &&
      short.length <= 5 &&
      short !== name &&
      !/[aeiou]{1}[a-z]*[aeiou]/.test(short) &&
      short.includes(name[0] ?? ' '),
  )
}
