/** Each endpoint over real sockets: to a provider that knows it, byte for byte, and to others in their words and back. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { contentOf, type Heard } from '../support/ask.ts'
import { framesOf } from '../support/frames.ts'
import type { SeenRequest } from '../support/mock-provider/seen-request.ts'
import {
  type Dialects,
  HELLO,
  lastOf,
  messages,
  responses,
  SAID,
  startDialects,
  VERSION,
} from './dialects.ts'

let world: Dialects

beforeAll(async () => {
  world = await startDialects()
})

afterAll(async () => {
  await world.stop()
  expect(world.trimtab.warnings).toEqual([])
})

describe.each([false, true])('stream: %s', (stream) => {
  test('messages to Anthropic: request and answer pass byte for byte', async () => {
    const body = `{ "max_tokens": 1e3, "x":[{}], "messages":${JSON.stringify(HELLO)}, "stream":${stream},"model":"claude-haiku-4-5"}`
    const answer = stream ? MESSAGE_STREAM : MESSAGE
    const contentType = stream ? 'text/event-stream' : 'application/json'
    world.anthropic.script([{ kind: 'replay', bytes: Buffer.from(answer), at: [9, 70], contentType }])
    const heard = await world.post('/v1/messages', Buffer.from(body), VERSION)
    expect(heard).toMatchObject({ status: 200, end: 'whole' })
    expect(withoutStamp(heard)).toBe(answer)
    expect(textSeen(lastOf(world.anthropic))).toBe(body)
  })

  test('messages to Anthropic: headers go there and come back, its key in its own header', async () => {
    const heard = await world.post('/v1/messages', messages('claude-haiku-4-5', { stream }), CLAUDE_CODE)
    expect(heard.status).toBe(200)
    const { headers } = lastOf(world.anthropic)
    expect(headers).toMatchObject({
      'x-api-key': 'anthropic-key',
      'anthropic-version': '2023-06-01',
      'anthropic-beta': CLAUDE_CODE['anthropic-beta'],
      'x-app': 'cli',
    })
    expect(headers.authorization).toBeUndefined()
    expect(heard.headers['request-id']).toMatch(/^req_mock/)
    const { request } = await world.ledgerOf(heard)
    expect(request).toMatchObject({
      endpoint: 'messages',
      session: CLAUDE_CODE['x-claude-code-session-id'],
    })
  })

  test('chat to Anthropic', async () => {
    const options = stream ? { stream_options: { include_usage: true } } : {}
    const system = { role: 'system', content: 'Be brief.' }
    const body = { model: 'claude-haiku-4-5', messages: [system, ...HELLO], stream, ...options }
    const heard = await world.post('/v1/chat/completions', body)
    expect(contentOf(heard)).toBe(SAID)
    expect(lastOf(world.anthropic)).toMatchObject({
      url: '/v1/messages',
      headers: { 'anthropic-version': '2023-06-01' },
      body: { system: expect.anything(), max_tokens: 8192, messages: [{ role: 'user' }] },
    })
    expect(heard.text).toMatch(/"usage":\{"prompt_tokens":\d+,"completion_tokens":8/)
    if (stream) expect(heard.text.endsWith('data: [DONE]\n\n')).toBe(true)
  })

  test.each([
    ['openai', 'gpt-4o-mini'],
    ['chatOnly', 'qwen3'],
  ] as const)('messages to %s, said in chat', async (provider, model) => {
    const more = { stream, stop_sequences: ['\n\n'], system: [{ type: 'text', text: 'Be brief.' }] }
    const heard = await world.post('/v1/messages', messages(model, more), VERSION)
    expect(messageText(heard)).toBe(SAID)
    const seen = lastOf(world[provider])
    expect(seen.url).toBe('/v1/chat/completions')
    expect(seen.body).toMatchObject({
      stop: ['\n\n'],
      messages: [{ role: 'system' }, { role: 'user' }],
    })
    expect(seen.body?.stream_options).toEqual(stream ? { include_usage: true } : undefined)
    expect(usageHeard(heard)).toMatchObject({ input_tokens: seen.counted?.input, output_tokens: 8 })
  })

  test('responses to OpenAI: request and answer pass byte for byte', async () => {
    const body = `{"input":"one two", "stream":${stream},"model":"gpt-4o-mini","x_new":1e0 }`
    const answer = stream ? RESPONSE_STREAM : RESPONSE
    const contentType = stream ? 'text/event-stream' : 'application/json'
    world.openai.script([{ kind: 'replay', bytes: Buffer.from(answer), at: [9, 70], contentType }])
    const heard = await world.post('/v1/responses', Buffer.from(body))
    expect(heard).toMatchObject({ status: 200, end: 'whole' })
    expect(withoutStamp(heard)).toBe(answer)
    expect(textSeen(lastOf(world.openai))).toBe(body)
    expect(lastOf(world.openai).url).toBe('/v1/responses')
  })

  test.each([
    ['chatOnly', 'qwen3', '/v1/chat/completions'],
    ['anthropic', 'claude-haiku-4-5', '/v1/messages'],
  ] as const)('responses to %s, said in other words', async (provider, model, url) => {
    const heard = await world.post('/v1/responses', responses(model, { stream, instructions: 'Be brief.' }))
    expect(responseText(heard)).toBe(SAID)
    const seen = lastOf(world[provider])
    expect(seen.url).toBe(url)
    expect(JSON.stringify(seen.body)).toContain('Be brief.')
    expect(usageHeard(heard)).toMatchObject({ input_tokens: seen.counted?.input, output_tokens: 8 })
    if (!stream) return
    const numbers = framesOf(heard).map(({ data }) => data.sequence_number)
    expect(numbers).toEqual(numbers.map((_, index) => index))
  })

  test('completions to OpenAI', async () => {
    const heard = await world.post('/v1/completions', { model: 'gpt-4o-mini', prompt: 'one two', stream })
    const chunks = stream ? framesOf(heard).map(({ data }) => data) : [JSON.parse(heard.text)]
    const said = chunks.flatMap(({ choices }) => (choices as { text: string }[]) ?? [])
    expect(said.map(({ text }) => text).join('')).toBe('You said: one two')
    const { attempts } = await world.ledgerOf(heard)
    const { counted } = lastOf(world.openai)
    expect(attempts).toMatchObject([{ usage: 'reported', input_tokens: counted?.input, output_tokens: 4 }])
  })

  test('a tool is called and its result goes back, across all dialects', async () => {
    const parameters = { type: 'object', properties: { city: { type: 'string' } } }
    const flat = { type: 'function', name: 'weather', parameters }
    const input = [{ role: 'user', content: 'Weather?' }]
    const asked = { model: 'claude-haiku-4-5', tools: [flat], stream }
    const heard = await world.post('/v1/responses', { ...asked, input })
    const [call] = responseOf(heard).output as [Record<string, unknown>]
    expect(call).toMatchObject({ type: 'function_call', name: 'weather' })
    expect(JSON.parse(String(call.arguments))).toEqual({ city: 'a "city", naïve' })
    const result = { type: 'function_call_output', call_id: call.call_id, output: 'rain' }
    const next = await world.post('/v1/responses', { ...asked, input: [...input, call, result] })
    expect(responseText(next)).toBe('The tool said: rain')

    const tools = [{ name: 'weather', input_schema: parameters }]
    const whole = await world.post('/v1/messages', messages('qwen3', { tools, stream }), VERSION)
    const [use] = messageOf(whole).content as [Record<string, unknown>]
    expect(use).toMatchObject({ type: 'tool_use', name: 'weather', input: { city: 'a "city", naïve' } })
    const turns = [
      ...HELLO,
      { role: 'assistant', content: [use] },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: use.id, content: 'rain' }] },
    ]
    const more = { tools, stream, messages: turns }
    const last = await world.post('/v1/messages', messages('qwen3', more), VERSION)
    expect(messageText(last)).toBe('The tool said: rain')
  })
})

test('thinking is asked of Anthropic by effort, and its text comes back as chat has it', async () => {
  const body = { model: 'as-anthropic', messages: HELLO, reasoning_effort: 'low' }
  const heard = await world.post('/v1/chat/completions', body)
  expect(lastOf(world.anthropic).body?.thinking).toMatchObject({ type: 'enabled' })
  expect(heard.text).toContain('The rudder follows the tab.')
})

const CLAUDE_CODE = {
  ...VERSION,
  'anthropic-beta': 'claude-code-20250219,interleaved-thinking-2025-05-14',
  'anthropic-dangerous-direct-browser-access': 'true',
  'x-app': 'cli',
  'user-agent': 'claude-cli/2.1.0 (external, cli)',
  'x-claude-code-session-id': 'f0e1d2c3',
  authorization: 'Bearer sk-ant-oat01-of-the-caller',
}

const MESSAGE = `{"id":"msg_1", "type":"message","role":"assistant","model":"claude-haiku-4-5","content":[{"type":"text","text":"na\\u00efve"}],"stop_reason":"end_turn","stop_sequence":null,"new_member":1.0,"usage":{"input_tokens":5,"output_tokens":2}}`
const MESSAGE_STREAM = `event: message_start\r
data: {"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"claude-haiku-4-5","content":[],"usage":{"input_tokens":5,"output_tokens":1}}}\r
\r
event: content_block_start
data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}

: a comment

event: new_event
data: {"type":"new_event","x": 1.0}

event: content_block_delta
data: {"type": "content_block_delta","index":0,"delta":{"type":"text_delta","text":"naïve"}}

event: content_block_stop
data: {"type":"content_block_stop","index":0}

event: message_delta
data: {"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":2}}

event: message_stop
data: {"type":"message_stop"}

`
const RESPONSE = `{"id":"resp_1", "object":"response","created_at":1,"status":"completed","model":"gpt-4o-mini","output":[],"x":1.0,"usage":{"input_tokens":5,"output_tokens":2,"total_tokens":7}}`
const RESPONSE_STREAM = `event: response.created
data: {"type":"response.created","sequence_number":0,"response":{"id":"resp_1","object":"response","created_at":1,"status":"in_progress","output":[]}}

event: response.output_text.delta
data: {"type":"response.output_text.delta","sequence_number":1, "delta":"naïve","item_id":"msg_1","output_index":0,"content_index":0}

event: response.completed
data: {"type":"response.completed","sequence_number":2,"response":${RESPONSE}}

`

/** A stream's last count is beside what it cost; nothing else may differ. */
function withoutStamp({ text }: Heard): string {
  return text.replace(/,"trimtab":\{"cost_usd":[\d.e-]+\}/, '')
}

