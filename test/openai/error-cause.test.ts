import { describe, expect, it } from 'vitest'
import { errorCause } from '../../src/openai/error-cause.ts'
import { readErrorBody } from '../../src/openai/wire-error.ts'

describe('errorCause', () => {
  it.each([
    [
      'OpenAI',
      '{"error":{"message":"Your input exceeds the context window of this model.","type":"invalid_request_error","param":"messages","code":"context_length_exceeded"}}',
    ],
    [
      'OpenAI in words alone',
      '{"error":{"message":"This model\'s maximum context length is 8192 tokens. However, your messages resulted in 9001 tokens.","type":"invalid_request_error","code":null}}',
    ],
    [
      'vLLM',
      '{"error":{"message":"This model\'s maximum context length is 16384 tokens. However, you requested 122946 tokens","type":"BadRequestError","param":null,"code":400}}',
    ],
    [
      'older vLLM',
      '{"object":"error","message":"The decoder prompt (length 9000) is longer than the maximum model length of 4096.","type":"BadRequestError","code":400}',
    ],
    [
      'llama.cpp',
      '{"error":{"code":400,"message":"the request exceeds the available context size, try increasing it","type":"exceed_context_size_error","n_prompt_tokens":1407,"n_ctx":256}}',
    ],
    [
      'older llama.cpp',
      '{"error":{"code":500,"message":"the request exceeds the available context size","type":"server_error"}}',
    ],
    [
      'SGLang',
      '{"object":"error","message":"The input (9000 tokens) is longer than the model\'s context length (4096 tokens).","type":"BadRequestError","code":400}',
    ],
    [
      'Ollama',
      '{"error":{"message":"the input length exceeds the context length","type":"api_error","param":null,"code":null}}',
    ],
    [
      'Gemini',
      '[{"error":{"code":400,"message":"The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).","status":"INVALID_ARGUMENT"}}]',
    ],
    [
      'Groq',
      '{"error":{"message":"Please reduce the length of the messages or completion.","type":"invalid_request_error","param":"messages","code":"context_length_exceeded"}}',
    ],
    [
      'Mistral',
      '{"object":"error","message":"Prompt contains 40000 tokens and 0 draft tokens, too large for model with 32768 maximum context length","type":"invalid_request_invalid_args","code":"3051"}',
    ],
    [
      'OpenRouter',
      '{"error":{"message":"This endpoint\'s maximum context length is 32768 tokens. However, you requested about 40000 tokens","code":400}}',
    ],
    [
      'xAI',
      '{"code":"Client specified an invalid argument","error":"This model\'s maximum prompt length is 131072 but the request contains 500000 tokens."}',
    ],
    [
      'TGI',
      '{"error":"Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4096.","error_type":"validation"}',
    ],
  ])("knows %s's full context window", (_provider, body) => {
    expect(causeOf(body)).toBe('context_window')
  })

  it.each([
    [
      'Azure',
      '{"error":{"message":"The response was filtered due to the prompt triggering Azure OpenAI\'s content management policy.","type":null,"param":"prompt","code":"content_filter","status":400,"innererror":{"code":"ResponsibleAIPolicyViolation"}}}',
    ],
    [
      'OpenAI',
      '{"error":{"message":"Invalid prompt: your prompt was flagged as potentially violating our usage policy.","type":"invalid_request_error","param":null,"code":"invalid_prompt"}}',
    ],
    [
      'DeepSeek',
      '{"error":{"message":"Content Exists Risk","type":"invalid_request_error","param":null,"code":"invalid_request_error"}}',
    ],
    [
      'OpenRouter',
      '{"error":{"message":"Your chosen model requires moderation and your input was flagged for violating policy","code":403}}',
    ],
    [
      'Alibaba',
      '{"error":{"message":"Input data may contain inappropriate content.","code":"data_inspection_failed","type":"data_inspection_failed"}}',
    ],
  ])("knows %s's content filter", (_provider, body) => {
    expect(causeOf(body)).toBe('content_filter')
  })

  it.each([
    [
      'a bad key',
      '{"error":{"message":"Incorrect API key provided","type":"invalid_request_error","code":"invalid_api_key"}}',
    ],
    [
      'a rate limit',
      '{"error":{"message":"Rate limit reached for gpt-5.5 on tokens per min (TPM): Limit 30000","type":"tokens","code":"rate_limit_exceeded"}}',
    ],
    [
      'an unknown field',
      '{"error":{"message":"Unrecognized request argument supplied: context","type":"invalid_request_error","code":null}}',
    ],
    [
      'too small a bound',
      '{"error":{"message":"max_tokens must be at least 1, got -186.","type":"BadRequestError","code":400}}',
    ],
  ])('sees neither in %s', (_name, body) => {
    expect(causeOf(body)).toBeUndefined()
  })

  it('reads no error out of a body that is none', () => {
    expect(readErrorBody(new TextEncoder().encode('upstream connect error'))).toBeUndefined()
    expect(readErrorBody(new TextEncoder().encode('{"choices":[]}'))).toBeUndefined()
  })
})

function causeOf(body: string) {
  const error = readErrorBody(new TextEncoder().encode(body))
  return error === undefined ? 'no error' : errorCause(error)
}
