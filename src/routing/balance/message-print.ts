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
/** Of longer ones, as what changes unseen stands at either end. */
const SYSTEM_END_CHARACTERS = 256
const TOOL_SAMPLES = 24
const TOOL_SAMPLE_BYTES = 8
/** Of one message: calls of tools carry ids, which tell them apart. */
const MOST_VALUES = 16
const MOST_CALLS = 5

/** `isFirst`: taken in full, if it is not very long. */
export function addPrint(hash: TextHash, message: unknown, isFirst: boolean): void {
  // Texts, and calls of tools, are most of all messages: their members are read by name, without looking through all.
  if (isPlain(message)) {
    hash.addText(message.role)
    addTextPrint(hash, message.content, isFirst)
  } else if (!isFirst && isCalling(message)) {
    const { tool_calls: calls, content } = message
    hash.addNumber(calls.length)
    for (let at = 0; at < calls.length && at < MOST_CALLS; at++) addCallPrint(hash, calls[at])
    if (content !== null && content !== undefined) addValue(hash, content, false, { left: MOST_VALUES })
  } else addValue(hash, message, isFirst, { left: MOST_VALUES })
}

/** A few bytes at a time, so that not each of them is a miss in the CPU's cache. */
export function addToolsPrint(hash: TextHash, tools: Uint8Array): void {
  hash.addNumber(tools.length)
  const step = Math.max(TOOL_SAMPLE_BYTES, Math.floor(tools.length / TOOL_SAMPLES))
  for (let at = 0; at < tools.length; at += step)
    hash.addBytes(tools, at, Math.min(tools.length, at + TOOL_SAMPLE_BYTES))
}

function isCalling(message: unknown): message is { tool_calls: unknown[]; content?: unknown } {
  return isObject(message) && Array.isArray(message.tool_calls)
}

/** By its id, and by what the model says itself where servers make up the same ids again. */
function addCallPrint(hash: TextHash, call: unknown): void {
  if (!isObject(call)) return addValue(hash, call, false, { left: MOST_VALUES })
  const { id, function: called } = call
  if (typeof id === 'string') hash.addText(id)
  if (!isObject(called)) return addValue(hash, called, false, { left: MOST_VALUES })
  if (typeof called.name === 'string') hash.addText(called.name)
  if (typeof called.arguments === 'string') addTextPrint(hash, called.arguments, false)
}

function isPlain(message: unknown): message is { role: string; content: string } {
  if (!isObject(message) || message.tool_calls !== undefined) return false
  return typeof message.role === 'string' && typeof message.content === 'string'
}

function addValue(hash: TextHash, value: unknown, isFirst: boolean, values: { left: number }): void {
  if (values.left-- <= 0) return
  if (typeof value === 'string') addTextPrint(hash, value, isFirst)
  else if (Array.isArray(value)) {
    hash.addNumber(value.length)
    for (const item of value) addValue(hash, item, isFirst, values)
  } else if (isObject(value)) {
    for (const key in value) if (!isMark(key)) addValue(hash, value[key], isFirst, values)
  } else if (typeof value === 'number') hash.addNumber(value)
  else hash.addNumber(value === true ? 1 : 0)
}

function addTextPrint(hash: TextHash, text: string, isFirst: boolean): void {
  if (isFirst) addSamples(hash, text, SYSTEM_CHARACTERS, SYSTEM_END_CHARACTERS)
  else addSamples(hash, text, SHORT_CHARACTERS, END_CHARACTERS)
}

function addSamples(hash: TextHash, text: string, short: number, end: number): void {
  if (text.length > short) return hash.addSamples(text, end, SAMPLES)
  hash.addNumber(text.length)
  hash.addText(text)
}
