/** Chat answers as OpenAI puts them on the wire: one JSON object, or events. */
import { type Said, type SaidChoice, split, textOf } from './chat-answer.ts'

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
    logprobs: null,
    finish_reason: choice.finishReason,
  }))
  const rest = { usage: said.usage, service_tier: 'default', system_fingerprint: 'fp_mock' }
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
  const frame = (choices: readonly unknown[]) =>
    event({ ...common, choices, ...(includeUsage ? { usage: null } : {}) })
  const deltas = said.choices.flatMap(choiceDeltas)
  const frames = deltas.map((choice) => frame([choice]))
  if (includeUsage) frames.push(event({ ...common, choices: [], usage: said.usage }))
  frames.push(DONE_FRAME)
  return frames
}

export const DONE_FRAME = 'data: [DONE]\n\n'

export function event(data: unknown): string {
  return `data: ${JSON.stringify(data)}\n\n`
}

function choiceDeltas(choice: SaidChoice, index: number): unknown[] {
  const delta = (fields: unknown, finish: string | null = null) => ({
    index,
    delta: fields,
    logprobs: null,
    finish_reason: finish,
  })
  const calls = choice.toolCalls
  const deltas: unknown[] = []
  if (calls.length === 0) deltas.push(delta({ role: 'assistant', content: '', refusal: null }))
  for (const piece of choice.pieces) deltas.push(delta({ content: piece }))
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
