import { describe, expect, test } from 'vitest'
import { chooseCut } from '../../../src/routing/learn/choose-cut.ts'

const scores = Float64Array.from([0.1, 0.2, 0.3, 0.4, 0.5])

describe('chooseCut', () => {
  test.each([
    ['the first loss ends it where none is allowed', [0, 0, 1, 0, 0], 0, { below: 0.3, begun: 2, lost: 0 }],
    ['the second where one is', [0, 1, 0, 1, 0], 1, { below: 0.4, begun: 3, lost: 1 }],
    [
      'everything begins where nothing is lost',
      [0, 0, 0, 0, 0],
      0,
      { below: Number.MAX_VALUE, begun: 5, lost: 0 },
    ],
    ['nothing where not even none would do', [0, 0, 0, 0, 0], -1, { below: 0.1, begun: 0, lost: 0 }],
  ])('%s', (_, lost, allowed, expected) => {
    expect(chooseCut(scores, Uint8Array.from(lost), allowed)).toEqual(expected)
  })

  test('what scores as the first that is left out is left out too', () => {
    const equal = Float64Array.from([0.1, 0.2, 0.2, 0.2])
    expect(chooseCut(equal, Uint8Array.from([0, 0, 1, 0]), 0)).toEqual({ below: 0.2, begun: 1, lost: 0 })
  })
})
