/** Where a text stops being JSON, in lines and columns: slow and strict, run only once a request is known to be broken. */
import { Failure } from '../errors.ts'

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
const WORD = /true|false|null/y
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y

/** `invalid_json` for a body that is not JSON, or undefined where it is. */
export function jsonFailure(bytes: Uint8Array): Failure | undefined {
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    const before = new TextDecoder().decode(bytes.subarray(0, invalidUtf8At(bytes)))
    return failureAt(before, before.length, 'the bytes there are not UTF-8')
  }
  if (text.trim() === '') return new Failure('invalid_json', 'The request body is empty; send a JSON object.')
  const position = brokenAt(text)
  if (position === undefined) return undefined
  const found = position < text.length ? `${JSON.stringify(characterAt(text, position))} is` : 'the end is'
  return failureAt(text, position, `${found} unexpected`)
}

function failureAt(text: string, position: number, problem: string): Failure {
  const before = text.slice(0, position)
  const line = before.split('\n').length
  const column = position - before.lastIndexOf('\n')
  return new Failure(
    'invalid_json',
    `The request body is not valid JSON: ${problem} at line ${line}, column ${column}.`,
  )
}

/** Index of the first character that JSON does not allow, the text's length where it ends too early. */
function brokenAt(text: string): number | undefined {
  const open: ('{' | '[')[] = []
  let at = afterSpace(text, 0)
  for (;;) {
    // A value starts here.
    const character = text[at]
    if (character === '{' || character === '[') {
      open.push(character)
      at = afterSpace(text, at + 1)
      if (character === '[' && text[at] !== ']') continue
      if (character === '{' && text[at] !== '}') {
        const key = afterKey(text, at)
        if (key.broken) return key.at
        at = key.at
        continue
      }
    } else {
      const scalar = afterScalar(text, at)
      if (scalar.broken) return scalar.at
      at = afterSpace(text, scalar.at)
    }
    // A value has ended, or an empty container is about to.
    while (open.length > 0 && text[at] === (open.at(-1) === '{' ? '}' : ']')) {
      open.pop()
      at = afterSpace(text, at + 1)
    }
    const container = open.at(-1)
    if (container === undefined) return at === text.length ? undefined : at
    if (text[at] !== ',') return at
    at = afterSpace(text, at + 1)
    if (container === '[') continue
    const key = afterKey(text, at)
    if (key.broken) return key.at
    at = key.at
  }
}

function afterKey(text: string, start: number): { at: number; broken: boolean } {
  const key = afterString(text, start)
  if (key.broken) return key
  const colon = afterSpace(text, key.at)
  if (text[colon] !== ':') return { at: colon, broken: true }
  return { at: afterSpace(text, colon + 1), broken: false }
}

function afterScalar(text: string, start: number): { at: number; broken: boolean } {
  if (text[start] === '"') return afterString(text, start)
  const code = text.charCodeAt(start)
  const end = skip(code < 0x61 ? NUMBER : WORD, text, start)
  return { at: end, broken: end === start }
}

/** Inside an unfinished string the fault is where it breaks, not where it starts. A loop, because a pattern overflows on megabytes. */
function afterString(text: string, start: number): { at: number; broken: boolean } {
  if (text[start] !== '"') return { at: start, broken: true }
  let at = start + 1
  while (at < text.length) {
    const code = text.charCodeAt(at)
    if (code === 0x22) return { at: at + 1, broken: false }
    if (code < 0x20) break
    const next = code === 0x5c ? skip(ESCAPE, text, at) : at + 1
    if (next === at) break
    at = next
  }
  return { at, broken: true }
}

function afterSpace(text: string, start: number): number {
  let at = start
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) break
  }
  return at
}

function skip(pattern: RegExp, text: string, start: number): number {
  pattern.lastIndex = start
  return pattern.test(text) ? pattern.lastIndex : start
}

function characterAt(text: string, position: number): string {
  return String.fromCodePoint(text.codePointAt(position) ?? 0)
}

function invalidUtf8At(bytes: Uint8Array): number {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  const step = 4096
  let good = 0
  try {
    for (; good < bytes.length; good += step) {
      decoder.decode(bytes.subarray(good, good + step), { stream: true })
    }
  } catch {
    // Narrowed down below.
  }
  const narrow = new TextDecoder('utf-8', { fatal: true })
  narrow.decode(bytes.subarray(0, good), { stream: true })
  try {
    for (; good < bytes.length; good++) narrow.decode(bytes.subarray(good, good + 1), { stream: true })
  } catch {
    return good
  }
  return bytes.length
}
