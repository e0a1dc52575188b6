import { describe, expect, test } from 'vitest'
import { nearestName, suggestion } from '../src/nearest-name.ts'

describe('nearestName', () => {
  test.each([
    ['fallbck', 'fallback'],
    ['Fallback', 'fallback'],
    ['onn', 'on'],
    ['first_chunks', 'first_chunk'],
    ['openai/gpt-5.4', 'openai/gpt-5.5'],
    ['xyz', undefined],
    ['', undefined],
    ['fallback'.repeat(50), undefined],
  ])('%s is taken for %s', (typed, expected) => {
    expect(nearestName(typed, ['on', 'off', 'fallback', 'first_chunk', 'openai/gpt-5.5'])).toBe(expected)
  })

  test('of two equally near the first is taken', () => {
    expect(nearestName('cat', ['car', 'cut'])).toBe('car')
  })
})

test('suggestion: half a sentence, or nothing', () => {
  expect(suggestion('fallbck', ['fallback'])).toBe('; did you mean `fallback`?')
  expect(suggestion('xyz', ['fallback'])).toBe('')
})
