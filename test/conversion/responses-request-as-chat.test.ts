import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { responsesRequestAsChat } from '../../src/conversion/responses-request-as-chat.ts'
import { Failure } from '../../src/errors.ts'
import { problemsWith } from './response-schema.ts'

type Fields = Record<string, unknown>

/** The same thing said to either API. */
interface Pair {
  items: Fields[]
  messages: Fields[]
}

const text = fc.string({ minLength: 1, maxLength: 30 })
const name = fc.stringMatching(/^[a-z_]{1,10}$/)
const url = fc.constantFrom('https://example.com/a.png', 'data:image/png;base64,AAAA')

const piece: fc.Arbitrary<{ given: Fields; meant: Fields }> = fc.oneof(
  text.map((it) => ({ given: { type: 'input_text', text: it }, meant: { type: 'text', text: it } })),
  fc.record({ url, detail: fc.constantFrom('auto', 'low', 'high') }).map((image) => ({
    given: { type: 'input_image', image_url: image.url, detail: image.detail },
    meant: { type: 'image_url', image_url: image },
  })),
  fc.record({ filename: text, file_data: text }).map((file) => ({
    given: { type: 'input_file', ...file },
    meant: { type: 'file', file },
  })),
  fc.constant({ file_id: 'file-1' }).map((file) => ({
    given: { type: 'input_file', ...file },
    meant: { type: 'file', file },
  })),
  fc.record({ data: text, format: fc.constantFrom('wav', 'mp3') }).map((audio) => ({
    given: { type: 'input_audio', input_audio: audio },
    meant: { type: 'input_audio', input_audio: audio },
  })),
)

const user: fc.Arbitrary<Pair> = fc.oneof(
  text.map((content) => ({ items: [{ role: 'user', content }], messages: [{ role: 'user', content }] })),
  fc.array(piece, { minLength: 2, maxLength: 4 }).map((pieces) => ({
    items: [{ type: 'message', role: 'user', content: pieces.map(({ given }) => given) }],
    messages: [{ role: 'user', content: pieces.map(({ meant }) => meant) }],
  })),
)

const system: fc.Arbitrary<Pair> = fc
  .record({ role: fc.constantFrom('system', 'developer'), content: text })
  .map((it) => ({
    items: [{ type: 'message', ...it }],
    messages: [{ role: 'system', content: it.content }],
  }))

const call = fc.oneof(
  fc
    .record({ name, arguments: fc.json({ maxDepth: 1 }) })
    .map((it) => ({ type: 'function' as const, it: it as Fields })),
  fc.record({ name, input: text }).map((it) => ({ type: 'custom' as const, it: it as Fields })),
)

/** Reasoning, a text or a refusal, calls and what came of them. */
const turn: fc.Arbitrary<Pair> = fc
  .record({
    reasoning: fc.option(text),
    said: fc.option(fc.record({ type: fc.constantFrom('output_text', 'refusal'), text })),
    calls: fc.array(fc.tuple(call, text), { maxLength: 3 }),
    id: fc.nat(),
  })
  .filter(({ said, calls }) => said !== null || calls.length > 0)
  .map(({ reasoning, said, calls, id }) => {
    const items: Fields[] = []
    const message: Fields = { role: 'assistant', content: null }
    if (reasoning !== null) {
      items.push({
        type: 'reasoning',
        id: 'rs',
        summary: [],
        content: [{ type: 'reasoning_text', text: reasoning }],
      })
      message.reasoning_content = reasoning
    }
    if (said?.type === 'output_text') {
      const part = { type: 'output_text', text: said.text, annotations: [], logprobs: [] }
      items.push({ type: 'message', id: 'msg', role: 'assistant', status: 'completed', content: [part] })
      message.content = said.text
    } else if (said !== null) {
      const part = { type: 'refusal', refusal: said.text }
      items.push({ type: 'message', id: 'msg', role: 'assistant', status: 'completed', content: [part] })
      message.refusal = said.text
    }
    const ids = calls.map((_, at) => `call_${id}_${at}`)
    calls.forEach(([{ type, it }], at) => {
      items.push({
        type: type === 'function' ? 'function_call' : 'custom_tool_call',
        call_id: ids[at],
        ...it,
      })
    })
    calls.forEach(([{ type }, output], at) => {
      items.push({
        type: type === 'function' ? 'function_call_output' : 'custom_tool_call_output',
        call_id: ids[at],
        output,
      })
    })
    if (calls.length > 0) {
      message.tool_calls = calls.map(([{ it }], at) => {
        const args = 'input' in it ? JSON.stringify({ input: it.input }) : it.arguments
        return { id: ids[at], type: 'function', function: { name: it.name, arguments: args } }
      })
    }
    const results = calls.map(([, output], at) => ({ role: 'tool', tool_call_id: ids[at], content: output }))
    return { items, messages: [message, ...results] }
  })

