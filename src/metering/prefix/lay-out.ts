/** A prompt's beginning as one text, with the places of what it consists of. */
import { isObject } from '../../openai/is-object.ts'
import { parseJson } from '../../openai/parse-json.ts'
import { PROMPT_PARTS, type PromptPart } from '../../openai/prompt.ts'
import { withoutMarks } from '../../openai/prompt-marks.ts'
import { isSystemRole } from '../../openai/turns-of.ts'
import { arrayItems } from './array-items.ts'
import type { PromptCut } from './cut-prompt.ts'

export interface PromptPlace {
  /** Index of its first character in the text. */
  at: number
  part: PromptPart
  /** Of a message: its index, system messages counted; 0 otherwise. */
  index: number
}

export interface LaidOut {
  text: string
  /** In order, at least one. */
  places: readonly PromptPlace[]
  /** Nothing of the prompt is missing. */
  isWhole: boolean
}

const decoder = new TextDecoder()

export function layOut({ bytes, values, wholeBytes }: PromptCut): LaidOut {
  const draft = { text: '', places: [] as PromptPlace[] }
  let from = 0
  for (let place = 0; place + 1 < values.length; place += 2) {
    const length = values[place + 1] ?? 0
    const json = decoder.decode(bytes.subarray(from, from + length))
    from += length
    addValue(draft, PROMPT_PARTS[values[place] ?? 0] ?? 'messages', json)
  }
  return { ...draft, isWhole: bytes.length === wholeBytes }
}

function addValue(draft: { text: string; places: PromptPlace[] }, part: PromptPart, json: string): void {
  if (part !== 'messages' || !json.trimStart().startsWith('[')) {
    draft.places.push({ at: draft.text.length, part, index: 0 })
    draft.text += part === 'tools' ? withoutMarks(json) : textOf(parseJson(json) ?? json)
    return
  }
  let index = 0
  for (const item of arrayItems(json)) {
    const message = parseJson(item)
    // The last one may be cut, and is no JSON then.
    const role = isObject(message) ? message.role : /"role"\s*:\s*"(\w+)"/.exec(item)?.[1]
    draft.places.push({ at: draft.text.length, part: isSystemRole(role) ? 'system' : 'messages', index })
    draft.text += isObject(message) ? messageText(message) : item
    index++
  }
}

/** What is said comes first, so that characters are counted from there. */
function messageText({ content, role, ...rest }: Readonly<Record<string, unknown>>): string {
  return `${textOf(content)}\n${String(role)}\n${textOf(rest)}\n`
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value
  if (Array.isArray(value)) return value.map(textOf).join('\n')
  if (!isObject(value)) return value == null ? '' : String(value)
  if (value.type === 'text' && typeof value.text === 'string') return value.text
  return withoutMarks(JSON.stringify(value))
}
