import { describe, expect, test } from 'vitest'
import {
  askingChance,
  entryMayServe,
  type Observation,
  observed,
} from '../../../src/cache/semantic/entry-evidence.ts'

const right = (similarity: number): Observation => ({ similarity, right: true })
const wrong = (similarity: number): Observation => ({ similarity, right: false })
const many = (count: number, made: (index: number) => Observation): Observation[] =>
  Array.from({ length: count }, (_, index) => made(index))

describe('askingChance', () => {
  test('is certain with fewer than six observations', () => {
    expect(
      askingChance(
        many(5, () => right(0.9)),
        0.99,
        0.05,
      ),
    ).toBe(1)
  })

  test('falls with the similarity, and with the wrong answers that are allowed', () => {
    const known = [
      ...many(12, (index) => right(0.9 + index / 200)),
      ...many(12, (index) => wrong(0.6 + index / 100)),
    ]
    const high = askingChance(known, 0.97, 0.05)
    expect(high).toBeLessThan(askingChance(known, 0.8, 0.05))
    expect(high).toBeGreaterThan(askingChance(known, 0.97, 0.2))
  })

  test('stays certain where right and wrong answers are mixed', () => {
    const mixed = many(20, (index) => (index % 2 === 0 ? right(0.9) : wrong(0.9)))
    expect(askingChance(mixed, 0.9, 0.02)).toBeGreaterThan(0.9)
  })
})

describe('entryMayServe', () => {
  test('leaves an entry that was never wrong to the workflow', () => {
    expect(entryMayServe([], 0.5, 0)).toBe(true)
    expect(entryMayServe([right(0.9)], 0.5, 0)).toBe(true)
  })

  test('forbids what is no nearer than where it was wrong', () => {
    expect(entryMayServe([wrong(0.93)], 0.93, 0.05)).toBe(false)
    expect(entryMayServe([wrong(0.93)], 0.97, 0.05)).toBe(true)
  })

  test("asks for vCache's confidence once there is enough evidence", () => {
    const known = [wrong(0.93), ...many(8, () => right(0.97))]
    expect(entryMayServe(known, 0.98, 0.0001)).toBe(false)
    expect(entryMayServe([wrong(0.5), ...many(30, (index) => right(0.9 + index / 300))], 0.99, 0.3)).toBe(
      true,
    )
  })
})

test('observed keeps the newest 32', () => {
  let known: Observation[] = []
  for (let index = 0; index < 40; index++) known = observed(known, right(index / 100))
  expect(known).toHaveLength(32)
  expect(known.at(-1)).toEqual(right(0.39))
})
