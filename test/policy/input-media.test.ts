/** What a policy can say of images and other media. */
import { expect, test } from 'vitest'
import { parsePolicy } from '../../src/policy/parse-policy.ts'
import { problemLine } from '../../src/policy/problem.ts'
import { sha256, sound } from './support.ts'

test.each([
  ['', undefined],
  ['input: { images: off, media_uuids: off }', undefined],
  [
    'input: { images: downscale }',
    { images: { maxEdge: undefined, maxPixels: undefined }, mediaUuids: false },
  ],
  ['input: { images: { max_edge: 800 } }', { images: { maxEdge: 800, maxPixels: undefined } }],
  ['input: { images: { max_pixels: 1000000 } }', { images: { maxEdge: undefined, maxPixels: 1_000_000 } }],
  ['input: { media_uuids: true }', { images: undefined, mediaUuids: true, minifiesNewestTurn: false }],
])('%s', (text, input) => {
  if (input === undefined) expect(sound(text).policy.input).toBeUndefined()
  else expect(sound(text).policy.input).toMatchObject(input)
})

test.each([
  ['input: { images: downscal }', /1:18 {2}`input.images` must be .*not `downscal`/],
  ['input: { images: { max_edge: 3 } }', /1:30 {2}`input.images.max_edge` must be .*not `3`/],
  [
    'input: { images: { edge: 300 } }',
    /`input.images.edge` is not a key here; the keys here are `max_edge` or `max_pixels`/,
  ],
  ['input: { media_uuids: maybe }', /`input.media_uuids` must be `on` or `off`, not `maybe`/],
])('%s is told apart', (text, message) => {
  const result = parsePolicy({ path: 'p.yaml', text }, sha256)
  expect('problems' in result ? result.problems.map(problemLine).join('\n') : 'sound').toMatch(message)
})

test('two policies that send images otherwise share no answers', () => {
  const scopes = ['', 'input: { images: downscale }', 'input: { images: { max_edge: 99 } }'].map(
    (text) => sound(text).policy.answerScope,
  )
  expect(new Set(scopes).size).toBe(3)
})
