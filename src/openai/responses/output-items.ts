/** How many characters of answer the output items of a response carry, in the words that OpenAI gives each kind. */
import { isObject } from '../is-object.ts'
import type { OutputSize } from '../output-size.ts'

type Fields = Readonly<Record<string, unknown>>

/** Adds text, reasoning, refusals, calls of tools and what else a caller would lose. */
export function addItems(size: OutputSize, output: unknown): void {
  if (!Array.isArray(output)) return
  for (const item of output) if (isObject(item)) addItem(size, item)
}

export function addItem(size: OutputSize, item: Fields): void {
  addParts(size, item.content)
  addParts(size, item.summary)
  if (typeof item.type !== 'string') return
  if (isFilledText(item.encrypted_content)) size.hasContent = true
  if (!isCall(item.type)) return
  // A call is content from its first word on: it is what the caller acts upon.
  size.hasContent = true
  addText(size, item.name)
  addText(size, item.arguments)
  addText(size, item.input)
  addText(size, item.code)
}

/** `function_call`, `custom_tool_call`, `web_search_call`, `mcp_call` and their kin. */
export function isCall(type: string): boolean {
  return type.endsWith('_call')
}

function addParts(size: OutputSize, parts: unknown): void {
  if (!Array.isArray(parts)) return
  for (const part of parts) {
    if (!isObject(part)) continue
    addText(size, part.text)
    addText(size, part.refusal)
  }
}

function addText(size: OutputSize, value: unknown): void {
  if (!isFilledText(value)) return
  size.characters += value.length
  size.hasContent = true
}

function isFilledText(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}
