/** What is done with each parameter that a model refuses: left out, said in its words, or not asked at all. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parameterRules } from '../../src/conversion/model-parameters.ts'
import { nearestEffort } from '../../src/conversion/parameter-rule.ts'
import { translateParameters } from '../../src/conversion/translate-parameters.ts'
import { Failure } from '../../src/errors.ts'
import { readBody } from '../../src/openai/body-shape.ts'
import { editBody } from '../../src/openai/edit-body.ts'
import type { ModelEndpoint } from '../../src/openai/model-request.ts'
import { VENDOR_IDS } from '../../src/providers/vendors.ts'

type Fields = Record<string, unknown>

/** Target, what is stated beside the messages, and what is sent of it. */
const CHAT: readonly [vendor: string, model: string, stated: Fields, sent: Fields][] = [
  ['openai', 'o3', { max_tokens: 9 }, { max_completion_tokens: 9 }],
  ['openai', 'gpt-5.5', { max_tokens: null, max_completion_tokens: 9 }, { max_completion_tokens: 9 }],
  ['openai', 'o3', { max_tokens: 9, max_completion_tokens: null }, { max_completion_tokens: 9 }],
  ['openai', 'o3', { max_tokens: 9, max_completion_tokens: 8 }, { max_completion_tokens: 8 }],
  [
    'openai',
    'gpt-4o',
    { max_tokens: 9, temperature: 0, stop: 'x' },
    { max_tokens: 9, temperature: 0, stop: 'x' },
  ],
  ['openai', 'o4-mini-2025-04-16', { temperature: 1, top_p: 1 }, { temperature: 1 }],
  [
    'openai',
    'gpt-5-mini',
    { temperature: 0.2, presence_penalty: 0, frequency_penalty: 1, logit_bias: {} },
    {},
  ],
  ['openai', 'gpt-5', { logprobs: false, top_logprobs: null, seed: 1 }, { seed: 1 }],
  ['openai', 'gpt-5', { stop: null }, {}],
  ['openai', 'gpt-5', { stop: [] }, {}],
  ['openai', 'o3-mini', { stop: ['x'] }, { stop: ['x'] }],
  ['openai', 'o1', { verbosity: 'low', reasoning_effort: 'low' }, { reasoning_effort: 'low' }],
  ['openai', 'gpt-4.1-nano', { verbosity: 'low', reasoning_effort: 'low' }, {}],
  ['openai', 'ft:gpt-4o-mini-2024-07-18:org::1', { reasoning_effort: 'low' }, {}],
  ['openai', 'gpt-5-chat-latest', { temperature: 0, reasoning_effort: 'low' }, { temperature: 0 }],
  [
    'openai',
    'gpt-5.2-chat-latest',
    { temperature: 0, reasoning_effort: 'none' },
    { reasoning_effort: 'medium' },
  ],
  ['openai', 'gpt-5', { reasoning_effort: 'none' }, { reasoning_effort: 'minimal' }],
  ['openai', 'gpt-5-2025-08-07', { reasoning_effort: 'xhigh' }, { reasoning_effort: 'high' }],
  ['openai', 'gpt-5-pro', { reasoning_effort: 'low' }, { reasoning_effort: 'high' }],
  ['openai', 'gpt-5-codex', { reasoning_effort: 'minimal' }, { reasoning_effort: 'low' }],
  ['openai', 'gpt-5.1', { reasoning_effort: 'minimal' }, { reasoning_effort: 'low' }],
  ['openai', 'gpt-5.1-codex-max', { reasoning_effort: 'xhigh' }, { reasoning_effort: 'xhigh' }],
  ['openai', 'gpt-5.2-pro', { reasoning_effort: 'none' }, { reasoning_effort: 'medium' }],
  ['openai', 'gpt-5.4', { reasoning_effort: 'max' }, { reasoning_effort: 'xhigh' }],
  ['openai', 'gpt-5.6', { reasoning_effort: 'max' }, { reasoning_effort: 'max' }],
  ['openai', 'gpt-6', { reasoning_effort: 'none', temperature: 0 }, { reasoning_effort: 'low' }],
  ['openai', 'o3', { reasoning_effort: 'utmost' }, {}],
  // Without thinking some take sampling, and some do not think unless they are asked to.
  [
    'openai',
    'gpt-5.1',
    { temperature: 0, top_p: 0.5, logprobs: true },
    { temperature: 0, top_p: 0.5, logprobs: true },
  ],
  ['openai', 'gpt-5.1', { temperature: 0, reasoning_effort: 'low' }, { reasoning_effort: 'low' }],
  ['openai', 'gpt-5.5', { temperature: 0 }, {}],
  [
    'openai',
    'gpt-5.5',
    { temperature: 0, reasoning_effort: 'none' },
    { temperature: 0, reasoning_effort: 'none' },
  ],
  ['openai', 'gpt-6-sol', { temperature: 0, reasoning_effort: 'none' }, { reasoning_effort: 'none' }],
  ['openai', 'gpt-4o-search-preview', { reasoning_effort: 'low' }, { reasoning_effort: 'low' }],
  ['azure', 'gpt-5-mini', { max_tokens: 5 }, { max_completion_tokens: 5 }],
  ['azure-v1', 'my-deployment', { max_tokens: 5, temperature: 0 }, { max_tokens: 5, temperature: 0 }],
  [
    'mistral',
    'mistral-large-latest',
    { seed: 7, max_completion_tokens: 5 },
    { random_seed: 7, max_tokens: 5 },
  ],
  ['mistral', 'mistral-large-latest', { user: 'u', logit_bias: { 1: 2 }, store: true, n: 2 }, { n: 2 }],
  ['mistral', 'mistral-large-latest', { modalities: ['text'], logprobs: false, stop: 'x' }, { stop: 'x' }],
  ['mistral', 'magistral-medium', { reasoning_effort: 'low' }, { reasoning_effort: 'high' }],
  ['groq', 'llama-3.3-70b-versatile', { n: 1, logit_bias: { 1: 2 }, reasoning_effort: 'low' }, { n: 1 }],
  ['groq', 'openai/gpt-oss-120b', { reasoning_effort: 'none' }, { reasoning_effort: 'low' }],
  ['groq', 'qwen/qwen3-32b', { reasoning_effort: 'high' }, { reasoning_effort: 'default' }],
  ['groq', 'qwen/qwen3-32b', { reasoning_effort: 'none' }, { reasoning_effort: 'none' }],
  [
    'deepseek',
    'deepseek-chat',
    { max_completion_tokens: 5, logprobs: true },
    { max_tokens: 5, logprobs: true },
  ],
  [
    'deepseek',
    'deepseek-chat',
    { response_format: { type: 'json_object' } },
    { response_format: { type: 'json_object' } },
  ],
  ['gemini', 'gemini-3.5-flash', { seed: 1, frequency_penalty: 1, stop: 'x' }, { stop: 'x' }],
  ['xai', 'grok-4', { presence_penalty: 1, frequency_penalty: 1, reasoning_effort: 'low' }, {}],
  ['xai', 'grok-4.20-0309-non-reasoning', { presence_penalty: 1, stop: 'x' }, { stop: 'x' }],
  ['xai', 'grok-4.3', { reasoning_effort: 'xhigh' }, { reasoning_effort: 'high' }],
  ['xai', 'grok-3-mini', { reasoning_effort: 'medium' }, { reasoning_effort: 'high' }],
  [
    'xai',
    'grok-3',
    { stop: 'x', presence_penalty: 1, reasoning_effort: 'low' },
    { stop: 'x', presence_penalty: 1 },
  ],
  ['cerebras', 'gpt-oss-120b', { presence_penalty: 1, service_tier: 'auto', seed: 1 }, { seed: 1 }],
  ['openrouter', 'openai/o3', { max_tokens: 5, temperature: 0 }, { max_tokens: 5, temperature: 0 }],
  ['vllm', 'o3', { max_tokens: 5, temperature: 0 }, { max_tokens: 5, temperature: 0 }],
]

