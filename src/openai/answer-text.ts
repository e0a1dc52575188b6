/** The text of an answer, read out of its bytes: what a tokenizer is to be shown where a provider counted nothing. */
import { EventScanner } from './event-scanner.ts'
import { isObject } from './is-object.ts'
import { parseJson } from './parse-json.ts'

export interface AnswerText {
  form: 'stream' | 'json'
  /** The answer's bytes, of a long stream the first ones. */
  bytes: Uint8Array
  /** Characters of the whole answer. */
  characters: number
}

/** Texts in the order in which they began: content, reasoning and calls of each choice apart, as a model writes them. */
export function answerTexts({ form, bytes }: Pick<AnswerText, 'form' | 'bytes'>): string[] {
  const texts = new Map<string, string>()
  const objects = form === 'json' ? [parseJson(new TextDecoder().decode(bytes))] : eventsOf(bytes)
  for (const object of objects) {
    if (!isObject(object) || !Array.isArray(object.choices)) continue
    for (const choice of object.choices) if (isObject(choice)) addChoice(texts, choice)
  }
  return [...texts.values()]
}

/** Whole events alone: what is cut in the middle says nothing. */
function eventsOf(bytes: Uint8Array): unknown[] {
  return new EventScanner().push(bytes).map(({ data }) => parseJson(data ?? ''))
}

function addChoice(texts: Map<string, string>, choice: Readonly<Record<string, unknown>>): void {
  const of = typeof choice.index === 'number' ? choice.index : 0
  const add = (name: string, value: unknown): void => addText(texts, `${of} ${name}`, value)
  const part = choice.delta ?? choice.message
  if (!isObject(part)) return add('content', choice.text)
  add('content', part.content)
  add('refusal', part.refusal)
  // Some servers send the same reasoning under two names.
  add('reasoning', isText(part.reasoning_content) ? part.reasoning_content : part.reasoning)
  if (Array.isArray(part.tool_calls)) {
    for (const [place, call] of part.tool_calls.entries()) {
      if (!isObject(call)) continue
      const at = typeof call.index === 'number' ? call.index : place
      addCall(add, `call ${at}`, call.function ?? call.custom)
    }
  }
  addCall(add, 'call', part.function_call)
  if (isObject(part.audio)) add('audio', part.audio.transcript)
}

function addCall(add: (name: string, value: unknown) => void, name: string, call: unknown): void {
  if (!isObject(call)) return
  add(`${name} name`, call.name)
  add(`${name} arguments`, call.arguments)
  add(`${name} input`, call.input)
}

function addText(texts: Map<string, string>, name: string, value: unknown): void {
  if (isText(value)) texts.set(name, (texts.get(name) ?? '') + value)
  else if (Array.isArray(value)) {
    for (const part of value) {
      if (!isObject(part)) continue
      addText(texts, name, part.text)
      addText(texts, `${name} thinking`, part.thinking)
    }
  }
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}
