import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { INPUT_PARTS } from '../../src/metering/part-sizes.ts'
import { attributeInput, type PartSizes, partSizes } from '../../src/metering/parts.ts'
import { INPUT_BUCKETS, noTokens } from '../../src/metering/tokens.ts'
import type { ModelRequest } from '../../src/openai/model-request.ts'
import { parseModelRequest } from '../../src/openai/parse-model-request.ts'

const FRAME = 16

function sizesOf(
  body: Readonly<Record<string, unknown>>,
  endpoint: Exclude<ModelRequest['endpoint'], 'messages'> = 'chat/completions',
) {
  return partSizes(parseModelRequest(endpoint, new TextEncoder().encode(JSON.stringify(body))))
}

describe('partSizes', () => {
  it('tells system, tools, history and the last user turn apart', () => {
    const tools = [{ type: 'function', function: { name: 'weather', parameters: {} } }]
    expect(
      sizesOf({
        model: 'm',
        tools,
        messages: [
          { role: 'system', content: 'a'.repeat(100) },
          { role: 'developer', content: 'b'.repeat(10) },
          { role: 'user', content: 'c'.repeat(20) },
          { role: 'assistant', content: 'd'.repeat(30) },
          { role: 'user', content: 'e'.repeat(40) },
          { role: 'user', content: [{ type: 'text', text: 'f'.repeat(50) }] },
        ],
      }),
    ).toEqual({
      system: 110 + 2 * FRAME,
      tools: JSON.stringify(tools).length,
      history: 50 + 2 * FRAME,
      last_user_turn: 90 + 2 * FRAME,
    })
  })

  it('takes what came after the last user turn for history: calls of tools and their results', () => {
    const call = { id: 'c', type: 'function', function: { name: 'weather', arguments: '{"city":"Rome"}' } }
    expect(
      sizesOf({
        messages: [
          { role: 'user', content: 'ab' },
          { role: 'assistant', content: null, tool_calls: [call] },
          { role: 'tool', tool_call_id: 'c', content: 'sunny' },
        ],
      }),
    ).toEqual({ history: 7 + 15 + 5 + 2 * FRAME, last_user_turn: 2 + FRAME })
  })

  it('weighs an image the same as an address and as base64, and audio by its length', () => {
    const image = (url: string) => ({ type: 'image_url', image_url: { url } })
    const audio = (format: string) => ({
      type: 'input_audio',
      input_audio: { data: 'A'.repeat(64_000), format },
    })
    const content = [image('https://a.example/b.png'), image(`data:image/png;base64,${'A'.repeat(90_000)}`)]
    expect(sizesOf({ messages: [{ role: 'user', content }] })).toEqual({
      last_user_turn: FRAME,
      images: 8000,
    })
    // A second as WAV, three as MP3, at ten tokens of four characters a second.
    expect(sizesOf({ messages: [{ role: 'user', content: [audio('wav')] }] }).audio).toBe(40)
    expect(sizesOf({ messages: [{ role: 'user', content: [audio('mp3')] }] }).audio).toBe(128)
  })

  it('takes the schema of the answer for a tool, and the input of embeddings for the turn', () => {
    expect(sizesOf({ messages: [], response_format: { type: 'json_object' } })).toEqual({ tools: 22 })
    expect(sizesOf({ model: 'm', input: ['ab', 'cd'] }, 'embeddings')).toEqual({ last_user_turn: 11 })
  })

  it('weighs an image among inputs of embeddings as any image', () => {
    const image = `data:image/png;base64,${'A'.repeat(90_000)}`
    expect(sizesOf({ model: 'm', input: ['ab', image] }, 'embeddings')).toEqual({
      last_user_turn: '["ab",""]'.length,
      images: 4000,
    })
  })

  it('tells the parts of a Responses request apart', () => {
    const tools = [{ type: 'function', name: 'weather', parameters: {}, strict: true }]
    const text = { format: { type: 'json_object' } }
    const input = [
      { role: 'developer', content: 'a'.repeat(100) },
      { type: 'message', role: 'user', content: 'b'.repeat(20) },
      { type: 'reasoning', summary: [], encrypted_content: 'c'.repeat(40) },
      { type: 'function_call', call_id: 'x', name: 'weather', arguments: 'd'.repeat(10) },
      { type: 'function_call_output', call_id: 'x', output: 'e'.repeat(50) },
      {
        role: 'user',
        content: [
          { type: 'input_text', text: 'f'.repeat(60) },
          { type: 'input_image', image_url: 'https://x/y' },
        ],
      },
      { type: 'function_call_output', call_id: 'y', output: [{ type: 'input_text', text: 'g'.repeat(5) }] },
    ]
    expect(sizesOf({ model: 'm', instructions: 'h'.repeat(7), tools, text, input }, 'responses')).toEqual({
      system: 107 + 2 * FRAME,
      tools: JSON.stringify(tools).length + JSON.stringify(text).length,
      history: 20 + 30 + 17 + 50 + 5 + 5 * FRAME,
      last_user_turn: 60 + FRAME,
      images: 4000,
    })
    expect(sizesOf({ model: 'm', input: 'hello' }, 'responses')).toEqual({ last_user_turn: 5 + FRAME })
    expect(sizesOf({ model: 'm', input: [null, 7, 'x', { type: 'file_search_call' }] }, 'responses')).toEqual(
      {
        history: FRAME,
      },
    )
  })

  it('takes the prompt of a legacy completion for the turn', () => {
    expect(sizesOf({ model: 'm', prompt: 'hello' }, 'completions')).toEqual({ last_user_turn: 7 })
  })

  it('takes messages of any shape', () => {
    expect(
      sizesOf({ messages: [null, 3, {}, { role: 'user' }, { role: 'user', content: [null, {}] }] }),
    ).toEqual({
      history: FRAME,
      last_user_turn: 2 * FRAME,
    })
  })
})