const RESPONSES: readonly [model: string, stated: Fields, sent: Fields][] = [
  ['gpt-5', { temperature: 0, top_p: 0.5, max_output_tokens: 9 }, { max_output_tokens: 9 }],
  ['gpt-5.1', { temperature: 0 }, { temperature: 0 }],
  ['gpt-5.1', { temperature: 0, reasoning: { effort: 'low' } }, { reasoning: { effort: 'low' } }],
  [
    'o3',
    { reasoning: { effort: 'none', summary: 'auto' } },
    { reasoning: { effort: 'low', summary: 'auto' } },
  ],
  ['o3', { reasoning: { summary: 'auto' } }, { reasoning: { summary: 'auto' } }],
  ['gpt-4.1', { reasoning: { effort: 'low' }, temperature: 0 }, { temperature: 0 }],
]

const REFUSED: readonly [vendor: string, model: string, stated: Fields, param: string][] = [
  ['openai', 'gpt-5', { logprobs: true }, 'logprobs'],
  ['openai', 'gpt-5.1', { logprobs: true, reasoning_effort: 'high' }, 'logprobs'],
  ['openai', 'o3', { stop: 'x' }, 'stop'],
  ['openai', 'o4-mini', { stop: ['x'] }, 'stop'],
  ['mistral', 'mistral-small', { functions: [{ name: 'f' }] }, 'functions'],
  ['mistral', 'mistral-small', { modalities: ['text', 'audio'], audio: {} }, 'modalities'],
  ['mistral', 'mistral-small', { web_search_options: { search_context_size: 'low' } }, 'web_search_options'],
  ['groq', 'llama-3.3-70b-versatile', { n: 2 }, 'n'],
  ['groq', 'llama-3.3-70b-versatile', { logprobs: true }, 'logprobs'],
  ['deepseek', 'deepseek-chat', { response_format: { type: 'json_schema' } }, 'response_format'],
  ['deepseek', 'deepseek-reasoner', { logprobs: true }, 'logprobs'],
  ['xai', 'grok-4-fast-reasoning', { stop: 'x' }, 'stop'],
]

