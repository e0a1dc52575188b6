/** How many characters of answer content blocks and their deltas carry, in the manner of chat's `output-size`. */
import { isObject } from '../openai/is-object.ts'

type Fields = Readonly<Record<string, unknown>>

/** Of one block as it stands in an answer, or as a stream begins it: there its input is an empty object. */
export function blockCharacters(block: Fields): number {
  const size = lengthOf(block.text) + lengthOf(block.thinking) + lengthOf(block.name)
  const hasInput = isObject(block.input) && Object.keys(block.input).length > 0
  return hasInput ? size + JSON.stringify(block.input).length : size
}

/** Blocks of text and thinking begin empty; all others say something by being there. */
export function blockHasContent(block: Fields): boolean {
  const beginsEmpty = block.type === 'text' || block.type === 'thinking'
  return !beginsEmpty || lengthOf(block.text) + lengthOf(block.thinking) + lengthOf(block.signature) > 0
}

export function deltaCharacters(delta: Fields): number {
  return lengthOf(delta.text) + lengthOf(delta.thinking) + lengthOf(delta.partial_json)
}

/** Anything that a caller would lose: text, thinking or its signature, a tool's input, a citation. */
export function deltaHasContent(delta: Fields): boolean {
  return deltaCharacters(delta) + lengthOf(delta.signature) > 0 || delta.type === 'citations_delta'
}

function lengthOf(value: unknown): number {
  return typeof value === 'string' ? value.length : 0
}
