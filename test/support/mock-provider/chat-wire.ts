/** Chat answers as OpenAI puts them on the wire: one JSON object, or events. */
import { type Said, type SaidChoice, split, textOf } from './chat-answer.ts'
import { logprobsOf, type Sureness } from './scripted-words.ts'
import type { UsageShape } from './usage-shapes.ts'

export interface Identity {
  id: string
  /** Unix seconds. */
  created: number
  model: string
}

/** `chat.completion`, as bytes. */
export function completionJson(said: Said, { id, created, model }: Identity): string {
  const choices = said.choices.map((choice, index) => ({
    index,
    message: {
      role: 'assistant',
      content: choice.toolCalls.length > 0 ? null : textOf(choice),
      ...(choice.toolCalls.length > 0 ? { tool_calls: choice.toolCalls.map(wholeCall) } : {}),
      refusal: null,
      annotations: [],
    },
    logprobs: logprobsOf(choice.pieces, said.sureness),
    finish_reason: choice.finishReason,
  }))
  const rest = { usage: wireUsage(said), service_tier: 'default', system_fingerprint: 'fp_mock' }
  return JSON.stringify({ id, object: 'chat.completion', created, model, choices, ...rest }, null, 2)
}

/**
 * The events of a stream, each with its blank line. With `includeUsage` every chunk carries `usage: null`
 * and one more, without choices, carries the figures; without it the word does not occur.
 */
export function completionFrames(said: Said, identity: Identity, includeUsage: boolean): string[] {
  const { id, created, model } = identity
  const head = { id, object: 'chat.completion.chunk', created, model }
  const common = { ...head, service_tier: 'default', system_fingerprint: 'fp_mock' }
  const isTold = includeUsage || said.shape?.unasked === true
  const place = isTold ? (said.shape?.place ?? 'own_chunk') : undefined
  const deltas = said.choices.flatMap((choice, index) => choiceDeltas(choice, index, said.sureness))
  const frames = deltas.map((choice, index) => {
    const usage = usageBeside(said, place, index, deltas.length)
    return event({ ...common, choices: [choice], ...(place === undefined ? {} : { usage }) })
  })
  const isApart = place === 'own_chunk' || place === 'every_chunk'
  if (isApart) frames.push(event({ ...common, choices: [], usage: wireUsage(said) }))
  frames.push(DONE_FRAME)
  return frames
}

function wireUsage({ usage, shape, counted }: Said): unknown {
  return shape === undefined ? usage : shape.wire(counted)
}

/** What a chunk with a choice says of usage: nothing, but where all is told with the last one, or counted on in each. */
function usageBeside(
  said: Said,
  place: UsageShape['place'] | undefined,
  index: number,
  length: number,
): unknown {
  if (place === 'finish_chunk' && index === length - 1) return wireUsage(said)
  if (place !== 'every_chunk') return null
  return said.shape?.wire({ ...said.counted, output: Math.min(index, said.counted.output) })
}

export const DONE_FRAME = 'data: [DONE]\n\n'

export function event(data: unknown): string {
  return `data: ${JSON.stringify(data)}\n\n`
}

function choiceDeltas(choice: SaidChoice, index: number, sureness: Sureness | undefined): unknown[] {
  const delta = (fields: unknown, finish: string | null = null, logprobs: unknown = null) => ({
    index,
    delta: fields,
    logprobs,
    finish_reason: finish,
  })
  const calls = choice.toolCalls
  const deltas: unknown[] = []
  if (calls.length === 0) deltas.push(delta({ role: 'assistant', content: '', refusal: null }))
  for (const piece of choice.pieces)
    deltas.push(delta({ content: piece }, null, logprobsOf([piece], sureness)))
  for (const [position, call] of calls.entries()) {
    const opening = {
      index: position,
      id: call.id,
      type: 'function',
      function: { name: call.name, arguments: '' },
    }
    const role = position === 0 ? { role: 'assistant', content: null } : {}
    deltas.push(delta({ ...role, tool_calls: [opening] }))
    for (const piece of split(call.arguments)) {
      deltas.push(delta({ tool_calls: [{ index: position, function: { arguments: piece } }] }))
    }
  }
  deltas.push(delta({}, choice.finishReason))
  return deltas
}

function wholeCall(call: { id: string; name: string; arguments: string }) {
  return { id: call.id, type: 'function', function: { name: call.name, arguments: call.arguments } }
}