describe('translateParameters', () => {
  test.each(CHAT)('%s/%s is sent %j as %j', (vendor, model, stated, sent) => {
    expect(asSent(vendor, 'chat/completions', model, stated)).toEqual(sent)
  })

  test.each(RESPONSES)('responses of openai/%s are sent %j as %j', (model, stated, sent) => {
    expect(asSent('openai', 'responses', model, stated)).toEqual(sent)
  })

  test.each(REFUSED)('%s/%s cannot be asked %j', (vendor, model, stated, param) => {
    expect(() => asSent(vendor, 'chat/completions', model, stated)).toThrow(
      expect.objectContaining({ code: 'invalid_request', param }),
    )
  })

  test('names each change', () => {
    const body = { max_tokens: 9, temperature: 0, reasoning_effort: 'max' }
    const rules = parameterRules('openai', 'chat/completions', 'o3')
    expect(translateParameters(body, rules)?.notes).toEqual([
      'max_tokens: sent as max_completion_tokens.',
      'temperature: left out, the target refuses it.',
      'reasoning_effort: said as high.',
    ])
  })

  test('what was translated once is taken as it is, whatever it was', () => {
    const names = [...new Set(CHAT.flatMap(([, , stated]) => Object.keys(stated)))]
    const stated = fc.dictionary(
      fc.constantFrom(...names),
      fc.oneof(fc.jsonValue(), fc.constantFrom('none', 'minimal', 'low', 'xhigh', 'max', 1, true)),
    )
    const targets = CHAT.map(([vendor, model]) => [vendor, model] as const)
    fc.assert(
      fc.property(fc.constantFrom(...targets), stated, ([vendor, model], body) => {
        const rules = parameterRules(vendor, 'chat/completions', model)
        const sent = unlessRefused(() => asSent(vendor, 'chat/completions', model, body))
        if (sent !== undefined) expect(translateParameters(sent, rules)).toBeUndefined()
      }),
      { numRuns: 2000 },
    )
  })

  test('knows each vendor that the table names', () => {
    for (const [vendor] of CHAT) expect(VENDOR_IDS).toContain(vendor)
  })
})

test('nearestEffort switches thinking off only where none is wanted, and rather thinks more than less', () => {
  expect(nearestEffort('minimal', ['none', 'high'])).toBe('high')
  expect(nearestEffort('none', ['none', 'high'])).toBe('none')
  expect(nearestEffort('medium', ['low', 'high'])).toBe('high')
  expect(nearestEffort('default', ['low'])).toBeUndefined()
})

/** What reaches the target beside the messages, through the bytes. */
function asSent(vendor: string, endpoint: ModelEndpoint, model: string, stated: Fields): Fields {
  const translation = translateParameters(stated, parameterRules(vendor, endpoint, model))
  const bytes = new TextEncoder().encode(JSON.stringify({ ...stated, messages: [] }))
  const read = { ...readBody(bytes), endpoint, bytes, model: undefined, stream: false, wantsUsage: false }
  const edited = editBody(read, { members: translation?.edits })
  const { messages, ...rest } = JSON.parse(new TextDecoder().decode(edited.bytes)) as Fields
  expect(messages).toEqual([])
  return rest
}

function unlessRefused<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch (error) {
    if (error instanceof Failure) return undefined
    throw error
  }
}
