import { describe, expect, it } from 'vitest'
import { parseMessagesRequest } from '../../src/anthropic/parse-messages-request.ts'
import { type Conversion, convert } from '../../src/conversion/conversion.ts'
import type { ModelEndpoint } from '../../src/openai/model-request.ts'
import { parseModelRequest } from '../../src/openai/parse-model-request.ts'
import type { Fields } from './arbitrary-values.ts'

const TEXT = [{ role: 'user', content: 'a' }]

describe('what only the second of two conversions cannot say', () => {
  const audio = { type: 'input_audio', input_audio: { data: 'AA==', format: 'wav' } }
  const words = { type: 'input_text', text: 'a' }
  const call = { type: 'function_call', call_id: 'c', name: 'f', arguments: '{}' }
  const image = { type: 'input_image', image_url: 'ftp://x' }

  it.each<[string, Fields]>([
    ['input[0].content[0]', { input: [{ role: 'user', content: [audio] }] }],
    [
      'input[3].content[1]',
      {
        instructions: 'Be brief.',
        input: [
          { role: 'user', content: 'a' },
          call,
          { type: 'function_call_output', call_id: 'c', output: 'b' },
          { role: 'user', content: [words, audio] },
        ],
      },
    ],
    [
      'input[2].content[1]',
      { input: [{ role: 'assistant', content: 'a' }, call, { role: 'user', content: [words, image] }] },
    ],
    ['top_logprobs', { input: 'a', top_logprobs: 2 }],
    ['include', { input: 'a', include: ['message.output_text.logprobs'] }],
    ['input', { input: [{ role: 'system', content: 'a' }] }],
    ['tools[0]', { input: 'a', tools: [{ type: 'custom' }] }],
  ])('is refused at the caller’s own %s', (param, body) => {
    const failure = failureOf(() => conversion('responses', 'messages', body))
    expect(failure).toMatchObject({ code: 'invalid_request', param })
    expect(failure?.message).toContain(`'${param}'`)
    expect(failure?.message).not.toMatch(/messages\[/)
  })
})

describe('a path in what the provider was asked', () => {
  const input = [
    { role: 'user', content: [{ type: 'input_text', text: 'a' }] },
    { role: 'assistant', content: [{ type: 'output_text', text: 'b' }] },
    { type: 'function_call', call_id: 'c', name: 'f', arguments: '{}' },
    { role: 'assistant', content: [{ type: 'output_text', text: 'c' }] },
    { type: 'function_call_output', call_id: 'c', output: [{ type: 'input_text', text: 'd' }] },
  ]

  it.each([
    ['messages[0].content', 'instructions'],
    ['messages[1].content[0].text', 'input[0].content[0]'],
    ['messages[2]', 'input[1]'],
    ['messages[2].content[0]', 'input[1].content[0]'],
    ['messages[2].content[1]', 'input[3].content[0]'],
    ['messages[2].tool_calls[0].function.name', 'input[2]'],
    ['messages[3].content', 'input[4].output'],
    ['messages[9].content', 'input'],
    ['max_completion_tokens', 'max_output_tokens'],
    ['response_format.json_schema', 'text.format'],
    ['reasoning_effort', 'reasoning.effort'],
    ['tools[1].function.parameters', 'tools[1].parameters'],
    ['temperature', 'temperature'],
  ])('%s is %s to a caller of responses', (path, own) => {
    const { pathOf } = conversion('responses', 'chat/completions', { instructions: 'Be brief.', input })
    expect(pathOf(path)).toBe(own)
  })

  it.each([
    ['max_completion_tokens', 'max_tokens'],
    ['stop', 'stop_sequences'],
    ['response_format.json_schema.schema', 'output_config.format'],
    ['reasoning_effort', 'thinking'],
    ['user', 'metadata.user_id'],
    ['messages[3].content', 'messages'],
    ['tools[0].function.parameters', 'tools[0].input_schema'],
    ['top_p', 'top_p'],
  ])('%s is %s to a caller of messages', (path, own) => {
    const output_config = { format: { type: 'json_schema', schema: { type: 'object' } } }
    const { pathOf } = conversion('messages', 'chat/completions', { messages: TEXT, output_config })
    expect(pathOf(path)).toBe(own)
  })

  it.each([
    ['max_tokens', 'max_completion_tokens'],
    ['system[0].text', 'messages'],
    ['stop_sequences', 'stop'],
    ['output_config.format.schema', 'response_format'],
    ['output_config.effort', 'reasoning_effort'],
    ['thinking.budget_tokens', 'reasoning_effort'],
    ['metadata.user_id', 'user'],
    ['tools[0].custom.input_schema.type', 'tools[0].function.parameters.type'],
  ])('%s is %s to a caller of chat', (path, own) => {
    const body = { messages: TEXT, max_completion_tokens: 5, user: 'u' }
    expect(conversion('chat/completions', 'messages', body).pathOf(path)).toBe(own)
  })
})

describe('a provider’s error', () => {
  it.each<[ModelEndpoint, ModelEndpoint, Fields, string, string, string | undefined]>([
    [
      'responses',
      'messages',
      { input: 'a', max_output_tokens: 9 },
      'max_tokens: 9 > 8, which is the most',
      'max_output_tokens: 9 > 8, which is the most',
      'max_output_tokens',
    ],
    [
      'chat/completions',
      'messages',
      { messages: TEXT, max_completion_tokens: 9 },
      '`max_tokens` must be greater than `thinking.budget_tokens`.',
      '`max_completion_tokens` must be greater than `thinking.budget_tokens`.',
      undefined,
    ],
    [
      'chat/completions',
      'messages',
      { messages: TEXT },
      'messages.0.content.0.text: not text',
      'messages: not text',
      'messages',
    ],
    [
      'messages',
      'chat/completions',
      { messages: TEXT, max_tokens: 9, stop_sequences: ['b'] },
      "Unsupported parameter: 'stop' is not supported. Say 'low' or \"stopping\".",
      "Unsupported parameter: 'stop_sequences' is not supported. Say 'low' or \"stopping\".",
      undefined,
    ],
  ])('of %s asked as %s names the caller’s members', (endpoint, asked, body, message, told, param) => {
    const error = { message, code: undefined, type: 'invalid_request_error', status: undefined }
    const { body: said } = conversion(endpoint, asked, body).refusal(error, 400)
    expect(said.error).toMatchObject({ message: told, type: 'invalid_request_error' })
    if (endpoint !== 'messages') expect(said.error).toMatchObject({ param: param ?? null })
  })

  it('keeps the member that the provider says it is about', () => {
    const input = [{ role: 'user', content: [{ type: 'input_image', image_url: 'https://x' }] }]
    const { refusal } = conversion('responses', 'chat/completions', { input })
    const param = 'messages[0].content[0].image_url'
    const message = `Invalid '${param}'.`
    const error = { message, param, code: 'invalid_value', type: 'invalid_request_error', status: undefined }
    expect(refusal(error, 400).body.error).toMatchObject({
      message: "Invalid 'input[0].content[0]'.",
      param: 'input[0].content[0]',
    })
  })
})

function conversion(endpoint: ModelEndpoint, asked: ModelEndpoint, body: Fields): Conversion {
  const text = JSON.stringify({ model: 'm', ...(endpoint === 'messages' ? { max_tokens: 9 } : {}), ...body })
  const bytes = new TextEncoder().encode(text)
  const request = endpoint === 'messages' ? parseMessagesRequest(bytes) : parseModelRequest(endpoint, bytes)
  const target = {
    endpoints: new Set([asked]),
    chatBoundMember: 'max_completion_tokens' as const,
    isStrict: false,
    model: 'claude-haiku-4-5',
  }
  const found = convert(request, target, { at: 0, told: undefined })
  if (found === undefined) throw new Error('there is no such way')
  return found
}

function failureOf(act: () => unknown): Error | undefined {
  try {
    act()
  } catch (error) {
    return error as Error
  }
  return undefined
}