function textSeen({ bytes }: SeenRequest): string {
  return Buffer.from(bytes).toString()
}

function isStream({ headers }: Heard): boolean {
  return headers['content-type']?.startsWith('text/event-stream') === true
}

/** Put together as an SDK does. */
function messageOf(heard: Heard): Record<string, unknown> {
  if (!isStream(heard)) return JSON.parse(heard.text)
  const blocks: Record<string, unknown>[] = []
  const inputs: string[] = []
  for (const { data } of framesOf(heard)) {
    const index = Number(data.index)
    const delta = (data.delta ?? {}) as Record<string, string>
    if (data.type === 'content_block_start') blocks[index] = { ...(data.content_block as object) }
    const block = blocks[index]
    if (data.type !== 'content_block_delta' || block === undefined) continue
    if (delta.text !== undefined) block.text = `${block.text}${delta.text}`
    if (delta.partial_json !== undefined) inputs[index] = (inputs[index] ?? '') + delta.partial_json
  }
  const content = blocks.map((block, index) =>
    inputs[index] ? { ...block, input: JSON.parse(inputs[index]) } : block,
  )
  expect(framesOf(heard).at(-1)?.event).toBe('message_stop')
  return { content }
}

function messageText(heard: Heard): string {
  const content = messageOf(heard).content as { text?: string }[]
  return content.map(({ text = '' }) => text).join('')
}

function responseOf(heard: Heard): Record<string, unknown> {
  if (!isStream(heard)) return JSON.parse(heard.text)
  const last = framesOf(heard).at(-1)
  expect(last?.event).toBe('response.completed')
  return last?.data.response as Record<string, unknown>
}

function responseText(heard: Heard): string {
  const output = responseOf(heard).output as { content?: { text: string }[] }[]
  return output.flatMap(({ content = [] }) => content.map(({ text }) => text)).join('')
}

/** Of a stream of messages: what its events count, put together. */
function usageHeard(heard: Heard): unknown {
  if (!isStream(heard)) return JSON.parse(heard.text).usage
  const told = framesOf(heard).map(({ data }) => data.usage ?? Object(data.response ?? data.message).usage)
  return Object.assign({}, ...told)
}
