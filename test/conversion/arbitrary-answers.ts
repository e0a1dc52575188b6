/** Whole answers in the words of either API. */
import fc from 'fast-check'
import {
  base64,
  callId,
  type Fields,
  maybe,
  name,
  object,
  text,
  thinkingBlock,
  together,
} from './arbitrary-values.ts'

const count = fc.nat(100_000)

const freeformInput = fc.oneof(
  fc.string().map((input): Fields => ({ input })),
  object,
)
const toolUse = fc.oneof(
  fc.record({ type: fc.constant('tool_use'), id: callId, name, input: object }),
  fc.record({
    type: fc.constant('tool_use'),
    id: callId,
    name: fc.constant('freeform'),
    input: freeformInput,
  }),
)
const citation = { type: 'char_location', cited_text: 'a', document_index: 0, document_title: null }
const block = fc.oneof<fc.Arbitrary<Fields[]>[]>(
  text.map((said) => [{ type: 'text', text: said, citations: null }]),
  text.map((said) => [{ type: 'text', text: said, citations: [citation] }]),
  thinkingBlock.map((found) => [found]),
  toolUse.map((found) => [{ ...found, caller: { type: 'direct' } }]),
  object.map((input) => [
    { type: 'server_tool_use', id: 'srvtoolu_1', name: 'web_search', input },
    { type: 'web_search_tool_result', tool_use_id: 'srvtoolu_1', content: [] },
  ]),
)

const stop = fc.oneof<fc.Arbitrary<Fields>[]>(
  fc
    .constantFrom('end_turn', 'max_tokens', 'tool_use', 'pause_turn', 'model_context_window_exceeded')
    .map((reason) => ({ stop_reason: reason, stop_sequence: null })),
  name.map((sequence) => ({ stop_reason: 'stop_sequence', stop_sequence: sequence })),
  fc.constantFrom(null, 'It could do harm.').map((explanation) => ({
    stop_reason: 'refusal',
    stop_sequence: null,
    stop_details: { type: 'refusal', category: 'cyber', explanation },
  })),
)

/** A message as Anthropic's API answers it. */
export const message: fc.Arbitrary<Fields> = together(
  fc.record({
    id: base64.map((id) => `msg_${id}`),
    type: fc.constant('message'),
    role: fc.constant('assistant'),
    model: fc.constant('claude-opus-5-5'),
    content: fc.array(block, { maxLength: 4 }).map((found) => found.flat()),
    usage: together(
      fc.record({
        input_tokens: count,
        output_tokens: count,
        cache_read_input_tokens: count,
        cache_creation_input_tokens: count,
        service_tier: fc.constantFrom('standard', 'priority'),
      }),
      maybe({
        output_tokens_details: fc.record({ thinking_tokens: count }),
        server_tool_use: fc.record({ web_search_requests: count, web_fetch_requests: count }),
      }),
    ),
  }),
  stop,
)

const toolCall = fc.record({
  id: callId,
  type: fc.constant('function'),
  function: fc.record({ name, arguments: object.map((input) => JSON.stringify(input, null, 1)) }),
})

/** A chat completion with one choice. */
export const completion: fc.Arbitrary<Fields> = fc
  .record({
    id: base64.map((id) => `chatcmpl-${id}`),
    content: fc.option(text),
    reasoning: fc.option(text),
    refusal: fc.option(text),
    calls: fc.uniqueArray(toolCall, { maxLength: 3, selector: ({ id }) => id }),
    finish: fc.constantFrom('stop', 'length', 'tool_calls', 'content_filter'),
    stopped: fc.option(name),
    usage: together(
      fc.record({
        prompt_tokens: fc.integer({ min: 50_000, max: 90_000 }),
        completion_tokens: count,
        total_tokens: count,
      }),
      maybe({
        prompt_tokens_details: fc.record({ cached_tokens: fc.nat(40_000) }),
        completion_tokens_details: fc.record({ reasoning_tokens: count }),
      }),
    ),
    tier: fc.constantFrom('default', 'priority', 'flex'),
  })
  .map(({ id, content, reasoning, refusal, calls, finish, stopped, usage, tier }) => ({
    id,
    object: 'chat.completion',
    created: 1_764_000_000,
    model: 'gpt-5.5',
    service_tier: tier,
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content,
          refusal,
          ...(reasoning === null ? {} : { reasoning_content: reasoning }),
          ...(calls.length === 0 ? {} : { tool_calls: calls }),
        },
        logprobs: null,
        finish_reason: finish,
        ...(stopped === null ? {} : { stop_reason: stopped }),
      },
    ],
    usage,
  }))
