import { describe, expect, it } from 'vitest'
import { readAnswer } from '../../src/openai/read-answer.ts'
import { streamAsAnswer } from '../../src/openai/stream-as-answer.ts'
import { streamFixtures } from './stream-fixtures.ts'

describe('streamAsAnswer', () => {
  it.each(streamFixtures().filter(([, , { finishReason, error }]) => finishReason && !error))(
    'keeps every character of %s',
    (_name, bytes, expected) => {
      const answer = streamAsAnswer(bytes, expected.usage)
      const facts = readAnswer(answer ?? new Uint8Array(0))
      const text = expected.text + (expected.reasoning ?? '')
      expect(facts).toMatchObject({ kind: 'answer', finishReason: expected.finishReason })
      if (text !== '') expect(facts).toMatchObject({ outputCharacters: text.length })
    },
  )
})