describe('attributeInput', () => {
  it('scales shares to the reported input, cached tokens included', () => {
    const tokens = { ...noTokens(), input: 100, cache_read: 900, output: 50 }
    expect(attributeInput({ system: 600, history: 300, last_user_turn: 100 }, tokens)).toEqual({
      system: 600,
      tools: 0,
      history: 300,
      last_user_turn: 100,
      images: 0,
      audio: 0,
    })
  })

  it('gives images and audio what the provider counted of them', () => {
    const tokens = { ...noTokens(), input: 40, image_in: 765, audio_in: 20 }
    expect(attributeInput({ last_user_turn: 10, images: 4000 }, tokens)).toMatchObject({
      last_user_turn: 40,
      images: 765,
      audio: 20,
    })
    expect(
      attributeInput({ last_user_turn: 4000, images: 4000 }, { ...noTokens(), input: 100 }),
    ).toMatchObject({
      last_user_turn: 50,
      images: 50,
    })
  })

  it('never loses or makes a token', () => {
    const size = fc.option(fc.nat(100_000), { nil: undefined })
    const sizes = fc.record(Object.fromEntries(INPUT_PARTS.map((part) => [part, size])), { requiredKeys: [] })
    const counts = fc.record(Object.fromEntries(INPUT_BUCKETS.map((bucket) => [bucket, fc.nat(1_000_000)])))
    fc.assert(
      fc.property(sizes, counts, (given, counted) => {
        const tokens = { ...noTokens(), ...counted }
        const parts = attributeInput(given as PartSizes, tokens)
        const values = INPUT_PARTS.map((part) => parts[part])
        expect(values.every((value) => Number.isInteger(value) && value >= 0)).toBe(true)
        expect(values.reduce((sum, value) => sum + value, 0)).toBe(
          INPUT_BUCKETS.reduce((sum, bucket) => sum + tokens[bucket], 0),
        )
      }),
    )
  })
})
