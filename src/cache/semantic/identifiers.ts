/** Words that name one thing exactly: addresses, order numbers, versions, hashes. */

const ADDRESS = /^(?:https?:\/\/|www\.)|^[^@\s]+@[^@\s]+\.[^@\s]+$|^\/[\w./-]+$/
const LETTERS = /^[a-z]+$/
const LETTERS_THEN_NUMBER = /^([a-z]{2,})-?(\d+(?:\.\d+)?)$/

export function isIdentifier(word: string): boolean {
  return !LETTERS.test(word) && (/\d/.test(word) || ADDRESS.test(word) || /[#@_\\]/.test(word))
}

/** `eecs281` and `covid-19` are written with a space as well. */
export function lettersAndNumber(word: string): { letters: string; number: string } | undefined {
  const [, letters, number] = LETTERS_THEN_NUMBER.exec(word) ?? []
  return letters === undefined || number === undefined || letters === 'v' ? undefined : { letters, number }
}
