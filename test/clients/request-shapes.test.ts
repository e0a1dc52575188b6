/** Requests as programs that cannot run in a test send them: their paths, headers and bodies, made up but for their shapes. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type AskOptions, ask, contentOf } from '../support/ask.ts'
import { framesOf } from '../support/frames.ts'
import { CHAT_MODEL, CLAUDE, type Pair, RESPONSES_MODEL, startPair } from './start-pair.ts'

let pair: Pair

beforeAll(async () => {
  pair = await startPair()
})

afterAll(() => pair?.stop())

const post = (path: string, body: unknown, headers: AskOptions['headers']) =>
  ask(pair.origin, body, { path, headers: { ...headers, authorization: 'Bearer provider-key' } })

describe('Claude Code', () => {
  const headers = {
    'anthropic-version': '2023-06-01',
    'anthropic-beta': 'claude-code-20250219,context-management-2025-06-27,interleaved-thinking-2025-05-14',
    'anthropic-dangerous-direct-browser-access': 'true',
    'user-agent': 'claude-cli/2.1.0 (external, cli)',
    'x-app': 'cli',
    'x-claude-code-session-id': '0b5ad4a4-0b1c-4f0e-9d5c-3f1f5e1a7c11',
    'x-stainless-helper-method': 'stream',
    'x-stainless-lang': 'js',
    accept: 'application/json',
  }
  const cached = { cache_control: { type: 'ephemeral' } }
  const body = (model: string) => ({
    model,
    max_tokens: 32_000,
    stream: true,
    system: [
      { type: 'text', text: 'You are a coding assistant.', ...cached },
      { type: 'text', text: 'The folder holds a rudder.', cache_control: { type: 'ephemeral', ttl: '1h' } },
    ],
    messages: [
      { role: 'user', content: [{ type: 'text', text: 'Read the log.' }] },
      {
        role: 'assistant',
        content: [
          { type: 'thinking', thinking: 'It is in a file.', signature: 'c2ln' },
          { type: 'text', text: 'I read it.' },
          { type: 'tool_use', id: 'toolu_01', name: 'Read', input: { file_path: '/log' } },
        ],
      },
      {
        role: 'user',
        content: [
          {
            type: 'tool_result',
            tool_use_id: 'toolu_01',
            content: [{ type: 'text', text: 'all is well' }],
            is_error: false,
            ...cached,
          },
        ],
      },
    ],
    tools: [
      {
        name: 'Read',
        description: 'Reads a file.',
        input_schema: {
          $schema: 'https://json-schema.org/draft/2020-12/schema',
          type: 'object',
          properties: { file_path: { type: 'string' } },
          required: ['file_path'],
          additionalProperties: false,
        },
        ...cached,
      },
    ],
    thinking: { type: 'enabled', budget_tokens: 31_999 },
    context_management: { edits: [{ type: 'clear_thinking_20251015', keep: 'all' }] },
    metadata: { user_id: 'user_1_account_2_session_3' },
  })

  test.each([
    ['natively', CLAUDE, '/v1/messages'],
    ['said in OpenAI’s chat', RESPONSES_MODEL, '/v1/chat/completions'],
  ])('%s: a turn with tools, thinking and a cache', async (_, model, url) => {
    const heard = await post('/v1/messages?beta=true', body(model), headers)
    expect(heard).toMatchObject({ status: 200, end: 'whole' })
    const seen = pair.lastSeen()
    expect(seen.url).toBe(url)
    const deltas = framesOf(heard).flatMap(({ data }) => (data.delta as { text?: string }) ?? [])
    expect(deltas.map(({ text = '' }) => text).join('')).toBe('The tool said: all is well')
    expect(framesOf(heard).at(-1)?.event).toBe('message_stop')
    if (model === CLAUDE) {
      expect(Buffer.from(seen.bytes).toString()).toBe(JSON.stringify(body(CLAUDE)))
      expect(seen.headers).toMatchObject({ 'anthropic-beta': headers['anthropic-beta'], 'x-app': 'cli' })
    } else {
      expect(seen.body?.messages).toMatchObject([
        { role: 'system' },
        { role: 'user' },
        { role: 'assistant', tool_calls: [{ id: 'toolu_01', function: { name: 'Read' } }] },
        { role: 'tool', tool_call_id: 'toolu_01' },
      ])
      expect(JSON.stringify(seen.body)).not.toMatch(/cache_control|context_management|signature/)
    }
  })

  test.each([CLAUDE, CHAT_MODEL])('counts the tokens of a turn for %s', async (model) => {
    const { max_tokens: _m, stream: _s, metadata: _d, context_management: _c, ...counted } = body(model)
    const heard = await post('/v1/messages/count_tokens?beta=true', counted, headers)
    expect(heard.status).toBe(200)
    expect(JSON.parse(heard.text)).toEqual({ input_tokens: expect.any(Number) })
  })

  test('a quick question for a title, without tools', async () => {
    const messages = [{ role: 'user', content: 'quota' }]
    const heard = await post('/v1/messages?beta=true', { model: CLAUDE, max_tokens: 1, messages }, headers)
    expect(heard.status).toBe(200)
    expect(JSON.parse(heard.text)).toMatchObject({ stop_reason: 'max_tokens', usage: { output_tokens: 1 } })
  })
})

describe('Cursor', () => {
  const parameters = { type: 'object', properties: { path: { type: 'string' } } }
  const messages = [
    { role: 'system', content: 'You edit code.' },
    { role: 'user', content: [{ type: 'text', text: 'Mend it.' }] },
    {
      role: 'assistant',
      content: [],
      tool_calls: [{ id: 'call_1', type: 'function', function: { name: 'read', arguments: '{}' } }],
    },
    { role: 'tool', tool_call_id: 'call_1', content: [{ type: 'text', text: 'all is well' }] },
  ]
  const flat = [{ type: 'function', name: 'read', parameters }]
  const custom = [
    ...flat,
    { type: 'custom', name: 'ApplyPatch', description: 'Edits files.', format: { type: 'text' } },
  ]
  const nested = [{ type: 'function', function: { name: 'read', parameters } }]

  test.each([
    ['nested tools to chat', CHAT_MODEL, nested],
    ['nested tools to messages', CLAUDE, nested],
    ['flat tools to chat', CHAT_MODEL, flat],
    ['flat tools to messages', CLAUDE, flat],
    ['custom tools to chat', CHAT_MODEL, custom],
    ['custom tools to messages', CLAUDE, custom],
  ])('empty content and %s', async (_, model, tools) => {
    const body = { model, messages, tools, stream: true, stream_options: { include_usage: true } }
    const heard = await post('/v1/chat/completions', body, { 'user-agent': 'Cursor/1.0' })
    expect(heard).toMatchObject({ status: 200, end: 'whole' })
    expect(contentOf(heard)).toBe('The tool said: all is well')
    const { body: sent } = pair.lastSeen()
    const asked = [{ name: 'read', input_schema: parameters }, { name: 'ApplyPatch' }].slice(0, tools.length)
    if (model === CLAUDE) expect(sent?.tools).toMatchObject(asked)
    else expect(sent?.tools).toEqual(tools)
  })

  test.each([true, false])(
    'a custom tool of Anthropic’s model is called with free text, stream: %s',
    async (stream) => {
      const called = custom.filter(({ type }) => type === 'custom')
      const asked = { model: CLAUDE, messages: messages.slice(0, 2), tools: called, stream }
      const heard = await post('/v1/chat/completions', asked, {})
      expect(heard).toMatchObject({ status: 200, end: 'whole' })
      const whole = stream
        ? framesOf(heard).flatMap(({ data }) => callsOf(data, 'delta'))
        : callsOf(JSON.parse(heard.text), 'message')
      expect(whole[0]).toMatchObject({ type: 'custom', custom: { name: 'ApplyPatch' } })
      expect(whole.map((call) => call.custom.input).join('')).toBe('a "input", naïve')
      const call = { id: whole[0]?.id, type: 'custom', custom: { name: 'ApplyPatch', input: 'a' } }
      const said = { role: 'assistant', content: [], tool_calls: [call] }
      const result = { role: 'tool', tool_call_id: call.id, content: 'patched' }
      const next = [...messages.slice(0, 2), said, result]
      const answer = await post('/v1/chat/completions', { ...asked, messages: next }, {})
      expect(contentOf(answer)).toBe('The tool said: patched')
      expect(JSON.stringify(pair.lastSeen().body?.messages)).toContain('"input":{"input":"a"}')
    },
  )
})

interface CustomCall {
  id?: string
  type?: string
  custom: { name?: string; input: string }
}

function callsOf(answer: unknown, member: 'delta' | 'message'): CustomCall[] {
  const { choices = [] } = answer as { choices?: Record<string, { tool_calls?: CustomCall[] }>[] }
  return choices[0]?.[member]?.tool_calls ?? []
}

describe('Open WebUI', () => {
  const headers = { 'x-openwebui-user-name': 'Ann', 'x-openwebui-user-role': 'admin' }

  test('lists models at its start, and finds each by its name', async () => {
    const options = { path: '/v1/models', method: 'GET', headers }
    const { status, text } = await ask(pair.origin, Buffer.alloc(0), options)
    expect(status).toBe(200)
    const { object, data } = JSON.parse(text) as { object: string; data: { id: string; object: string }[] }
    expect(object).toBe('list')
    const ids = data.map(({ id }) => id.slice(id.indexOf('/') + 1))
    expect(ids).toEqual(expect.arrayContaining([CHAT_MODEL, CLAUDE, RESPONSES_MODEL]))
  })

  test.each([CHAT_MODEL, CLAUDE])('chats with %s, then asks for a title and tags', async (model) => {
    const messages = [{ role: 'user', content: 'hello' }]
    const streamed = await post('/v1/chat/completions', { model, messages, stream: true }, headers)
    expect(contentOf(streamed)).toBe('You said: hello')
    const title = { model, messages, stream: false, max_completion_tokens: 1000 }
    const heard = await post('/v1/chat/completions', title, headers)
    expect(contentOf(heard)).toBe('You said: hello')
  })
})
