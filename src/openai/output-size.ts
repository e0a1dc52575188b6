/** How many characters of answer a message or a delta carries, in whatever member its provider puts them. */
import { isFilled } from './is-filled.ts'
import { isObject } from './is-object.ts'

export interface OutputSize {
  characters: number
  /** Whether there is anything that a caller would lose: text, reasoning, a tool call, a refusal, audio or images. */
  hasContent: boolean
}

/** Adds the content of one `delta`, `message` or legacy choice to `size`. */
export function addOutput(size: OutputSize, part: Readonly<Record<string, unknown>>): void {
  addText(size, part.content)
  addText(size, part.refusal)
  // Some servers send the same reasoning under two names.
  const reasoning = lengthOf(part.reasoning_content) || lengthOf(part.reasoning)
  if (reasoning > 0) addCharacters(size, reasoning)
  else if (isFilled(part.reasoning_details)) size.hasContent = true
  if (Array.isArray(part.tool_calls)) {
    for (const call of part.tool_calls)
      addFunction(size, isObject(call) ? (call.function ?? call.custom) : undefined)
  }
  if (isObject(part.function_call)) addFunction(size, part.function_call)
  if (isObject(part.audio)) {
    size.hasContent = true
    addText(size, part.audio.transcript)
  }
  if (isFilled(part.images)) size.hasContent = true
}

function addFunction(size: OutputSize, call: unknown): void {
  size.hasContent = true
  if (!isObject(call)) return
  addText(size, call.name)
  addText(size, call.arguments)
  addText(size, call.input)
}

function addText(size: OutputSize, value: unknown): void {
  if (typeof value === 'string') {
    if (value !== '') addCharacters(size, value.length)
  } else if (Array.isArray(value)) {
    // Content in parts: Mistral's thinking chunks, for instance.
    for (const part of value) {
      if (!isObject(part)) continue
      addText(size, part.text)
      addText(size, part.thinking)
      if (part.type === 'image_url') size.hasContent = true
    }
  }
}

function addCharacters(size: OutputSize, count: number): void {
  size.characters += count
  size.hasContent = true
}

function lengthOf(value: unknown): number {
  return typeof value === 'string' ? value.length : 0
}
