/** How a prompt is put together: what all conversations begin with, and their turns. */
import type { ModelRequest } from './model-request.ts'
import { type PlacedMessage, turnsOf } from './turns-of.ts'

interface Span {
  start: number
  end: number
}

export interface PromptHead {
  /** Tools and what the system says at the beginning, in the order in which providers read them. */
  head: readonly Span[]
  headBytes: number
  /** Messages of the system that belong to the head. */
  system: readonly PlacedMessage[]
  /** What follows. */
  turns: readonly PlacedMessage[]
}

/** Undefined where the body is no conversation; the answer holds for that body's bytes alone. */
export function promptHead(request: ModelRequest): PromptHead | undefined {
  const messages = turnsOf(request)?.messages ?? soleInput(request)
  if (messages === undefined) return undefined
  const { members } = request
  const head: Span[] = []
  for (const name of ['tools', 'functions', 'system', 'instructions']) {
    const member = members.get(name)
    if (member !== undefined) head.push({ start: member.valueStart, end: member.valueEnd })
  }
  const firstTurn = messages.findIndex(({ role }) => role !== 'system')
  const system = firstTurn < 0 ? messages : messages.slice(0, firstTurn)
  for (const { start, end } of system) head.push({ start, end })
  let headBytes = 0
  for (const { start, end } of head) headBytes += end - start
  return { head, headBytes, system, turns: firstTurn < 0 ? [] : messages.slice(firstTurn) }
}

/** All that is said may be one text. */
function soleInput({ endpoint, members, body }: ModelRequest): readonly PlacedMessage[] | undefined {
  const input = endpoint === 'responses' && typeof body.input === 'string' ? members.get('input') : undefined
  return input && [{ role: 'user', start: input.valueStart, end: input.valueEnd, message: body.input }]
}

/** The last message that is not a model's; and the last one that stood there a request ago. */
export function newestAndEarlier(turns: readonly PlacedMessage[]): {
  newest: PlacedMessage | undefined
  earlier: PlacedMessage | undefined
} {
  let at = lastAsking(turns, turns.length)
  const newest = turns[at]
  while (at >= 0 && turns[at]?.role !== 'assistant') at--
  return { newest, earlier: turns[lastAsking(turns, at)] }
}

function lastAsking(turns: readonly PlacedMessage[], before: number): number {
  let at = before - 1
  while (at >= 0 && turns[at]?.role !== 'user' && turns[at]?.role !== 'tool') at--
  return at
}
