/** A short name for what a message says, by its length and samples: what it says in full is hashed once, when it is new. */
import { isObject } from '../../openai/is-object.ts'
import { isMark } from '../../openai/prompt-marks.ts'
import type { TextHash } from '../text-hash.ts'

/** Up to here texts are taken in full. */
const SHORT_CHARACTERS = 64
const END_CHARACTERS = 16
const SAMPLES = 16
/** The beginning is the part that changes unseen (a time of day in a system prompt), and decides about all that follows. */
const SYSTEM_CHARACTERS = 1024
const TOOL_SAMPLES = 64
/** Of one message: calls of tools carry ids, which tell them apart. */
const MOST_VALUES = 16

/** `isFirst`: taken in full, if it is not very long. */
export function addPrint(hash: TextHash, message: unknown, isFirst: boolean): void {
  if (!isFirst && isPlain(message)) {
    hash.addText(message.role)
    addSamples(hash, message.content, SHORT_CHARACTERS, END_CHARACTERS)
  } else addValue(hash, message, isFirst, { left: MOST_VALUES })
}

export function addToolsPrint(hash: TextHash, tools: Uint8Array): void {
  hash.addNumber(tools.length)
  const step = Math.max(1, Math.floor(tools.length / TOOL_SAMPLES))
  for (let at = 0; at < tools.length; at += step) hash.addNumber(tools[at] as number)
}

function isPlain(message: unknown): message is { role: string; content: string } {
  if (!isObject(message) || message.tool_calls !== undefined) return false
  return typeof message.role === 'string' && typeof message.content === 'string'
}

function addValue(hash: TextHash, value: unknown, isFirst: boolean, values: { left: number }): void {
  if (values.left-- <= 0) return
  if (typeof value === 'string') {
    if (isFirst) addSamples(hash, value, SYSTEM_CHARACTERS, SYSTEM_CHARACTERS / 2)
    else addSamples(hash, value, SHORT_CHARACTERS, END_CHARACTERS)
  } else if (Array.isArray(value)) {
    hash.addNumber(value.length)
    for (const item of value) addValue(hash, item, isFirst, values)
  } else if (isObject(value)) {
    for (const key in value) if (!isMark(key)) addValue(hash, value[key], isFirst, values)
  } else if (typeof value === 'number') hash.addNumber(value)
  else hash.addNumber(value === true ? 1 : 0)
}

function addSamples(hash: TextHash, text: string, short: number, end: number): void {
  if (text.length > short) return hash.addSamples(text, end, SAMPLES)
  hash.addNumber(text.length)
  hash.addText(text)
}
