import { describe, expect, it } from 'vitest'
import { countedText, estimateInput } from '../../src/metering/input-estimate.ts'
import { usageFromWire } from '../../src/metering/usage.ts'
import { parseModelRequest } from '../../src/openai/parse-model-request.ts'

function estimate(content: unknown, bytesPerToken = 4) {
  const body = { model: 'm', messages: [{ role: 'user', content }] }
  const bytes = new TextEncoder().encode(JSON.stringify(body))
  return {
    bytes: bytes.length,
    ...estimateInput(parseModelRequest('chat/completions', bytes), bytesPerToken),
  }
}

describe('estimateInput', () => {
  it('tells text by its bytes and the ratio', () => {
    const text = estimate('x'.repeat(1000), 5)
    expect(text).toMatchObject({
      textBytes: text.bytes,
      tokens: Math.ceil(text.bytes / 5),
      mediaTokens: 0,
      hasMedia: false,
    })
  })

  it('tells an image by what images cost, not by its bytes', () => {
    const url = `data:image/png;base64,${'A'.repeat(400_000)}`
    const image = estimate([
      { type: 'text', text: 'What is this?' },
      { type: 'image_url', image_url: { url } },
    ])
    expect(image.hasMedia).toBe(true)
    expect(image.mediaTokens).toBe(1000)
    expect(image.textBytes).toBeLessThan(200)
    expect(image.tokens).toBe(1000 + Math.ceil(image.textBytes / 4))
  })
})

describe('countedText', () => {
  it.each<[string, Record<string, unknown>, number | undefined]>([
    ['a prompt', { prompt_tokens: 100, completion_tokens: 7 }, 100],
    [
      'a prompt whose beginning came from the provider’s cache',
      { prompt_tokens: 100, completion_tokens: 7, prompt_tokens_details: { cached_tokens: 60 } },
      100,
    ],
    [
      'what was written to a cache (Anthropic)',
      { input_tokens: 10, cache_read_input_tokens: 20, cache_creation_input_tokens: 70, output_tokens: 1 },
      100,
    ],
    [
      'audio',
      { prompt_tokens: 100, completion_tokens: 7, prompt_tokens_details: { audio_tokens: 60 } },
      undefined,
    ],
    [
      'results of searches',
      { input_tokens: 9000, output_tokens: 7, server_tool_use: { web_search_requests: 2 } },
      undefined,
    ],
    ['no tokens', { prompt_tokens: 0, completion_tokens: 0 }, undefined],
  ])('of %s', (_, wire, counted) => {
    const usage = usageFromWire(wire)
    expect(usage && countedText(usage)).toBe(counted)
  })
})
