/** How a prompt is put together: what all conversations begin with, and their turns. */
import type { ModelRequest } from './model-request.ts'
import { type PromptPiece, promptOf } from './prompt.ts'
import { countOfLead, type PlacedMessage, roleOf, turnsOf } from './turns-of.ts'

interface Span {
  start: number
  end: number
}

/** Of one body: positions are that body's alone. */
export class PromptHead {
  /** Tools and what the system says at the beginning, in the order in which providers read them. */
  readonly head: readonly Span[]
  readonly headBytes: number
  /** Messages of the system that belong to the head. */
  readonly system: readonly PlacedMessage[]
  /** What follows first. */
  readonly first: PlacedMessage | undefined
  /** No model has said anything yet. */
  readonly isOpening: boolean
  readonly #request: ModelRequest
  readonly #messages: PromptPiece
  #turns: readonly PlacedMessage[] | undefined

  constructor(request: ModelRequest, apart: readonly Span[], messages: PromptPiece) {
    const list = Array.isArray(messages.value) ? messages.value : []
    const lead = countOfLead(list)
    const placed = placedOf(request, messages, lead + 1)
    this.system = placed.slice(0, lead)
    this.first = placed[lead]
    this.head = [...apart, ...this.system]
    let headBytes = 0
    for (const { start, end } of this.head) headBytes += end - start
    this.headBytes = headBytes
    this.isOpening = list.every((message) => roleOf(message) !== 'assistant')
    this.#request = request
    this.#messages = messages
  }

  /** The first and all that follow. Finding each takes as long as it is; what begins the prompt is told without that. */
  get turns(): readonly PlacedMessage[] {
    this.#turns ??= placedOf(this.#request, this.#messages).slice(this.system.length)
    return this.#turns
  }
}

/** Undefined where the body is no conversation. */
export function promptHead(request: ModelRequest): PromptHead | undefined {
  const { tools, system, messages } = promptOf(request) ?? {}
  if (messages === undefined || request.endpoint === 'completions') return undefined
  if (!Array.isArray(messages.value) && !isSole(request, messages)) return undefined
  const apart: Span[] = []
  if (tools !== undefined) apart.push(tools)
  if (system !== undefined) apart.push(system)
  return new PromptHead(request, apart, messages)
}

/** All that is said may be one text. */
function isSole({ endpoint }: ModelRequest, { value }: PromptPiece): boolean {
  return endpoint === 'responses' && typeof value === 'string'
}

function placedOf(
  request: ModelRequest,
  { start, end, value }: PromptPiece,
  most?: number,
): readonly PlacedMessage[] {
  return turnsOf(request, most)?.messages ?? [{ role: 'user', start, end, message: value }]
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