/** What a model says twice in a row, items cannot tell from what it says at once: somebody answers in between. */
const conversation = fc.array(fc.oneof(user, system, turn), { minLength: 1 }).map((pairs) =>
  pairs.flatMap((pair, at) => {
    const isTwice =
      pair.messages[0]?.role === 'assistant' && pairs[at - 1]?.messages.at(-1)?.role === 'assistant'
    return isTwice ? [GO_ON, pair] : [pair]
  }),
)

const GO_ON: Pair = {
  items: [{ role: 'user', content: 'Go on.' }],
  messages: [{ role: 'user', content: 'Go on.' }],
}

const schema = {
  type: 'object',
  properties: { a: { type: 'string' } },
  required: ['a'],
  additionalProperties: false,
}

/** Members, as they are given and as chat has them. */
const members: fc.Arbitrary<[given: Fields, meant: Fields][]> = fc.subarray<[Fields, Fields]>([
  [{ temperature: 0.5 }, { temperature: 0.5 }],
  [{ top_p: 0.9 }, { top_p: 0.9 }],
  [{ max_output_tokens: 64 }, { max_completion_tokens: 64 }],
  [{ metadata: { a: 'b' } }, { metadata: { a: 'b' } }],
  [{ user: 'u' }, { user: 'u' }],
  [{ safety_identifier: 's' }, { safety_identifier: 's' }],
  [{ prompt_cache_key: 'p' }, { prompt_cache_key: 'p' }],
  [{ service_tier: 'flex' }, { service_tier: 'flex' }],
  [{ reasoning: { effort: 'low' } }, { reasoning_effort: 'low' }],
  [{ top_logprobs: 2 }, { top_logprobs: 2, logprobs: true }],
  [{ include: ['message.output_text.logprobs'] }, { logprobs: true }],
  [{ seed: 7 }, { seed: 7 }],
  [{ stream: true }, { stream: true, stream_options: { include_usage: true } }],
  [{ truncation: 'disabled' }, {}],
  [{ store: false, background: false, previous_response_id: null, conversation: null, prompt: null }, {}],
  [
    {
      text: {
        verbosity: 'low',
        format: { type: 'json_schema', name: 'n', description: 'd', schema, strict: true },
      },
    },
    {
      verbosity: 'low',
      response_format: {
        type: 'json_schema',
        json_schema: { name: 'n', description: 'd', schema, strict: true },
      },
    },
  ],
  [
    {
      tools: [{ type: 'function', name: 'f', description: 'd', parameters: schema, strict: true }],
      tool_choice: { type: 'allowed_tools', mode: 'auto', tools: [{ type: 'function', name: 'f' }] },
      parallel_tool_calls: false,
    },
    {
      tools: [
        { type: 'function', function: { name: 'f', description: 'd', parameters: schema, strict: true } },
      ],
      tool_choice: {
        type: 'allowed_tools',
        allowed_tools: { mode: 'auto', tools: [{ type: 'function', function: { name: 'f' } }] },
      },
      parallel_tool_calls: false,
    },
  ],
])

