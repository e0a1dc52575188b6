/** Finds the byte spans of an object's members in one pass, so that edits can be spliced in and everything else stays as it came. */
import { Failure } from '../errors.ts'
import { jsonFailure } from './json-position.ts'
import type { Member } from './model-request.ts'

/** Deeper nesting is refused before anything recursive sees the body. */
export const MAX_NESTING = 128

export interface NamedMember extends Member {
  /** The key, decoded. */
  name: string
}

const QUOTE = 0x22
const BACKSLASH = 0x5c
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d
const OPEN_BRACKET = 0x5b
const CLOSE_BRACKET = 0x5d
const COMMA = 0x2c
const COLON = 0x3a

/**
 * Members of the object that `bytes` are, in their order, keyed by decoded name.
 * Values are skipped, not validated: a caller that needs valid JSON parses as well.
 * @throws Failure `duplicate_key`, `nesting_too_deep`; `invalid_json` where the structure is broken;
 * `invalid_request` where the JSON is no object.
 */
export function scanMembers(bytes: Uint8Array): ReadonlyMap<string, Member> {
  const start = afterSpace(bytes, hasByteOrderMark(bytes) ? 3 : 0)
  if (bytes[start] !== OPEN_BRACE) throw notAnObject(bytes)
  const members = new Map<string, Member>()
  const end = eachMember(bytes, start, (member) => {
    if (members.has(member.name)) {
      throw new Failure(
        'duplicate_key',
        `The key ${JSON.stringify(member.name)} appears twice; send it once.`,
        {
          param: member.name,
        },
      )
    }
    members.set(member.name, member)
  })
  if (afterSpace(bytes, end) !== bytes.length) throw broken(bytes)
  return members
}

/** Members of a nested object whose `{` is at `start`, duplicates included. */
export function scanObjectAt(bytes: Uint8Array, start: number): readonly NamedMember[] {
  const members: NamedMember[] = []
  eachMember(bytes, start, (member) => members.push(member))
  return members
}

/** Places of the items of an array whose `[` is at `start`; of no more than `most`, and what follows them is not looked at. */
export function scanArrayAt(
  bytes: Uint8Array,
  start: number,
  most = Number.POSITIVE_INFINITY,
): readonly { start: number; end: number }[] {
  const items: { start: number; end: number }[] = []
  let at = afterSpace(bytes, start + 1)
  while (items.length < most && bytes[at] !== CLOSE_BRACKET) {
    const end = afterValue(bytes, at, '')
    items.push({ start: at, end })
    at = afterSpace(bytes, end)
    if (bytes[at] === COMMA) at = afterSpace(bytes, at + 1)
    else if (bytes[at] !== CLOSE_BRACKET) throw broken(bytes)
  }
  return items
}

/** Returns the position after the object's `}`. */
function eachMember(bytes: Uint8Array, start: number, found: (member: NamedMember) => void): number {
  let at = afterSpace(bytes, start + 1)
  if (bytes[at] === CLOSE_BRACE) return at + 1
  for (;;) {
    if (bytes[at] !== QUOTE) throw broken(bytes)
    const keyStart = at
    const keyEnd = afterString(bytes, at)
    at = afterSpace(bytes, keyEnd)
    if (bytes[at] !== COLON) throw broken(bytes)
    const name = readKey(bytes, keyStart, keyEnd)
    const valueStart = afterSpace(bytes, at + 1)
    const valueEnd = afterValue(bytes, valueStart, name)
    found({ name, keyStart, valueStart, valueEnd })
    at = afterSpace(bytes, valueEnd)
    if (bytes[at] === CLOSE_BRACE) return at + 1
    if (bytes[at] !== COMMA) throw broken(bytes)
    at = afterSpace(bytes, at + 1)
  }
}

function afterValue(bytes: Uint8Array, start: number, name: string): number {
  const first = bytes[start]
  if (first === QUOTE) return afterString(bytes, start)
  if (first === OPEN_BRACE || first === OPEN_BRACKET) return afterContainer(bytes, start, name)
  let at = start
  for (; at < bytes.length; at++) {
    const byte = bytes[at] as number
    if (byte <= 0x20 || byte === COMMA || byte === CLOSE_BRACE || byte === CLOSE_BRACKET) break
  }
  if (at === start) throw broken(bytes)
  return at
}

function afterContainer(bytes: Uint8Array, start: number, name: string): number {
  // The object around it counts as the first level.
  let depth = 1
  let at = start
  while (at < bytes.length) {
    const byte = bytes[at] as number
    if (byte === QUOTE) {
      at = afterString(bytes, at)
      continue
    }
    // Bit 0x20 is all that tells `{` from `[`, and `}` from `]`.
    const bracket = byte & 0xdf
    if (bracket === OPEN_BRACKET) {
      depth++
      if (depth > MAX_NESTING) throw tooDeep(name)
    } else if (bracket === CLOSE_BRACKET) {
      depth--
      if (depth === 1) return at + 1
    }
    at++
  }
  throw broken(bytes)
}

/** From an opening quote to the position after the closing one. */
export function afterString(bytes: Uint8Array, start: number): number {
  let at = start + 1
  for (;;) {
    // Most strings are short; beyond that the engine's own search is many times faster than a loop.
    const near = Math.min(at + 48, bytes.length)
    for (; at < near; at++) {
      const byte = bytes[at]
      if (byte === QUOTE) return at + 1
      if (byte === BACKSLASH) at++
    }
    const quote = bytes.indexOf(QUOTE, at)
    if (quote === -1) throw broken(bytes)
    let backslash = quote
    while (backslash > at && bytes[backslash - 1] === BACKSLASH) backslash--
    at = quote + 1
    if ((quote - backslash) % 2 === 0) return at
  }
}

function afterSpace(bytes: Uint8Array, start: number): number {
  let at = start
  for (; at < bytes.length; at++) {
    const byte = bytes[at]
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) break
  }
  return at
}

function readKey(bytes: Uint8Array, start: number, end: number): string {
  let name = ''
  for (let at = start + 1; at < end - 1; at++) {
    const byte = bytes[at] as number
    if (byte === BACKSLASH || byte >= 0x80 || byte < 0x20) return decodeKey(bytes, start, end)
    name += String.fromCharCode(byte)
  }
  return name
}

function decodeKey(bytes: Uint8Array, start: number, end: number): string {
  try {
    return String(JSON.parse(new TextDecoder().decode(bytes.subarray(start, end))))
  } catch {
    throw broken(bytes)
  }
}

function hasByteOrderMark(bytes: Uint8Array): boolean {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf
}

function notAnObject(bytes: Uint8Array): Failure {
  return jsonFailure(bytes) ?? new Failure('invalid_request', 'The request body must be a JSON object.')
}

function tooDeep(name: string): Failure {
  return new Failure(
    'nesting_too_deep',
    `${JSON.stringify(name)} is nested deeper than ${MAX_NESTING} levels.`,
    {
      param: name,
    },
  )
}

function broken(bytes: Uint8Array): Failure {
  return jsonFailure(bytes) ?? new Failure('invalid_json', 'The request body is not valid JSON.')
}
