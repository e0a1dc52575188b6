import { describe, expect, it } from 'vitest'
import { messagesRequestAsChat } from '../../src/conversion/messages-request-as-chat.ts'
import { plainChatRequest } from '../../src/conversion/plain-chat-request.ts'
import { Failure } from '../../src/errors.ts'
import type { Fields } from './arbitrary-values.ts'

const LEAST = { model: 'gpt-5.5', max_tokens: 100, messages: [{ role: 'user', content: 'hi' }] }
const IMAGE = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AAAA' } }

/** The shape in which Claude Code asks, abridged. */
const CLAUDE_CODE = {
  model: 'claude-opus-5-5',
  max_tokens: 32_000,
  system: [
    { type: 'text', text: 'You are Claude Code.', cache_control: { type: 'ephemeral' } },
    { type: 'text', text: 'The rules.', cache_control: { type: 'ephemeral', ttl: '1h' } },
  ],
  messages: [
    { role: 'user', content: [{ type: 'text', text: 'List the files.' }] },
    {
      role: 'assistant',
      content: [
        { type: 'thinking', thinking: 'I list.', signature: 'c2ln' },
        { type: 'tool_use', id: 'toolu_1', name: 'Bash', input: { command: 'ls' } },
      ],
    },
    {
      role: 'user',
      content: [
        {
          type: 'tool_result',
          tool_use_id: 'toolu_1',
          content: [{ type: 'text', text: 'a.png' }, IMAGE],
          is_error: false,
        },
        { type: 'text', text: 'go on', cache_control: { type: 'ephemeral' } },
      ],
    },
  ],
  tools: [{ name: 'Bash', description: 'Runs a command.', input_schema: { type: 'object', properties: {} } }],
  metadata: { user_id: `user_${'a'.repeat(64)}_account__session_1` },
  thinking: { type: 'adaptive' },
  output_config: { effort: 'high' },
  context_management: { edits: [] },
  stream: true,
}

