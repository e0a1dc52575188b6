/** Words that name one thing exactly: addresses, order numbers, versions, hashes. */

const ADDRESS = /^(?:https?:\/\/|www\.)|^[^@\s]+@[^@\s]+\.[^@\s]+$|^\/[\w./-]+$/
const LETTERS = /^[a-z]+$/
/** `-r`, `--force`, `\\d`, `>>`: their capitals count, and so do the marks around them. */
const EXACT = /^[`"'(]*(--?[a-z][\w-]*|\\[a-z]|[<>]{1,2}=?)[`"').,;:!?]*$/i
const OPTION_OR_SYMBOL = /^(?:--?[a-z]|[<>])/i
const LETTERS_THEN_NUMBER = /^([a-z]{2,})-?(\d+(?:\.\d+)?)$/

export function isIdentifier(word: string): boolean {
  return (
    !LETTERS.test(word) &&
    (/\d/.test(word) || ADDRESS.test(word) || /[#@_\\]/.test(word) || OPTION_OR_SYMBOL.test(word))
  )
}

/** `eecs281` and `covid-19` are written with a space as well. */
export function lettersAndNumber(word: string): { letters: string; number: string } | undefined {
  const [, letters, number] = LETTERS_THEN_NUMBER.exec(word) ?? []
  return letters === undefined || number === undefined || letters === 'v' ? undefined : { letters, number }
}

/** What is meant letter by letter, without the punctuation around it; undefined of other words. */
export function exactlyWritten(chunk: string): string | undefined {
  return EXACT.exec(chunk)?.[1]
}
