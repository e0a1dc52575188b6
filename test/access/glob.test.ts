import fc from 'fast-check'
import { expect, test } from 'vitest'
import { matchesAnyGlob, matchesGlob } from '../../src/access/glob.ts'

test('matchesGlob agrees with a regular expression, on any pattern and text', () => {
  const letters = fc.string({ unit: fc.constantFrom('a', 'b', '.', '*', '/'), maxLength: 8 })
  fc.assert(
    fc.property(letters, letters, (pattern, text) => {
      const quoted = pattern.split('*').map((piece) => piece.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&'))
      expect(matchesGlob(pattern, text)).toBe(new RegExp(`^${quoted.join('.*')}$`, 's').test(text))
    }),
    { numRuns: 2000 },
  )
})

test.each([
  ['gpt-*', 'gpt-5.5', true],
  ['*-mini', 'gpt-5.5-mini', true],
  ['aba*aba', 'aba', false],
  ['*', '', true],
  ['GPT-*', 'gpt-5.5', false],
  ['', 'x', false],
])('matchesGlob of %j and %j is %s', (pattern, text, expected) => {
  expect(matchesGlob(pattern, text)).toBe(expected)
})

test('matchesAnyGlob needs one, and has none in an empty list', () => {
  expect(matchesAnyGlob(['a', 'b*'], 'bc')).toBe(true)
  expect(matchesAnyGlob([], 'bc')).toBe(false)
})
