/** Answers to messages requests as Anthropic puts them on the wire: one message, or the events that build it. */
import { type SaidChoice, split, textOf } from './chat-answer.ts'
import { type Counted, outputOf } from './counted.ts'
import { shapeOf } from './usage-shapes.ts'

export interface SaidMessage {
  id: string
  model: string
  /** Undefined where no thinking was asked for. */
  thinking: readonly string[] | undefined
  choice: SaidChoice
  counted: Counted
}

type Block = Readonly<Record<string, unknown>>

/** Each block as it stands in the end, with what a stream says of it piece by piece. */
interface BlockSaid {
  begin: Block
  deltas: readonly Block[]
  whole: Block
}

const STOP_REASONS = { stop: 'end_turn', length: 'max_tokens', tool_calls: 'tool_use' } as const
const THINKING_SIGNATURE = 'c2lnbmVkIGJ5IHRoZSBtb2Nr'

export function messageJson(said: SaidMessage): string {
  const content = blocksOf(said).map(({ whole }) => whole)
  return JSON.stringify({ ...head(said), content, ...stop(said), usage: usageOf(said.counted) })
}

/** With their names, each with its blank line. */
export function messageFrames(said: SaidMessage): string[] {
  const begun = { ...usageOf(said.counted), output_tokens: 1 }
  const message = { ...head(said), content: [], stop_reason: null, stop_sequence: null, usage: begun }
  const frames = [named('message_start', { message })]
  for (const [index, { begin, deltas }] of blocksOf(said).entries()) {
    frames.push(named('content_block_start', { index, content_block: begin }))
    if (index === 0) frames.push(named('ping', {}))
    for (const delta of deltas) frames.push(named('content_block_delta', { index, delta }))
    frames.push(named('content_block_stop', { index }))
  }
  const usage = { output_tokens: outputOf(said.counted) }
  frames.push(named('message_delta', { delta: stop(said), usage }), MESSAGE_STOP_FRAME)
  return frames
}

export function named(type: string, fields: Block): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`
}

export const MESSAGE_STOP_FRAME = named('message_stop', {})

function head({ id, model }: SaidMessage) {
  return { id, type: 'message', role: 'assistant', model }
}

function stop({ choice }: SaidMessage) {
  return { stop_reason: STOP_REASONS[choice.finishReason], stop_sequence: null }
}

function usageOf(it: Counted): Block {
  return { ...shapeOf('as-anthropic')?.wire(it), output_tokens: outputOf(it), service_tier: 'standard' }
}

function blocksOf({ thinking, choice }: SaidMessage): BlockSaid[] {
  const blocks = thinking === undefined ? [] : [thinkingBlock(thinking)]
  if (choice.pieces.length > 0) blocks.push(textBlock(choice))
  for (const call of choice.toolCalls) blocks.push(toolBlock(call))
  return blocks
}

function thinkingBlock(pieces: readonly string[]): BlockSaid {
  const signature = THINKING_SIGNATURE
  return {
    begin: { type: 'thinking', thinking: '', signature: '' },
    deltas: [
      ...pieces.map((thinking) => ({ type: 'thinking_delta', thinking })),
      { type: 'signature_delta', signature },
    ],
    whole: { type: 'thinking', thinking: pieces.join(''), signature },
  }
}

function textBlock(choice: SaidChoice): BlockSaid {
  return {
    begin: { type: 'text', text: '' },
    deltas: choice.pieces.map((text) => ({ type: 'text_delta', text })),
    whole: { type: 'text', text: textOf(choice) },
  }
}

function toolBlock(call: SaidChoice['toolCalls'][number]): BlockSaid {
  const id = call.id.replace(/^call_/, 'toolu_')
  const begin = { type: 'tool_use', id, name: call.name, input: {} }
  const pieces = ['', ...split(call.arguments)]
  return {
    begin,
    deltas: pieces.map((partial_json) => ({ type: 'input_json_delta', partial_json })),
    whole: { ...begin, input: JSON.parse(call.arguments) },
  }
}