describe('responsesRequestAsChat', () => {
  it('keeps the meaning of everything that chat can say, and says it in the shape that OpenAI describes', () => {
    fc.assert(
      fc.property(fc.option(text), conversation, members, (instructions, pairs, given) => {
        const input = pairs.flatMap(({ items }) => items)
        const request = Object.assign({ model: 'm', instructions, input }, ...given.map(([it]) => it))
        const { body, notes } = responsesRequestAsChat(request)
        const leading = instructions === null ? [] : [{ role: 'system', content: instructions }]
        const messages = [...leading, ...pairs.flatMap((pair) => pair.messages)]
        expect(body).toEqual(Object.assign({ model: 'm', messages }, ...given.map(([, it]) => it)))
        expect(notes).toEqual([])
        expect(problemsWith('CreateChatCompletionRequest', body)).toEqual([])
      }),
    )
  })

  it('takes a text for what the user says', () => {
    expect(responsesRequestAsChat({ model: 'm', input: 'Hello' }).body).toEqual({
      model: 'm',
      messages: [{ role: 'user', content: 'Hello' }],
    })
  })

  it.each([
    ['none', 'none'],
    ['required', 'required'],
    [
      { type: 'function', name: 'f' },
      { type: 'function', function: { name: 'f' } },
    ],
    [
      { type: 'custom', name: 'c' },
      { type: 'function', function: { name: 'c' } },
    ],
  ])('converts the tool choice %j', (tool_choice, meant) => {
    const tools = [{ type: 'function', name: 'f', parameters: null, strict: false }]
    const { body } = responsesRequestAsChat({ model: 'm', input: 'x', tools, tool_choice })
    expect(body.tool_choice).toEqual(meant)
    expect(body.tools).toEqual([{ type: 'function', function: { name: 'f', strict: false } }])
  })

  it('says custom tools as functions of one text, and notes it', () => {
    const format = { type: 'grammar', syntax: 'lark', definition: 'start: "a"' }
    const tools = [{ type: 'custom', name: 'c', description: 'd', format }]
    const { body, notes } = responsesRequestAsChat({ model: 'm', input: 'x', tools })
    expect(body.tools).toMatchObject([
      {
        type: 'function',
        function: {
          name: 'c',
          description: 'd',
          parameters: { required: ['input'], properties: { input: { type: 'string' } } },
        },
      },
    ])
    expect(JSON.stringify(body.tools)).toContain('start: \\"a\\"')
    expect(problemsWith('CreateChatCompletionRequest', body)).toEqual([])
    expect(notes).toEqual([expect.stringMatching(/^tools\[\]: custom: /)])
  })

  it('leaves out a choice among no tools, which chat refuses', () => {
    const { body } = responsesRequestAsChat({
      input: 'x',
      tools: [],
      tool_choice: 'auto',
      parallel_tool_calls: true,
    })
    expect(Object.keys(body)).toEqual(['messages'])
  })

  it('makes one message of what a model said in one turn, in whatever order', () => {
    const message = (words: string) => ({
      type: 'message',
      role: 'assistant',
      content: [{ type: 'output_text', text: words }],
    })
    const called = { type: 'function_call', call_id: 'a', name: 'f', arguments: '{}' }
    const output = {
      type: 'function_call_output',
      call_id: 'a',
      output: [{ type: 'input_text', text: 'out' }],
    }
    const input = [message('one'), message('two'), called, message('three'), output, message('four')]
    expect(responsesRequestAsChat({ input }).body.messages).toEqual([
      { role: 'assistant', content: 'one' },
      {
        role: 'assistant',
        content: [
          { type: 'text', text: 'two' },
          { type: 'text', text: 'three' },
        ],
        tool_calls: [{ id: 'a', type: 'function', function: { name: 'f', arguments: '{}' } }],
      },
      { role: 'tool', tool_call_id: 'a', content: 'out' },
      { role: 'assistant', content: 'four' },
    ])
  })

  it.each([
    ['previous_response_id', { previous_response_id: 'resp_1' }],
    ['conversation', { conversation: { id: 'conv_1' } }],
    ['background', { background: true }],
    ['prompt', { prompt: { id: 'pmpt_1' } }],
    ['input', { input: undefined }],
    ['text.format', { text: { format: { type: 'grammar' } } }],
    ['tool_choice.type', { tool_choice: { type: 'web_search_preview' } }],
    [
      'tool_choice.tools[0].type',
      { tool_choice: { type: 'allowed_tools', mode: 'auto', tools: [{ type: 'mcp' }] } },
    ],
    ['input[0]', { input: [{ type: 'item_reference', id: 'msg_1' }] }],
    ['input[0]', { input: [{ type: 'web_search_call', id: 'ws_1', status: 'completed' }] }],
    ['input[0]', { input: [{ type: 'compaction', encrypted_content: 'x' }] }],
    ['input[0].role', { input: [{ role: 'critic', content: 'x' }] }],
    ['input[0].call_id', { input: [{ type: 'function_call_output', output: 'x' }] }],
    [
      'input[0].output[0]',
      {
        input: [
          { type: 'function_call_output', call_id: 'a', output: [{ type: 'input_image', image_url: 'x' }] },
        ],
      },
    ],
    [
      'input[0].content[1]',
      {
        input: [
          {
            role: 'user',
            content: [
              { type: 'input_text', text: 'x' },
              { type: 'input_image', file_id: 'f' },
            ],
          },
        ],
      },
    ],
    [
      'input[0].content[0]',
      { input: [{ role: 'user', content: [{ type: 'input_file', file_url: 'https://x' }] }] },
    ],
    ['input[0].content', { input: [{ role: 'user', content: 7 }] }],
  ])('refuses %s where chat has no words for it', (param, more) => {
    const failure = failureOf({ model: 'm', input: 'x', ...more })
    expect(failure).toBeInstanceOf(Failure)
    expect(failure).toMatchObject({ status: 400, code: 'invalid_request', param, worthRetrying: false })
  })

  it.each([
    'web_search',
    'web_search_preview',
    'file_search',
    'code_interpreter',
    'computer_use_preview',
    'mcp',
    'image_generation',
    'local_shell',
    'namespace',
    'tool_search',
    'tool of tomorrow',
  ])('refuses the built-in tool %s by its name', (type) => {
    const failure = failureOf({ input: 'x', tools: [{ type: 'custom', name: 'c' }, { type }] })
    expect(failure).toMatchObject({ status: 400, param: 'tools[1].type' })
    expect(String(failure)).toContain(`\`${type}\``)
  })

  it.each([
    ['store', { store: true }],
    ['truncation', { truncation: 'auto' }],
    ['max_tool_calls', { max_tool_calls: 3 }],
    ['context_management', { context_management: [{ type: 'compaction' }] }],
    ['reasoning.summary', { reasoning: { summary: 'auto' } }],
    ['reasoning.context', { reasoning: { context: 'all_turns' } }],
    ['include: reasoning.encrypted_content', { include: ['reasoning.encrypted_content'] }],
    ['stream_options.include_obfuscation', { stream: true, stream_options: { include_obfuscation: true } }],
    ['tools[].strict', { tools: [{ type: 'function', name: 'f', parameters: schema }] }],
    [
      'tools[].defer_loading',
      { tools: [{ type: 'function', name: 'f', strict: true, defer_loading: true }] },
    ],
    ['input[].phase', { input: [{ role: 'assistant', content: 'x', phase: 'commentary' }] }],
    [
      'input[].encrypted_content',
      { input: [{ type: 'reasoning', id: 'r', summary: [], encrypted_content: 'x' }] },
    ],
    [
      'input_image.detail: original',
      { input: [{ role: 'user', content: [{ type: 'input_image', image_url: 'x', detail: 'original' }] }] },
    ],
  ])('says that %s was not kept', (field, more) => {
    const { notes } = responsesRequestAsChat({ model: 'm', input: 'x', ...more })
    expect(notes).toHaveLength(1)
    expect(notes[0]).toContain(`${field}: `)
  })
})

function failureOf(body: Fields): unknown {
  try {
    responsesRequestAsChat(body)
  } catch (error) {
    return error
  }
  return undefined
}