describe('messagesRequestAsChat', () => {
  it('says a system prompt in one text, unless something is marked on its blocks', () => {
    const [marked, plain] = [CLAUDE_CODE.system[0], { type: 'text', text: 'The rules.' }]
    const said = (system: unknown) =>
      messagesRequestAsChat({ model: 'm', system, messages: [{ role: 'user', content: 'Go.' }] }).body
    expect(said([plain, { type: 'text', text: 'More.', citations: null }]).messages).toMatchObject([
      { role: 'system', content: 'The rules.\n\nMore.' },
      { role: 'user' },
    ])
    const both = said([marked, plain])
    expect(both.messages).toMatchObject([{ role: 'system', content: [marked, plain] }, { role: 'user' }])
    expect(plainChatRequest(both, { keepReasoning: false }).body.messages).toMatchObject([
      { role: 'system', content: 'You are Claude Code.\n\nThe rules.' },
      { role: 'user' },
    ])
  })

  it("says Claude Code's request", () => {
    const { body, notes } = messagesRequestAsChat(CLAUDE_CODE)
    expect(body).toMatchObject({
      model: 'claude-opus-5-5',
      max_completion_tokens: 32_000,
      stream: true,
      stream_options: { include_usage: true },
      reasoning_effort: 'high',
      user: CLAUDE_CODE.metadata.user_id.slice(0, 64),
      tools: [{ type: 'function', function: { name: 'Bash', description: 'Runs a command.' } }],
    })
    expect(body.messages).toEqual([
      { role: 'system', content: CLAUDE_CODE.system },
      { role: 'user', content: [{ type: 'text', text: 'List the files.' }] },
      {
        role: 'assistant',
        content: null,
        reasoning_content: 'I list.',
        thinking_blocks: [{ type: 'thinking', thinking: 'I list.', signature: 'c2ln' }],
        tool_calls: [
          { id: 'toolu_1', type: 'function', function: { name: 'Bash', arguments: '{"command":"ls"}' } },
        ],
      },
      { role: 'tool', tool_call_id: 'toolu_1', content: [{ type: 'text', text: 'a.png' }], is_error: false },
      {
        role: 'user',
        content: [
          {
            type: 'text',
            text: 'Content that the tool call toolu_1 returned:',
            tool_result: { tool_call_id: 'toolu_1' },
          },
          {
            type: 'image_url',
            image_url: { url: 'data:image/png;base64,AAAA' },
            tool_result: { tool_call_id: 'toolu_1', index: 1 },
          },
          { type: 'text', text: 'go on', cache_control: { type: 'ephemeral' } },
        ],
      },
    ])
    expect(notes.map((note) => note.split(':')[0])).toEqual(['metadata.user_id', 'context_management'])
  })

  it('says it without the members that a strict provider refuses', () => {
    const converted = messagesRequestAsChat(CLAUDE_CODE)
    const before = structuredClone(converted.body)
    const { body, notes } = plainChatRequest(converted.body, { keepReasoning: false })
    expect(JSON.stringify(body)).not.toMatch(
      /cache_control|thinking|tool_result|is_error|reasoning_content|content_blocks/,
    )
    expect(body).toMatchObject({
      reasoning_effort: 'high',
      messages: [
        {},
        {},
        { content: null },
        { content: [{ text: 'a.png' }] },
        { content: [{}, {}, { type: 'text', text: 'go on' }] },
      ],
    })
    expect(notes).toContain('messages[].thinking_blocks: left out, this provider has none.')
    expect(converted.body).toEqual(before)
    const kept = plainChatRequest(converted.body, { keepReasoning: true })
    expect(JSON.stringify(kept.body)).toContain('"reasoning_content":"I list."')
  })

  it.each<[string, Fields, Fields]>([
    ['a budget', { thinking: { type: 'enabled', budget_tokens: 10_000 } }, { reasoning_effort: 'medium' }],
    ['no thinking', { thinking: { type: 'disabled' } }, { reasoning_effort: 'none' }],
    [
      'a schema',
      { output_config: { format: { type: 'json_schema', schema: { type: 'object' } } } },
      { response_format: { type: 'json_schema', json_schema: { schema: { type: 'object' }, strict: true } } },
    ],
    [
      'a schema by its former name',
      { output_format: { type: 'json_schema', schema: { type: 'object' } } },
      { response_format: { type: 'json_schema' } },
    ],
    [
      'any tool, one at a time',
      { tool_choice: { type: 'any', disable_parallel_tool_use: true } },
      { tool_choice: 'required', parallel_tool_calls: false },
    ],
    [
      'a named tool',
      { tool_choice: { type: 'tool', name: 'f' } },
      { tool_choice: { type: 'function', function: { name: 'f' } } },
    ],
    ['the standard tier', { service_tier: 'standard_only' }, { service_tier: 'default' }],
  ])('says %s', (_name, fields, expected) => {
    expect(messagesRequestAsChat({ ...LEAST, ...fields }).body).toMatchObject(expected)
  })

  it("takes the provider's name for the bound", () => {
    expect(messagesRequestAsChat(LEAST, { maxTokensMember: 'max_tokens' }).body).toMatchObject({
      max_tokens: 100,
    })
  })

  it.each<[string, Fields]>([
    ['tools[0]', { tools: [{ type: 'web_search_20260318', name: 'web_search' }] }],
    ['mcp_servers', { mcp_servers: [{ type: 'url', url: 'https://example.com', name: 'm' }] }],
    ['container', { container: 'container_1' }],
    ['inference_geo', { inference_geo: 'eu' }],
    ['max_tokens', { max_tokens: 0 }],
    [
      'messages[0].content[0]',
      { messages: [{ role: 'user', content: [{ type: 'image', source: { type: 'file', file_id: 'f' } }] }] },
    ],
    [
      'messages[0].content[0]',
      { messages: [{ role: 'user', content: [{ type: 'container_upload', file_id: 'f' }] }] },
    ],
    ['messages[0]', { messages: [{ role: 'tool', content: 'x' }] }],
  ])('refuses what cannot be said: %s', (param, fields) => {
    try {
      messagesRequestAsChat({ ...LEAST, ...fields })
    } catch (error) {
      expect(error).toBeInstanceOf(Failure)
      expect(error).toMatchObject({ code: 'invalid_request', status: 400, param })
      return
    }
    throw new Error('The request was converted.')
  })
})
