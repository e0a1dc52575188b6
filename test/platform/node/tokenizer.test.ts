/** The real tokenizer, against counts that OpenAI has published. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { get_encoding } from 'tiktoken'
import { describe, expect, it } from 'vitest'
import { parseModelRequest } from '../../../src/openai/parse-model-request.ts'
import { promptText } from '../../../src/openai/prompt-text.ts'
import { countTokens, encodingOf } from '../../../src/platform/node/tokenizer.ts'

/** The example of OpenAI's cookbook, "How to count tokens with tiktoken", section 6. */
const MESSAGES = [
  {
    role: 'system',
    content:
      'You are a helpful, pattern-following assistant that translates corporate jargon into plain English.',
  },
  { role: 'system', name: 'example_user', content: 'New synergies will help drive top-line growth.' },
  {
    role: 'system',
    name: 'example_assistant',
    content: 'Things working well together will increase revenue.',
  },
  {
    role: 'system',
    name: 'example_user',
    content:
      "Let's circle back when we have more bandwidth to touch base on opportunities for increased leverage.",
  },
  {
    role: 'system',
    name: 'example_assistant',
    content: "Let's talk later when we're less busy about how to do better.",
  },
  {
    role: 'user',
    content: "This late pivot means we don't have time to boil the ocean for the client deliverable.",
  },
]

function chat(messages: readonly unknown[]) {
  const bytes = new TextEncoder().encode(JSON.stringify({ model: 'm', messages }))
  return promptText(parseModelRequest('chat/completions', bytes))
}

describe('countTokens', () => {
  it.each([
    ['gpt-4-0613', 129, 'cl100k_base'],
    ['gpt-3.5-turbo', 129, 'cl100k_base'],
    ['gpt-4o', 124, 'o200k_base'],
    ['gpt-4o-mini', 124, 'o200k_base'],
  ])('counts a chat as the API of %s does: %i', async (model, input, by) => {
    expect(await countTokens({ model, prompt: chat(MESSAGES), answer: undefined })).toEqual({
      input,
      output: undefined,
      by,
    })
  })

  it('counts long texts in slices as if they were whole, within two in a thousand', async () => {
    const text = readFileSync(new URL('../../../README.md', import.meta.url), 'utf8').slice(0, 60_000)
    const encoding = get_encoding('o200k_base')
    const whole = encoding.encode_ordinary(text).length
    encoding.free()
    const { input } = await countTokens({
      model: 'gpt-5.5',
      prompt: chat([{ role: 'user', content: text }]),
      answer: undefined,
    })
    expect(Math.abs(input - 7 - whole) / whole).toBeLessThan(0.002)
  })

  it('ends with a word as long as the text', async () => {
    const prompt = chat([{ role: 'user', content: 'a'.repeat(200_000) }])
    const { input } = await countTokens({ model: 'gpt-5.5', prompt, answer: undefined })
    expect(input).toBeGreaterThan(20_000)
    expect(input).toBeLessThan(30_000)
  })

  it('counts a special token that a caller spelt as the text that it is', async () => {
    const { input } = await countTokens({
      model: 'gpt-5.5',
      prompt: chat([{ role: 'user', content: '<|endoftext|>' }]),
      answer: undefined,
    })
    expect(input).toBeGreaterThan(7 + 1)
  })
})

describe('encodingOf', () => {
  it('knows every model of today that tiktoken knows', () => {
    const known = createRequire(import.meta.url)('tiktoken/model_to_encoding.json') as Record<string, string>
    const today = Object.entries(known).filter(
      // The models of 2022 and before answer no chat.
      ([model, encoding]) => /^(?:cl100k|o200k)_base$/.test(encoding) && !/^(?:davinci|babbage)-/.test(model),
    )
    expect(today.length).toBeGreaterThan(30)
    expect(today.map(([model]) => [model, encodingOf(model)])).toEqual(today)
  })

  it.each([
    ['openai/gpt-4-turbo', 'cl100k_base'],
    ['ft:gpt-3.5-turbo:acme', 'cl100k_base'],
    ['gpt-35-turbo', 'cl100k_base'],
    ['openai/gpt-4.1-mini', 'o200k_base'],
    ['claude-sonnet-5', 'o200k_base'],
    ['llama3.2:3b', 'o200k_base'],
  ])('takes %s for %s', (model, encoding) => {
    expect(encodingOf(model)).toBe(encoding)
  })
})
