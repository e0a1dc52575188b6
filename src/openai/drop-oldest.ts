/** Which turns of a long conversation are left out, the oldest first. What the system says and the newest turn stay. */

import type { Splice } from './body-splice.ts'
import { isObject } from './is-object.ts'
import type { ModelRequest } from './model-request.ts'
import { type PlacedMessage, turnsOf } from './turns-of.ts'

export interface Dropped {
  splices: readonly Splice[]
  messages: number
  /** Of the text that was left out. */
  bytes: number
}

/**
 * Leaves out until at most `mostBytes` of text are left, or nothing but the newest turn is. A turn is what a user says and
 * everything up to the next word of theirs, so that no call of a tool loses its answer.
 * @param bytesOf text of a message, in bytes
 */
export function dropOldest(
  request: ModelRequest,
  textBytes: number,
  mostBytes: number,
  bytesOf: (message: PlacedMessage) => number,
): Dropped {
  const dropped = { splices: [] as Splice[], messages: 0, bytes: 0 }
  const messages = turnsOf(request)?.messages ?? []
  const turns = turnsIn(messages)
  const gone = new Set<PlacedMessage>()
  for (const turn of turns.slice(0, -1)) {
    if (textBytes - dropped.bytes <= mostBytes) break
    for (const message of turn) {
      gone.add(message)
      dropped.messages++
      dropped.bytes += bytesOf(message)
    }
  }
  dropped.splices = removalsOf(messages, gone)
  return dropped
}

/** Without what the system says. What stands before the user's first word belongs to it. */
function turnsIn(messages: readonly PlacedMessage[]): PlacedMessage[][] {
  const turns: PlacedMessage[][] = []
  for (const message of messages) {
    if (message.role === 'system') continue
    const last = turns.at(-1)
    const begins = message.role === 'user' && !answersTool(message) && last?.some(isUsers)
    if (last === undefined || begins) turns.push([message])
    else last.push(message)
  }
  return turns
}

function isUsers({ role }: PlacedMessage): boolean {
  return role === 'user'
}

/** Messages tell of what a tool gave back as a user's. */
function answersTool({ message }: PlacedMessage): boolean {
  if (!isObject(message) || !Array.isArray(message.content)) return false
  return message.content.some((part) => isObject(part) && part.type === 'tool_result')
}

/** With the commas: at least one message stays. */
function removalsOf(messages: readonly PlacedMessage[], gone: ReadonlySet<PlacedMessage>): Splice[] {
  const splices: Splice[] = []
  for (const [index, message] of messages.entries()) {
    const next = messages[index + 1]
    // The newest turn is never gone, so that each has one behind it.
    if (gone.has(message) && next !== undefined)
      splices.push({ start: message.start, end: next.start, text: '' })
  }
  return splices
}
