import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { EventScanner } from '../../src/openai/event-scanner.ts'
import { PlainContent } from '../../src/openai/plain-content.ts'
import { readStreamEvent } from '../../src/openai/read-stream-event.ts'
import { streamFixtures } from './stream-fixtures.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const chunk = (delta: string, rest = ''): string =>
  `data: {"id":"c","choices":[{"index":0,"delta":${delta},"finish_reason":null}]${rest}}\n\n`

const plainContentCharacters = (chunk: Uint8Array): number | undefined => new PlainContent().characters(chunk)

describe('PlainContent', () => {
  test('counts the text of one event and of several', () => {
    expect(plainContentCharacters(bytes(chunk('{"content":"four"}')))).toBe(4)
    expect(plainContentCharacters(bytes(chunk('{"content":"four"}') + chunk('{"content": "ü🙂"}')))).toBe(7)
  })

  test.each([
    ['an end', chunk('{}').replace('null', '"stop"')],
    ['usage', chunk('{"content":"x"}', ',"usage":{"prompt_tokens":1}')],
    ['an error', chunk('{"content":"x"}', ',"error":{"message":"no"}')],
    ['no content', chunk('{}')],
    ['a tool call', chunk('{"content":"x","tool_calls":[{}]}')],
    ['reasoning', chunk('{"content":"x","reasoning_content":"y"}')],
    ['escapes', chunk('{"content":"a\\nb"}')],
    ['the closing event', `${chunk('{"content":"x"}')}data: [DONE]\n\n`],
    ['a comment', `: ping\n\n${chunk('{"content":"x"}')}`],
    ['half an event', chunk('{"content":"x"}').slice(0, -1)],
    ['an event and a half', chunk('{"content":"x"}') + chunk('{"content":"y"}').slice(0, 30)],
    ['two lines of data', `data: {"content":"x"}\ndata: {}\n\n`],
    ['carriage returns', chunk('{"content":"x"}').replaceAll('\n', '\r\n')],
    ['no JSON', 'data: "content":"x"\n\n'],
  ])('leaves %s to be read', (_, text) => {
    expect(plainContentCharacters(bytes(text))).toBeUndefined()
  })

  test('null usage and null finish reasons are nothing to act on', () => {
    expect(plainContentCharacters(bytes(chunk('{"content":"x","refusal":null}', ',"usage":null')))).toBe(1)
  })

  test('what it passes in recorded streams says the same when read', () => {
    let passed = 0
    for (const [, recorded] of streamFixtures()) {
      for (const event of new EventScanner().push(recorded)) {
        const characters = plainContentCharacters(event.bytes)
        if (characters === undefined) continue
        passed++
        expect(readStreamEvent(event.data ?? '')).toMatchObject({
          kind: 'chunk',
          finishReason: undefined,
          usage: undefined,
          outputCharacters: characters,
        })
      }
    }
    expect(passed).toBeGreaterThan(20)
  })

  test('says of each chunk of a stream what reading it says, whatever came before', () => {
    const text = fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 6 }),
      fc.constantFrom('', 'a"b', '[DONE]', '\\', '\n', '🙂ü', '","usage":{}'),
    )
    const shape = fc.constantFrom<(delta: string) => string>(
      (content) => chunk(`{"content":${content}}`),
      (content) => chunk(`{"content":${content}}`, ',"usage":null'),
      (content) => chunk(`{"role":"assistant","content":${content}}`),
      (content) => chunk(`{"content":${content}}`).replace('null', '"stop"'),
      (content) => `data: {"name":"é","choices":[{"index":0,"delta":{"content":${content}}}]}\n\n`,
    )
    const event = fc.tuple(shape, text).map(([shaped, content]) => shaped(JSON.stringify(content)))
    const stream = fc.array(
      fc.array(event, { minLength: 1, maxLength: 3 }).map((events) => events.join('')),
      { maxLength: 12 },
    )
    let compared = 0
    fc.assert(
      fc.property(stream, (chunks) => {
        const plain = new PlainContent()
        for (const piece of chunks) {
          const characters = plain.characters(bytes(piece))
          if (characters === undefined) continue
          compared++
          const events = new EventScanner().push(bytes(piece)).map(({ data = '' }) => readStreamEvent(data))
          expect(events).toEqual(
            events.map(() =>
              expect.objectContaining({ kind: 'chunk', finishReason: undefined, usage: undefined }),
            ),
          )
          const read = events.map((facts) => (facts.kind === 'chunk' ? facts.outputCharacters : Number.NaN))
          expect(characters).toBe(read.reduce((sum, each) => sum + each, 0))
        }
      }),
    )
    expect(compared).toBeGreaterThan(100)
  })
})
