import { describe, expect, test } from 'vitest'
import { parseModelRequest } from '../../src/openai/parse-model-request.ts'
import { Facts } from '../../src/routing/facts.ts'
import { hourClock } from '../../src/routing/hour-clock.ts'
import { factsOf, HELLO } from './support.ts'

function withParts(...content: unknown[]) {
  return factsOf({ model: 'm', messages: [{ role: 'user', content }] })
}

describe('Facts.tokens', () => {
  test('is a quarter of the bytes', () => {
    const text = JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'é'.repeat(400) }] })
    const request = parseModelRequest('chat/completions', new TextEncoder().encode(text))
    const facts = new Facts({ request, keyName: undefined, tags: {}, bytesPerToken: 4, hourIn: () => 0 })
    expect(facts.tokens).toBe(Math.ceil(request.bytes.length / 4))
    expect(facts.tokens).toBeGreaterThan(200)
  })

  test('leaves out what images, audio and files are written as', () => {
    const data = 'A'.repeat(100_000)
    const facts = withParts(
      { type: 'text', text: 'what is this?' },
      { type: 'image_url', image_url: { url: `data:image/png;base64,${data}`, detail: 'low' } },
      { type: 'input_audio', input_audio: { data, format: 'wav' } },
      { type: 'file', file: { filename: 'a.pdf', file_data: data } },
    )
    expect(facts.tokens).toBeLessThan(100)
    expect(facts.has).toEqual(['image', 'audio', 'file'])
  })

  test('counts tools and history', () => {
    const tool = { type: 'function', function: { name: 'f', description: 'd'.repeat(4000) } }
    expect(factsOf({ ...HELLO, tools: [tool] }).tokens).toBeGreaterThan(1000)
  })
})

describe('Facts.has', () => {
  test.each([
    ['image_url', 'image'],
    ['input_image', 'image'],
    ['input_audio', 'audio'],
    ['video_url', 'video'],
    ['file', 'file'],
  ])('a part of type %s is %s', (type, modality) => {
    expect(withParts({ type }).has).toEqual([modality])
  })

  test('text, unknown parts and odd bodies have nothing', () => {
    expect(
      withParts({ type: 'text', text: 'x' }, { type: 'constructor' }, { type: 7 }, null, 'x').has,
    ).toEqual([])
    expect(factsOf({ model: 'm', messages: [null, 7, { role: 'user', content: null }] }).has).toEqual([])
  })

  test('an image of an earlier turn counts: the model sees it again', () => {
    const turns = [
      { role: 'user', content: [{ type: 'image_url', image_url: { url: 'https://x/y' } }] },
      ...HELLO.messages,
    ]
    expect(factsOf({ model: 'm', messages: turns }).has).toEqual(['image'])
  })
})

describe('Facts of a Responses request', () => {
  const data = 'A'.repeat(100_000)

  test('finds media in messages, outputs of tools, screenshots and generated images', () => {
    const facts = responseFacts([
      {
        role: 'user',
        content: [
          { type: 'input_text', text: 'x' },
          { type: 'input_file', file_data: data },
        ],
      },
      { type: 'function_call_output', call_id: 'c', output: [{ type: 'input_image', image_url: data }] },
      {
        type: 'computer_call_output',
        call_id: 'd',
        output: { type: 'computer_screenshot', image_url: data },
      },
      { type: 'image_generation_call', id: 'ig', status: 'completed', result: data },
      { type: 'message', role: 'user', content: [{ type: 'input_audio', input_audio: { data } }] },
    ])
    expect(facts.has).toEqual(['file', 'image', 'audio'])
    expect(facts.tokens).toBeLessThan(250)
  })

  test('a text, and items without media, have none', () => {
    expect(responseFacts('hello').has).toEqual([])
    expect(responseFacts([null, 'x', { role: 'user', content: 'hi' }, { type: 'reasoning' }]).has).toEqual([])
    expect(responseFacts('hello', { tools: [{ type: 'web_search' }] }).tools).toBe(true)
    expect(responseFacts('hello').tools).toBe(false)
  })

  function responseFacts(input: unknown, more: Record<string, unknown> = {}): Facts {
    const bytes = new TextEncoder().encode(JSON.stringify({ model: 'm', input, ...more }))
    const request = parseModelRequest('responses', bytes)
    return new Facts({ request, keyName: undefined, tags: {}, bytesPerToken: 4, hourIn: () => 0 })
  }
})

test('Facts.tools: declared tools or functions, and no empty list', () => {
  expect(factsOf({ ...HELLO, tools: [{}] }).tools).toBe(true)
  expect(factsOf({ ...HELLO, functions: [{}] }).tools).toBe(true)
  expect(factsOf({ ...HELLO, tools: [] }).tools).toBe(false)
  expect(factsOf(HELLO).tools).toBe(false)
})

test('Facts.record: what costs nothing, and what was asked for', () => {
  const facts = factsOf(HELLO, { hourIn: () => 7 })
  expect(facts.record()).toEqual({ endpoint: 'chat/completions', model: 'gpt-5.5', tools: false })
  facts.hourIn('UTC')
  facts.tokens
  expect(facts.record()).toEqual({
    endpoint: 'chat/completions',
    model: 'gpt-5.5',
    tokens: facts.tokens,
    has: [],
    tools: false,
    'hour UTC': 7,
  })
})

test('hourClock: hours of the day in a zone, midnight as 0, summer time minded', () => {
  const hourIn = hourClock()
  expect(hourIn('UTC', Date.UTC(2026, 0, 1, 0, 30))).toBe(0)
  expect(hourIn('Europe/Berlin', Date.UTC(2026, 0, 1, 23, 30))).toBe(0)
  expect(hourIn('Europe/Berlin', Date.UTC(2026, 6, 1, 12))).toBe(14)
  expect(hourIn('Asia/Kolkata', Date.UTC(2026, 6, 1, 18, 31))).toBe(0)
})
