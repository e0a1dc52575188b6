import { describe, expect, it } from 'vitest'
import { chatRequestAsMessages } from '../../src/conversion/chat-request-as-messages.ts'
import { Failure } from '../../src/errors.ts'
import type { Fields } from './arbitrary-values.ts'

const USER = { role: 'user', content: 'hi' }
const TOOL = { type: 'function', function: { name: 'f' } }
const CALL = { id: 'call_1', type: 'function', function: { name: 'f', arguments: '{"a":1}' } }

describe('chatRequestAsMessages', () => {
  it.each([
    ['medium', 50, ['reasoning_effort: left out, thinking needs max_tokens beyond 1024.']],
    [
      'high',
      5000,
      [
        'reasoning_effort: thinking was bounded by max_tokens.',
        'reasoning_effort: said as 4999 tokens of thinking at most.',
      ],
    ],
    ['medium', 9000, ['reasoning_effort: said as 4096 tokens of thinking at most.']],
  ])('tells what became of the effort %s within %d tokens, and no more', (effort, most, notes) => {
    const asked = { model: 'claude-sonnet-4-5', messages: [USER], reasoning_effort: effort, max_tokens: most }
    expect(convert(asked).notes).toEqual(notes)
  })

  it('says a plain request', () => {
    expect(
      convert({ model: 'claude-opus-5', messages: [{ role: 'system', content: 'Be brief.' }, USER] }),
    ).toEqual({
      body: {
        model: 'claude-opus-5',
        max_tokens: 4096,
        system: 'Be brief.',
        messages: [{ role: 'user', content: 'hi' }],
      },
      notes: [],
    })
  })

  it.each<[string, string, Fields, Fields]>([
    [
      'a budget before 4.6',
      'claude-sonnet-4-5',
      { reasoning_effort: 'medium' },
      { thinking: { type: 'enabled', budget_tokens: 4096 }, max_tokens: 8192 },
    ],
    [
      'an effort from 4.6 on',
      'claude-opus-4-6',
      { reasoning_effort: 'high' },
      { thinking: { type: 'adaptive' }, output_config: { effort: 'high' }, max_tokens: 4096 },
    ],
    [
      'xhigh, where it is known',
      'claude-opus-5-5',
      { reasoning_effort: 'xhigh' },
      { output_config: { effort: 'xhigh' } },
    ],
    [
      'xhigh, where it is not',
      'claude-opus-4-6',
      { reasoning_effort: 'xhigh' },
      { output_config: { effort: 'high' } },
    ],
    ['minimal', 'claude-opus-5', { reasoning_effort: 'minimal' }, { output_config: { effort: 'low' } }],
    [
      'none, where silence says it',
      'claude-opus-4-8',
      { reasoning_effort: 'none' },
      { thinking: undefined, output_config: undefined },
    ],
    [
      'none, where it is to be said',
      'claude-opus-5',
      { reasoning_effort: 'none' },
      { thinking: { type: 'disabled' } },
    ],
    [
      'none, to Sonnet 5.5',
      'claude-sonnet-5-5',
      { reasoning_effort: 'none' },
      { thinking: { type: 'between_tools' } },
    ],
    [
      'none, where it cannot be had',
      'claude-opus-5-5',
      { reasoning_effort: 'none' },
      { thinking: undefined, output_config: { effort: 'low' } },
    ],
    [
      'an effort to a model that does not think',
      'claude-3-5-haiku-latest',
      { reasoning_effort: 'high' },
      { thinking: undefined },
    ],
    [
      'a budget within max_tokens',
      'claude-haiku-4-5',
      { reasoning_effort: 'high', max_tokens: 5000 },
      { thinking: { type: 'enabled', budget_tokens: 4999 }, max_tokens: 5000 },
    ],
    [
      'no budget without room',
      'claude-haiku-4-5',
      { reasoning_effort: 'high', max_tokens: 500 },
      { thinking: undefined, max_tokens: 500 },
    ],
    [
      "LiteLLM's thinking",
      'claude-haiku-4-5',
      { thinking: { type: 'enabled', budget_tokens: 2000 } },
      { thinking: { type: 'enabled', budget_tokens: 2000 }, max_tokens: 6096 },
    ],
    [
      'thinking that is switched off, where it cannot be',
      'claude-opus-5-5',
      { thinking: { type: 'disabled' } },
      { thinking: undefined, output_config: { effort: 'low' } },
    ],
    [
      "LiteLLM's thinking to a model without budgets",
      'claude-opus-5-5',
      { thinking: { type: 'enabled', budget_tokens: 20_000 } },
      { thinking: { type: 'adaptive' }, output_config: { effort: 'high' } },
    ],
  ])('says %s', (_name, model, fields, expected) => {
    const { body } = convert({ model, messages: [USER], ...fields })
    expect(stated(body, expected)).toEqual(expected)
  })

  it.each<[string, string, Fields, Fields, string | undefined]>([
    ['up to 1', 'claude-sonnet-4-5', { temperature: 0.3 }, { temperature: 0.3 }, undefined],
    ['beyond 1', 'claude-sonnet-4-5', { temperature: 1.7 }, { temperature: 1 }, 'temperature: said as 1'],
    [
      'to a model without sampling',
      'claude-opus-5',
      { temperature: 0.3, top_p: 0.5 },
      { temperature: undefined, top_p: undefined },
      'temperature: left out',
    ],
    [
      'at its default, to a model without sampling',
      'claude-opus-5',
      { temperature: 1, top_p: 1 },
      { temperature: undefined, top_p: undefined },
      undefined,
    ],
    [
      'beside top_p, to a model that takes one',
      'claude-sonnet-4-5',
      { temperature: 0.3, top_p: 0.5 },
      { temperature: 0.3, top_p: undefined },
      'top_p: left out',
    ],
    [
      'with thinking',
      'claude-sonnet-4-20250514',
      { temperature: 0.3, reasoning_effort: 'low' },
      { temperature: undefined },
      'temperature: left out',
    ],
  ])('says temperature %s', (_name, model, fields, expected, note) => {
    const { body, notes } = convert({ model, messages: [USER], ...fields })
    expect(stated(body, expected)).toEqual(expected)
    const told = notes.filter((found) => !found.startsWith('reasoning_effort'))
    if (note === undefined) expect(told).toEqual([])
    else expect(told[0]).toContain(note)
  })

  it('tells what it leaves out, but not what said nothing', () => {
    const { notes } = convert({
      model: 'claude-opus-5',
      messages: [USER],
      seed: 7,
      logprobs: false,
      presence_penalty: 0,
      frequency_penalty: 0.5,
      logit_bias: {},
      n: 1,
      metadata: { a: 'b' },
      response_format: { type: 'json_object' },
      stream_options: { include_usage: true },
      future_field: 'x',
    })
    expect(notes.map((note) => note.split(':')[0])).toEqual([
      'response_format',
      'seed',
      'frequency_penalty',
      'metadata',
      'future_field',
    ])
  })

  it.each<[string, Fields]>([
    ['n', { n: 2 }],
    ['logprobs', { logprobs: true }],
    ['web_search_options', { web_search_options: { search_context_size: 'low' } }],
    ['functions', { functions: [{ name: 'f' }] }],
    ['modalities', { modalities: ['text', 'audio'] }],
    ['tools[0]', { tools: [{ type: 'custom', custom: {} }] }],
    ['tools[0]', { tools: [{ type: 'code_interpreter' }] }],
    [
      'messages[0].content[0]',
      { messages: [{ role: 'user', content: [{ type: 'input_audio', input_audio: {} }] }] },
    ],
    [
      'messages[0].content[1]',
      {
        messages: [
          {
            role: 'user',
            content: [
              { type: 'text', text: 'a' },
              { type: 'image_url', image_url: { url: 'ftp://x' } },
            ],
          },
        ],
      },
    ],
    [
      'messages[0].content[0]',
      {
        messages: [
          {
            role: 'user',
            content: [{ type: 'file', file: { file_data: 'data:application/zip;base64,AAAA' } }],
          },
        ],
      },
    ],
    ['messages[0]', { messages: [{ role: 'function', content: 'x' }] }],
    ['messages', { messages: [{ role: 'user', content: [] }] }],
  ])('refuses what cannot be said: %s', (param, fields) => {
    const refused = refusal({ model: 'claude-opus-5', messages: [USER], ...fields })
    expect(refused).toMatchObject({ code: 'invalid_request', status: 400, param })
    expect(refused.message).toContain(param)
  })

  it('joins several results and what the user says then into one turn', () => {
    const { body } = convert({
      model: 'claude-opus-5',
      tools: [TOOL],
      messages: [
        USER,
        { role: 'assistant', content: null, tool_calls: [CALL, { ...CALL, id: 'call.2' }] },
        { role: 'tool', tool_call_id: 'call_1', content: 'one' },
        { role: 'tool', tool_call_id: 'call.2', content: 'two' },
        { role: 'user', content: 'and now?' },
      ],
    })
    expect(body.messages).toEqual([
      { role: 'user', content: 'hi' },
      {
        role: 'assistant',
        content: [
          { type: 'tool_use', id: 'call_1', name: 'f', input: { a: 1 } },
          { type: 'tool_use', id: 'call_2', name: 'f', input: { a: 1 } },
        ],
      },
      {
        role: 'user',
        content: [
          { type: 'tool_result', tool_use_id: 'call_1', content: 'one' },
          { type: 'tool_result', tool_use_id: 'call_2', content: 'two' },
          { type: 'text', text: 'and now?' },
        ],
      },
    ])
  })

  it('keeps ids apart that Anthropic would take for the same', () => {
    const calls = ['a.b', 'a:b'].map((id) => ({ ...CALL, id }))
    const { body } = convert({
      model: 'claude-opus-5',
      tools: [TOOL],
      messages: [
        USER,
        { role: 'assistant', tool_calls: calls },
        { role: 'tool', tool_call_id: 'a:b', content: 'x' },
      ],
    })
    expect(JSON.stringify(body.messages)).toMatch(/"id":"a_b".*"id":"a_b_2".*"tool_use_id":"a_b_2"/)
  })

  it('names tools from the calls where the request has none', () => {
    const { body, notes } = convert({
      model: 'claude-opus-5',
      messages: [
        USER,
        { role: 'assistant', tool_calls: [CALL] },
        { role: 'tool', tool_call_id: 'call_1', content: 'x' },
      ],
    })
    expect(body).toMatchObject({ tools: [{ name: 'f' }], tool_choice: { type: 'none' } })
    expect(notes).toHaveLength(1)
  })

  it('asks for no thinking where a tool must be called, or a call has lost its thinking', () => {
    const forced = convert({
      model: 'claude-haiku-4-5',
      messages: [USER],
      tools: [TOOL],
      tool_choice: 'required',
      reasoning_effort: 'low',
    })
    expect(forced.body.thinking).toBeUndefined()
    const messages = [
      USER,
      { role: 'assistant', tool_calls: [CALL] },
      { role: 'tool', tool_call_id: 'call_1', content: 'x' },
    ]
    const lost = convert({ model: 'claude-haiku-4-5', messages, tools: [TOOL], reasoning_effort: 'low' })
    expect(lost.body.thinking).toBeUndefined()
    expect(lost.notes.join()).toContain('blocks of before')
  })

  it('leaves a system message where it stands, where the model takes it', () => {
    const messages = [
      USER,
      { role: 'system', content: 'In French.' },
      { role: 'assistant', content: 'Salut' },
      USER,
    ]
    expect(convert({ model: 'claude-opus-5', messages }).body.messages).toHaveLength(4)
    const moved = convert({ model: 'claude-sonnet-4-5', messages })
    expect(moved.body).toMatchObject({ system: 'In French.' })
    expect(moved.notes[0]).toContain('messages[1]: moved')
  })

  it('says allowed tools by leaving out the others', () => {
    const { body } = convert({
      model: 'claude-opus-4-6',
      messages: [USER],
      tools: [TOOL, { type: 'function', function: { name: 'g', parameters: { properties: {} } } }],
      tool_choice: {
        type: 'allowed_tools',
        allowed_tools: { mode: 'required', tools: [{ type: 'function', function: { name: 'g' } }] },
      },
      parallel_tool_calls: false,
    })
    expect(body).toMatchObject({
      tools: [{ name: 'g', input_schema: { type: 'object', properties: {} } }],
      tool_choice: { type: 'any', disable_parallel_tool_use: true },
    })
    expect(body.tools).toHaveLength(1)
  })

  it('forgets carried blocks that the caller has edited', () => {
    const blocks = [
      { type: 'text', text: 'old' },
      { type: 'thinking', thinking: 'hm', signature: 's' },
    ]
    const { body } = convert({
      model: 'claude-opus-5',
      messages: [USER, { role: 'assistant', content: 'new', content_blocks: blocks }, USER],
    })
    expect((body.messages as Fields[])[1]).toEqual({ role: 'assistant', content: 'new' })
  })

  it('cuts what Anthropic refuses: empty texts, white space at the end, thinking without signature', () => {
    const { body, notes } = convert({
      model: 'claude-haiku-4-5',
      stop: ['\n', 'END'],
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: '' },
            { type: 'text', text: 'a' },
          ],
        },
        {
          role: 'assistant',
          content: 'So: ',
          reasoning_content: 'hm',
          thinking_blocks: [{ type: 'thinking', thinking: 'hm', signature: '' }],
        },
      ],
    })
    expect(body).toMatchObject({
      stop_sequences: ['END'],
      messages: [
        { role: 'user', content: 'a' },
        { role: 'assistant', content: 'So:' },
      ],
    })
    expect(notes.map((note) => note.split(':')[0])).toEqual([
      'messages[].reasoning_content',
      'messages',
      'stop',
    ])
  })
})

function convert(body: Fields) {
  return chatRequestAsMessages(body, { defaultMaxTokens: 4096 })
}

/** The members that are expected, or expected to be missing. */
function stated(body: Fields, expected: Fields): Fields {
  return Object.fromEntries(Object.keys(expected).map((name) => [name, body[name]]))
}

function refusal(body: Fields): Failure {
  try {
    convert(body)
  } catch (error) {
    if (error instanceof Failure) return error
    throw error
  }
  throw new Error('The request was converted.')
}
