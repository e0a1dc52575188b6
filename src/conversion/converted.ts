/** A request in another API's words, and what those words could not say. */
import { Failure } from '../errors.ts'

export type Fields = Record<string, unknown>

export interface Converted {
  body: Fields
  /** What was dropped or changed, a short sentence each that begins with the field's name. */
  notes: readonly string[]
}

export class Notes {
  readonly #sentences = new Set<string>()

  /** A sentence that many messages cause is told once. */
  add(field: string, sentence: string): void {
    this.#sentences.add(`${field}: ${sentence}`)
  }

  list(): readonly string[] {
    return [...this.#sentences]
  }
}

/** @param param in OpenAI's notation, `messages[0].content[1]` */
export function cannotSay(param: string, sentence: string): Failure {
  return new Failure('invalid_request', `Cannot convert '${param}': ${sentence}`, { param })
}

/** Of a value that asks for nothing: leaving it out changes nothing. */
export function saysNothing(value: unknown): boolean {
  if (value === null || value === undefined || value === false || value === 0 || value === '') return true
  return typeof value === 'object' && Object.keys(value).length === 0
}
