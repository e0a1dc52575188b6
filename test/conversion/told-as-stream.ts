/** Writes whole answers as the events in which their own API would stream them. */
import type { Frame } from '../../src/conversion/frame.ts'
import type { Fields } from './arbitrary-values.ts'

/** @param size characters of a delta */
export function messageAsEvents(message: Fields, size: number): Frame[] {
  const { content, stop_reason, stop_sequence, stop_details, usage, ...head } = message
  const { output_tokens, output_tokens_details, server_tool_use, ...atStart } = usage as Fields
  const start = { ...head, content: [], stop_reason: null, stop_sequence: null }
  const delta = { stop_reason, stop_sequence, ...(stop_details === undefined ? {} : { stop_details }) }
  return [
    { type: 'message_start', message: { ...start, usage: { ...atStart, output_tokens: 1 } } },
    { type: 'ping' },
    ...(content as Fields[]).flatMap((block, index) => blockEvents(block, index, size)),
    {
      type: 'message_delta',
      delta,
      usage: { output_tokens, input_tokens: null, output_tokens_details, server_tool_use },
    },
    { type: 'message_stop' },
  ].map((event: Fields) => ({ event: String(event.type), data: JSON.stringify(event) }))
}

function blockEvents(block: Fields, index: number, size: number): Fields[] {
  const { start, deltas } = asDeltas(block, size)
  return [
    { type: 'content_block_start', index, content_block: start },
    ...deltas.map((delta) => ({ type: 'content_block_delta', index, delta })),
    { type: 'content_block_stop', index },
  ]
}

function asDeltas(block: Fields, size: number): { start: Fields; deltas: Fields[] } {
  switch (block.type) {
    case 'text': {
      const citations = (block.citations ?? []) as Fields[]
      return {
        start: { ...block, text: '', citations: citations.length > 0 ? [] : null },
        deltas: [
          ...pieces(block.text, size).map((text) => ({ type: 'text_delta', text })),
          ...citations.map((citation) => ({ type: 'citations_delta', citation })),
        ],
      }
    }
    case 'thinking':
      return {
        start: { ...block, thinking: '', signature: '' },
        deltas: [
          ...pieces(block.thinking, size).map((thinking) => ({ type: 'thinking_delta', thinking })),
          { type: 'signature_delta', signature: block.signature },
        ],
      }
    case 'tool_use':
    case 'server_tool_use': {
      const text = Object.keys(block.input as Fields).length === 0 ? '' : JSON.stringify(block.input)
      return {
        start: { ...block, input: {} },
        deltas: ['', ...pieces(text, size)].map((json) => ({ type: 'input_json_delta', partial_json: json })),
      }
    }
    default:
      return { start: block, deltas: [] }
  }
}

/** @param interleaved whether pieces of several calls come by turns */
export function completionAsChunks(completion: Fields, size: number, interleaved: boolean): Frame[] {
  const { choices, usage, object: _, ...head } = completion
  const [choice] = choices as Fields[]
  const { message, finish_reason, index, logprobs, ...ending } = choice as Fields
  const { content, refusal, reasoning_content, tool_calls } = message as Fields
  const calls = ((tool_calls ?? []) as Fields[]).map((call, place) => callDeltas(call, place, size))
  const deltas: Fields[] = [
    { role: 'assistant', content: '' },
    ...pieces(reasoning_content, size).map((text) => ({ reasoning_content: text })),
    ...pieces(content, size).map((text) => ({ content: text })),
    ...pieces(refusal, size).map((text) => ({ refusal: text })),
    ...(interleaved ? byTurns(calls) : calls.flat()),
  ]
  const chunks: Fields[] = deltas.map((delta) => ({
    choices: [{ index, delta, logprobs, finish_reason: null }],
  }))
  chunks.push({ choices: [{ index, delta: {}, finish_reason, ...ending }] }, { choices: [], usage })
  return [
    ...chunks.map((chunk) => JSON.stringify({ ...head, object: 'chat.completion.chunk', ...chunk })),
    '[DONE]',
  ].map((data) => ({ event: undefined, data }))
}

function callDeltas({ id, type, function: called }: Fields, index: number, size: number): Fields[] {
  const { name, arguments: text } = called as Fields
  return [
    { tool_calls: [{ index, id, type, function: { name, arguments: '' } }] },
    ...pieces(text, size).map((piece) => ({ tool_calls: [{ index, function: { arguments: piece } }] })),
  ]
}

function byTurns(lists: readonly Fields[][]): Fields[] {
  const longest = Math.max(0, ...lists.map(({ length }) => length))
  return Array.from({ length: longest }, (_, at) => lists.flatMap<Fields>((list) => list[at] ?? [])).flat()
}

/** By whole characters, as providers cut them. */
function pieces(text: unknown, size: number): string[] {
  const characters = typeof text === 'string' ? Array.from(text) : []
  return Array.from({ length: Math.ceil(characters.length / size) }, (_, at) =>
    characters.slice(at * size, (at + 1) * size).join(''),
  )
}
