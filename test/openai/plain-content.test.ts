import { describe, expect, test } from 'vitest'
import { EventScanner } from '../../src/openai/event-scanner.ts'
import { plainContentCharacters } from '../../src/openai/plain-content.ts'
import { readStreamEvent } from '../../src/openai/read-stream-event.ts'
import { streamFixtures } from './stream-fixtures.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const chunk = (delta: string, rest = ''): string =>
  `data: {"id":"c","choices":[{"index":0,"delta":${delta},"finish_reason":null}]${rest}}\n\n`

describe('plainContentCharacters', () => {
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
})
