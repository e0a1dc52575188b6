/** What a tokenizer is shown is what the path has measured: the same characters, of every recorded answer. */
import { describe, expect, it } from 'vitest'
import { answerTexts } from '../../src/openai/answer-text.ts'
import { EventScanner } from '../../src/openai/event-scanner.ts'
import { readAnswer } from '../../src/openai/read-answer.ts'
import { readStreamEvent } from '../../src/openai/read-stream-event.ts'
import { answerFixtures, streamFixtures } from './stream-fixtures.ts'

const lengthOf = (texts: readonly string[]): number => texts.join('').length

describe('answerTexts', () => {
  it.each(streamFixtures())(
    'of the stream %s: as many characters as its events carry',
    (_, bytes, expected) => {
      const events = new EventScanner().push(bytes)
      const facts = events.map(({ data }) => (data === undefined ? undefined : readStreamEvent(data)))
      const characters = facts.reduce((sum, it) => sum + (it?.kind === 'chunk' ? it.outputCharacters : 0), 0)
      const texts = answerTexts({ form: 'stream', bytes })
      expect(lengthOf(texts)).toBe(characters)
      if (expected.text !== '') expect(texts).toContain(expected.text)
    },
  )

  it.each(answerFixtures())('of the answer %s', (_, bytes) => {
    const answer = readAnswer(bytes)
    if (answer.kind !== 'answer') return expect(answerTexts({ form: 'json', bytes })).toEqual([])
    expect(lengthOf(answerTexts({ form: 'json', bytes }))).toBe(answer.outputCharacters)
  })

  it('keeps choices and calls apart, and passes over an event that is cut', () => {
    const deltas = [
      { index: 0, delta: { content: 'Yes' } },
      { index: 1, delta: { content: 'No' } },
      { index: 0, delta: { content: ', sir.' } },
      { index: 0, delta: { tool_calls: [{ index: 0, function: { name: 'a', arguments: '{' } }] } },
      { index: 0, delta: { tool_calls: [{ index: 1, function: { name: 'b', arguments: '[' } }] } },
      { index: 0, delta: { tool_calls: [{ index: 0, function: { arguments: '}' } }] } },
    ]
    const stream = deltas.map((choice) => `data: ${JSON.stringify({ choices: [choice] })}\n\n`).join('')
    const bytes = new TextEncoder().encode(`${stream}data: {"choices":[{"index":0,"delta":{"content":"cut`)
    expect(answerTexts({ form: 'stream', bytes })).toEqual(['Yes, sir.', 'No', 'a', '{}', 'b', '['])
  })
})
