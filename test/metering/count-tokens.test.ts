import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { countAnswer, countPrompt } from '../../src/metering/count-tokens.ts'
import type { PromptText } from '../../src/openai/prompt-text.ts'

function prompt(piece: string, characters = piece.length): PromptText {
  return { pieces: [piece], extraTokens: 6, keptCharacters: piece.length, characters }
}

function answer(content: string, characters = content.length) {
  const bytes = new TextEncoder().encode(JSON.stringify({ choices: [{ index: 0, message: { content } }] }))
  return { form: 'json' as const, bytes, characters }
}

describe('countPrompt', () => {
  it('shows an encoder every character once, never more than a slice of them, and no half of a pair', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(fc.string({ unit: 'grapheme', maxLength: 900 }), fc.constant(' '), fc.constant('\n')),
        ),
        (words) => {
          const text = words.join(' ')
          const slices: string[] = []
          countPrompt(prompt(text), (slice) => slices.push(slice))
          expect(slices.join('')).toBe(text)
          expect(Math.max(0, ...slices.map(({ length }) => length))).toBeLessThanOrEqual(513)
          expect(slices.filter((slice) => /^[\udc00-\udfff]|[\ud800-\udbff]$/.test(slice))).toEqual([])
        },
      ),
      { numRuns: 200 },
    )
  })

  it('tells what was left out by what was counted', () => {
    expect(countPrompt(prompt('abcd', 4), ({ length }) => length)).toBe(4 + 6)
    expect(countPrompt(prompt('abcd', 40), ({ length }) => length)).toBe(40 + 6)
  })
})

describe('countAnswer', () => {
  it('counts the text at hand and tells the rest by it', () => {
    expect(countAnswer(answer('Hello'), ({ length }) => length)).toBe(5)
    expect(countAnswer(answer('Hello', 50), ({ length }) => length)).toBe(50)
    expect(countAnswer(answer('x'.repeat(100_000)), ({ length }) => length * 2)).toBe(200_000)
  })

  it('says nothing of text that is not at hand', () => {
    expect(countAnswer(answer('', 50), ({ length }) => length)).toBeUndefined()
    expect(countAnswer(answer('', 0), ({ length }) => length)).toBe(0)
  })
})
