/** Answers to responses requests as OpenAI puts them on the wire: one response, or the numbered events that build it. */
import { type SaidChoice, split, textOf } from './chat-answer.ts'
import { type Counted, inputOf, outputOf } from './counted.ts'
import { named } from './messages-wire.ts'

type Fields = Readonly<Record<string, unknown>>

export interface SaidResponse {
  id: string
  /** Unix seconds. */
  createdAt: number
  request: Fields
  choice: SaidChoice
  counted: Counted
  /** Names of the tools whose input is free text. */
  customTools: readonly unknown[]
}

/** What an item says in a stream between its first and its last event. */
interface ItemSaid {
  begin: Fields
  events: readonly { type: string; fields: Fields }[]
  whole: Fields
}

export function responseJson(said: SaidResponse): string {
  return JSON.stringify(finished(said), null, 2)
}

export function responseFrames(said: SaidResponse): string[] {
  const events: { type: string; fields: Fields }[] = []
  const add = (type: string, fields: Fields) => void events.push({ type, fields })
  const begun = response(said, { status: 'in_progress', output: [], usage: null })
  add('response.created', { response: begun })
  add('response.in_progress', { response: begun })
  for (const [index, item] of itemsOf(said).entries()) {
    const at = { item_id: item.whole.id, output_index: index }
    add('response.output_item.added', { output_index: index, item: item.begin })
    for (const { type, fields } of item.events) add(type, { ...at, ...fields })
    add('response.output_item.done', { output_index: index, item: item.whole })
  }
  const end = isCutShort(said) ? 'response.incomplete' : 'response.completed'
  add(end, { response: finished(said) })
  return events.map(({ type, fields }, sequence) => named(type, { sequence_number: sequence, ...fields }))
}

/** Of a response in the background: as it is before its end, or after another than the good one. */
export function unfinishedJson(said: SaidResponse, status: 'queued' | 'failed' | 'cancelled'): string {
  const error = status === 'failed' ? { code: 'server_error', message: 'It did not work out.' } : null
  return JSON.stringify(response(said, { status, background: true, output: [], usage: null, error }))
}

/** The response of a stream that failed after so many events. */
export function failedFrame(said: SaidResponse, sequence: number, error: Fields): string {
  const failed = response(said, { status: 'failed', output: [], usage: null, error })
  return named('response.failed', { sequence_number: sequence, response: failed })
}

function finished(said: SaidResponse): Fields {
  const { counted } = said
  return response(said, {
    status: isCutShort(said) ? 'incomplete' : 'completed',
    incomplete_details: isCutShort(said) ? { reason: 'max_output_tokens' } : null,
    output: itemsOf(said).map(({ whole }) => whole),
    usage: {
      input_tokens: inputOf(counted),
      input_tokens_details: {
        cached_tokens: counted.cache_read,
        cache_write_tokens: counted.cache_write_30m,
      },
      output_tokens: outputOf(counted),
      output_tokens_details: { reasoning_tokens: counted.reasoning },
      total_tokens: inputOf(counted) + outputOf(counted),
    },
  })
}

function response({ id, createdAt, request }: SaidResponse, state: Fields): Fields {
  return {
    id,
    object: 'response',
    created_at: createdAt,
    background: false,
    error: null,
    incomplete_details: null,
    instructions: request.instructions ?? null,
    max_output_tokens: request.max_output_tokens ?? null,
    model: request.model,
    parallel_tool_calls: request.parallel_tool_calls ?? true,
    previous_response_id: request.previous_response_id ?? null,
    reasoning: { effort: null, summary: null },
    service_tier: 'default',
    store: request.store ?? true,
    temperature: request.temperature ?? 1,
    text: request.text ?? { format: { type: 'text' } },
    tool_choice: request.tool_choice ?? 'auto',
    tools: request.tools ?? [],
    top_p: 1,
    truncation: 'disabled',
    metadata: request.metadata ?? {},
    ...state,
  }
}

function isCutShort({ choice }: SaidResponse): boolean {
  return choice.finishReason === 'length'
}

function itemsOf(said: SaidResponse): ItemSaid[] {
  const { choice, counted, id, customTools } = said
  const suffix = id.replace(/^resp_/, '')
  const items: ItemSaid[] = []
  if (counted.reasoning > 0) items.push(reasoningItem(`rs_${suffix}`))
  if (choice.toolCalls.length === 0) items.push(messageItem(`msg_${suffix}`, said))
  for (const [index, call] of choice.toolCalls.entries()) {
    const isCustom = customTools.includes(call.name)
    items.push(isCustom ? customItem(`ctc_${suffix}${index}`, call) : callItem(`fc_${suffix}${index}`, call))
  }
  return items
}

function reasoningItem(id: string): ItemSaid {
  const whole = { id, type: 'reasoning', summary: [] }
  return { begin: whole, events: [], whole }
}

function messageItem(id: string, said: SaidResponse): ItemSaid {
  const text = textOf(said.choice)
  const head = { id, type: 'message', role: 'assistant' }
  const part = { type: 'output_text', annotations: [], logprobs: [] }
  const at = { content_index: 0 }
  return {
    begin: { ...head, status: 'in_progress', content: [] },
    events: [
      { type: 'response.content_part.added', fields: { ...at, part: { ...part, text: '' } } },
      ...said.choice.pieces.map((delta) => ({
        type: 'response.output_text.delta',
        fields: { ...at, delta, logprobs: [] },
      })),
      { type: 'response.output_text.done', fields: { ...at, text, logprobs: [] } },
      { type: 'response.content_part.done', fields: { ...at, part: { ...part, text } } },
    ],
    whole: {
      ...head,
      status: isCutShort(said) ? 'incomplete' : 'completed',
      content: [{ ...part, text }],
    },
  }
}

function callItem(id: string, call: SaidChoice['toolCalls'][number]): ItemSaid {
  const head = { id, type: 'function_call', call_id: call.id, name: call.name }
  const type = 'response.function_call_arguments'
  return {
    begin: { ...head, status: 'in_progress', arguments: '' },
    events: [
      ...split(call.arguments).map((delta) => ({ type: `${type}.delta`, fields: { delta } })),
      { type: `${type}.done`, fields: { arguments: call.arguments, name: call.name } },
    ],
    whole: { ...head, status: 'completed', arguments: call.arguments },
  }
}

function customItem(id: string, call: SaidChoice['toolCalls'][number]): ItemSaid {
  const head = { id, type: 'custom_tool_call', call_id: call.id, name: call.name }
  const input = `the input of ${call.name}`
  const type = 'response.custom_tool_call_input'
  return {
    begin: { ...head, status: 'in_progress', input: '' },
    events: [
      ...split(input).map((delta) => ({ type: `${type}.delta`, fields: { delta } })),
      { type: `${type}.done`, fields: { input } },
    ],
    whole: { ...head, status: 'completed', input },
  }
}
