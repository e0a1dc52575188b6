/** Events of `/generate_stream` as they arrive, cut anywhere: the chunks tell the same text, up to what ends it. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { GeneratedStream } from '../../../src/providers/tensors/generation/generated-stream.ts'
import type { ServedModel } from '../../../src/providers/tensors/served-model.ts'

const MODEL = { outputs: new Map() } as unknown as ServedModel
const NAMING = { endpoint: 'chat/completions', id: 'chatcmpl-1', created: 1, model: 'm' }

function told(
  pieces: readonly string[],
  { stop = [] as string[], prompt = 'ask', cuts = [] as number[] } = {},
) {
  const events = pieces.map((text_output) => `data: ${JSON.stringify({ text_output })}\n\n`).join('')
  const bytes = new TextEncoder().encode(events)
  const stream = new GeneratedStream(
    NAMING,
    { body: new Uint8Array(0), prompt, stop, stream: true, maxTokens: undefined },
    MODEL,
  )
  const places = [
    0,
    ...cuts.map((cut) => cut % (bytes.length + 1)).sort((one, other) => one - other),
    bytes.length,
  ]
  const out = places.slice(1).map((end, index) => stream.push(bytes.subarray(places[index], end)))
  const text = [...out, stream.end()].map((part) => new TextDecoder().decode(part)).join('')
  const data = text
    .split('\n\n')
    .filter(Boolean)
    .map((event) => event.replace(/^data: /, ''))
  expect(data.at(-1)).toBe('[DONE]')
  const chunks = data.slice(0, -1).map((one) => JSON.parse(one))
  return {
    text: chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join(''),
    reason: chunks.at(-1).choices[0].finish_reason,
  }
}

describe('a stream of /generate_stream', () => {
  test('tells the same text wherever its bytes are cut', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme' })), fc.array(fc.nat()), (pieces, cuts) => {
        expect(told(pieces, { cuts })).toEqual({ text: pieces.join(''), reason: 'stop' })
      }),
    )
  })

  test('ends before the first text that ends it, however that is cut, and never shows its beginning', () => {
    const whole = 'one two END three'
    fc.assert(
      fc.property(fc.array(fc.nat({ max: whole.length }), { maxLength: 6 }), (cuts) => {
        const places = [0, ...cuts.sort((one, other) => one - other), whole.length]
        const pieces = places.slice(1).map((end, index) => whole.slice(places[index], end))
        expect(told(pieces, { stop: ['END'] }).text).toBe('one two ')
      }),
    )
    expect(told(['what EN', 'Ds not'], { stop: ['ENDED'] }).text).toBe('what ENDs not')
  })

  test('leaves out the prompt where a backend begins by repeating it', () => {
    expect(told(['ask', ' and answer'], { prompt: 'ask' }).text).toBe(' and answer')
    expect(told(['ask me', ' ask'], { prompt: 'ask' }).text).toBe(' me ask')
  })
})
