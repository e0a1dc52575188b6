import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { chatAnswerAsResponse } from '../../src/conversion/chat-answer-as-response.ts'
import { responsesRequestAsChat } from '../../src/conversion/responses-request-as-chat.ts'
import { type ChatCall, chatAnswer } from './chat-answers.ts'
import { problemsWith } from './response-schema.ts'

type Fields = Record<string, unknown>

const ANSWER = {
  id: 'chatcmpl-9x',
  object: 'chat.completion',
  created: 7,
  model: 'small-1',
  service_tier: 'flex',
  choices: [
    {
      index: 0,
      message: {
        role: 'assistant',
        content: 'Let me look.',
        reasoning_content: 'A tool knows.',
        tool_calls: [{ id: 'call_1', type: 'function', function: { name: 'f', arguments: '{"a":1}' } }],
      },
      finish_reason: 'tool_calls',
    },
  ],
  usage: { prompt_tokens: 30, completion_tokens: 12, prompt_cache_hit_tokens: 20 },
}

describe('chatAnswerAsResponse', () => {
  it('is the response object that OpenAI would send', () => {
    const request = {
      model: 'asked',
      input: 'x',
      instructions: 'Be brief.',
      metadata: { a: 'b' },
      store: true,
    }
    const response = chatAnswerAsResponse(ANSWER, request, { created: 7 })
    expect(response).toMatchObject({
      id: 'resp_9x',
      object: 'response',
      created_at: 7,
      status: 'completed',
      error: null,
      incomplete_details: null,
      instructions: 'Be brief.',
      model: 'small-1',
      service_tier: 'flex',
      store: false,
      metadata: { a: 'b' },
      temperature: 1,
      usage: {
        input_tokens: 30,
        input_tokens_details: { cached_tokens: 20, cache_write_tokens: 0 },
        output_tokens: 12,
        output_tokens_details: { reasoning_tokens: 0 },
        total_tokens: 42,
      },
    })
    expect(response.output).toEqual([
      {
        id: 'rs_9x_0',
        type: 'reasoning',
        summary: [],
        content: [{ type: 'reasoning_text', text: 'A tool knows.' }],
      },
      {
        id: 'msg_9x_1',
        type: 'message',
        role: 'assistant',
        status: 'completed',
        content: [{ type: 'output_text', text: 'Let me look.', annotations: [], logprobs: [] }],
      },
      {
        id: 'fc_9x_2',
        type: 'function_call',
        status: 'completed',
        call_id: 'call_1',
        name: 'f',
        arguments: '{"a":1}',
      },
    ])
    expect(problemsWith('Response', response)).toEqual([])
  })

  it('tells reasoning as a summary to a caller who asked for one', () => {
    const response = chatAnswerAsResponse(ANSWER, { reasoning: { summary: 'auto' } }, { created: 7 })
    expect((response.output as Fields[])[0]).toEqual({
      id: 'rs_9x_0',
      type: 'reasoning',
      summary: [{ type: 'summary_text', text: 'A tool knows.' }],
    })
  })

  it.each([
    ['stop', 'completed', null],
    ['tool_calls', 'completed', null],
    ['eos', 'completed', null],
    [null, 'completed', null],
    ['length', 'incomplete', { reason: 'max_output_tokens' }],
    ['content_filter', 'incomplete', { reason: 'content_filter' }],
  ])('ends as the finish reason %s says', (finish, status, details) => {
    const choices = [{ index: 0, message: { role: 'assistant', content: 'x' }, finish_reason: finish }]
    const response = chatAnswerAsResponse({ ...ANSWER, choices }, {}, { created: 7 })
    expect(response).toMatchObject({ status, incomplete_details: details, output: [{ status }] })
  })

  it('takes answers of any shape', () => {
    for (const answer of [
      {},
      { choices: [] },
      { choices: [null] },
      { choices: [{ message: 'x' }] },
      { choices: [{ message: { tool_calls: [7, {}] } }] },
    ]) {
      expect(problemsWith('Response', chatAnswerAsResponse(answer, { model: 'm' }, { created: 1 }))).toEqual(
        [],
      )
    }
  })

  it('gives items that, sent back as input, are the message that they came from', () => {
    fc.assert(
      fc.property(chatAnswer, fc.boolean(), (answer, wantsSummary) => {
        // Citations are for readers: models are not told them again.
        const { annotations: _, ...message } = answer.choices[0].message
        fc.pre(message.content === null || message.refusal === undefined)
        const request = wantsSummary ? { reasoning: { summary: 'auto' } } : {}
        const { output } = chatAnswerAsResponse(answer as never, request, { created: 1 })
        const { body, notes } = responsesRequestAsChat({ model: 'm', input: output })
        const isEmpty = Object.keys(message).length === 2 && message.content === null
        const onlyThought = message.content === null && !message.tool_calls && message.refusal === undefined
        const said = {
          ...message,
          ...(message.tool_calls && { tool_calls: message.tool_calls.map(asFunction) }),
        }
        const expected = onlyThought ? { ...said, content: '' } : said
        expect(body.messages).toEqual(isEmpty ? [] : [expected])
        expect(notes).toEqual([])
      }),
    )
  })
})

/** How models that know functions alone are told of a call. */
function asFunction(call: ChatCall): ChatCall {
  const { id, custom } = call
  if (custom === undefined) return call
  const args = JSON.stringify({ input: custom.input })
  return { id, type: 'function', function: { name: custom.name, arguments: args } }
}

describe('problemsWith', () => {
  const response = chatAnswerAsResponse(ANSWER, {}, { created: 7 })

  it('finds what is missing, of another type or unknown', () => {
    const [reasoning, message] = response.output as [Fields, Fields]
    expect(problemsWith('Response', { ...response, id: undefined })).toEqual(['Response.id: is missing'])
    expect(problemsWith('Response', { ...response, created_at: 'now' })).toEqual([
      'Response.created_at: "now" is no number',
    ])
    expect(problemsWith('Response', { ...response, status: 'done' })).toEqual([
      'Response.status: "done" is not known',
    ])
    const output = [reasoning, { ...message, content: [{ type: 'output_text', text: 'x', annotations: [] }] }]
    expect(problemsWith('Response', { ...response, output })).toEqual([
      'Response.output[1].content[0].logprobs: is missing',
    ])
  })
})
