import { expect, test } from 'vitest'
import { parameterRules } from '../../src/conversion/model-parameters.ts'
import { openaiPromptCache } from '../../src/conversion/openai-parameters.ts'
import { translateParameters } from '../../src/conversion/translate-parameters.ts'

test.each([
  ['gpt-4o-mini', [], false],
  ['gpt-4.1-2025-04-14', ['in_memory', '24h'], false],
  ['gpt-4.1-mini', [], false],
  ['o3', [], false],
  ['gpt-5', ['in_memory', '24h'], false],
  ['gpt-5-mini', [], false],
  ['gpt-5.1-codex', ['in_memory', '24h'], false],
  ['gpt-5.5', ['24h'], false],
  ['gpt-5.6-sol', ['24h'], true],
  ['gpt-6.1-terra', ['24h'], true],
] as const)("%s's prompt cache", (model, retention, takesBreakpoints) => {
  expect(openaiPromptCache(model)).toEqual({ retention, takesBreakpoints })
})

test.each([
  'gpt-3.5-turbo',
  'gpt-4',
  'gpt-4-turbo',
  'my-deployment',
  'gpt-4o-search-preview',
  'text-embedding-3-small',
])('%s has none, or one that nothing is known of', (model) =>
  expect(openaiPromptCache(model)).toBeUndefined(),
)

test('a model that refuses what a caller wrote for another is not sent it', () => {
  const body = {
    prompt_cache_options: { mode: 'explicit' },
    prompt_cache_retention: 'in_memory',
    prompt_cache_key: 'k',
  }
  const dropped = (endpoint: 'chat/completions' | 'responses', model: string) =>
    translateParameters(body, parameterRules('openai', endpoint, model))?.edits.map(({ name }) => name) ?? []
  for (const endpoint of ['chat/completions', 'responses'] as const) {
    expect(dropped(endpoint, 'gpt-4o')).toEqual(['prompt_cache_options', 'prompt_cache_retention'])
    expect(dropped(endpoint, 'gpt-5.1')).toEqual(['prompt_cache_options'])
    expect(dropped(endpoint, 'gpt-5.6-sol')).toEqual(['prompt_cache_retention'])
  }
})
