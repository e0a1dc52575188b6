/** Puts a whole chat stream together into the one answer that a caller asked for. */
import { EventScanner } from './event-scanner.ts'
import { isObject } from './is-object.ts'
import { parseObject } from './parse-json.ts'

type Fields = Record<string, unknown>

const encoder = new TextEncoder()
/** Members of a chunk's choice that are joined in a way of their own, and one that assignment would misread. */
const OF_CHOICE = new Set(['index', 'delta', 'finish_reason', 'logprobs', '__proto__'])

/**
 * Members of deltas are joined: texts one after the other, tool calls by their index.
 * @param usage the provider's usage object, where the stream itself may not hold it
 * @returns undefined where the bytes are no chat stream
 */
export function streamAsAnswer(stream: Uint8Array, usage: unknown): Uint8Array | undefined {
  const events = new EventScanner().push(stream)
  const chunks = events.map(({ data }) => parse(data)).filter((chunk) => chunk !== undefined)
  const [first] = chunks
  if (first === undefined) return undefined
  const { choices: _, object: __, usage: ___, ...head } = first
  const choices = new Map<number, Fields>()
  let reported = usage
  for (const chunk of chunks) {
    if (isObject(chunk.usage)) reported = chunk.usage
    for (const part of Array.isArray(chunk.choices) ? chunk.choices.filter(isObject) : [])
      addChoice(choices, part)
  }
  const ordered = [...choices.values()].sort((left, right) => Number(left.index) - Number(right.index))
  const answer = {
    ...head,
    object: 'chat.completion',
    choices: ordered,
    ...(reported ? { usage: reported } : {}),
  }
  return encoder.encode(JSON.stringify(answer))
}

function addChoice(choices: Map<number, Fields>, part: Fields): void {
  const index = typeof part.index === 'number' ? part.index : 0
  const choice = choices.get(index) ?? {
    index,
    message: { role: 'assistant', content: null },
    logprobs: null,
    finish_reason: null,
  }
  choices.set(index, choice)
  if (isObject(part.delta)) addDelta(choice.message as Fields, part.delta)
  if (typeof part.finish_reason === 'string') choice.finish_reason = part.finish_reason
  if (isObject(part.logprobs)) choice.logprobs = joinedLogprobs(choice.logprobs, part.logprobs)
  for (const [name, value] of Object.entries(part)) {
    // What providers add to a choice, vLLM's `stop_reason` for instance.
    if (!OF_CHOICE.has(name) && value !== null) choice[name] = value
  }
}

function addDelta(message: Fields, delta: Fields): void {
  for (const [name, value] of Object.entries(delta)) {
    if (name === '__proto__') continue
    if (name === 'tool_calls' && Array.isArray(value)) addToolCalls(message, value.filter(isObject))
    else if (name === 'role' || value === null || value === undefined) message[name] ??= value
    else if (isObject(value)) addDelta(objectIn(message, name), value)
    else if (Array.isArray(value)) message[name] = [...partsIn(message, name), ...value]
    else message[name] = typeof value === 'string' ? joinedText(message[name], value) : value
  }
}

function addToolCalls(message: Fields, parts: readonly Fields[]): void {
  const calls = listIn(message, 'tool_calls') as Fields[]
  message.tool_calls = calls
  for (const { index, ...part } of parts) {
    // An index beyond the next one would leave a hole, as wide as its provider likes.
    const place = typeof index === 'number' ? Math.min(index, calls.length) : calls.length
    const call = calls[place] ?? {}
    calls[place] = call
    for (const [name, value] of Object.entries(part)) {
      // An id or a type comes once, whole; some servers repeat it.
      if (isObject(value)) addDelta(objectIn(call, name), value)
      else call[name] ??= value
    }
  }
}

/** Mistral's content is a list of parts while it thinks, and text afterwards. */
function joinedText(before: unknown, text: string): unknown {
  if (!Array.isArray(before)) return `${before ?? ''}${text}`
  const last: unknown = before.at(-1)
  if (!isObject(last) || last.type !== 'text') return [...before, { type: 'text', text }]
  return [...before.slice(0, -1), { ...last, text: `${last.text ?? ''}${text}` }]
}

function partsIn(message: Fields, name: string): unknown[] {
  const known = message[name]
  return typeof known === 'string' && known !== '' ? [{ type: 'text', text: known }] : listIn(message, name)
}

function objectIn(fields: Fields, name: string): Fields {
  const known = fields[name]
  if (isObject(known)) return known
  const made: Fields = {}
  fields[name] = made
  return made
}

function listIn(fields: Fields, name: string): unknown[] {
  const known = fields[name]
  return Array.isArray(known) ? known : []
}

function joinedLogprobs(before: unknown, more: Fields): Fields {
  const known: Fields = isObject(before) ? before : {}
  const joined: Fields = { ...known }
  for (const [name, value] of Object.entries(more)) {
    joined[name] = Array.isArray(value)
      ? [...((known[name] as unknown[] | undefined) ?? []), ...value]
      : value
  }
  return joined
}

function parse(data: string | undefined): Fields | undefined {
  return data === undefined || data.trim() === '[DONE]' ? undefined : parseObject(data)
}
