import fc from 'fast-check'
import { expect, test } from 'vitest'
import { INPUT_PARTS } from '../../src/metering/part-sizes.ts'
import { eachPartToken } from '../../src/metering/part-tokens.ts'
import { attributeInput, type PartSizes } from '../../src/metering/parts.ts'
import { countsInOrder, INPUT_BUCKETS, noTokens, type Tokens } from '../../src/metering/tokens.ts'

const size = fc.nat(100_000)
const sizes = fc.record(
  { system: size, tools: size, history: size, last_user_turn: size, images: size, audio: size },
  { requiredKeys: [] },
)
const tokens = fc
  .array(fc.oneof(fc.constant(0), fc.nat(1_000_000)), {
    minLength: INPUT_BUCKETS.length,
    maxLength: INPUT_BUCKETS.length,
  })
  .map((counts): Tokens => {
    const all = { ...noTokens(), output: 12 }
    for (const [place, bucket] of INPUT_BUCKETS.entries()) all[bucket] = counts[place] ?? 0
    return all
  })

test('eachPartToken: whatever the input, it sums to each part and to each bucket', () => {
  fc.assert(
    fc.property(sizes, tokens, (given: PartSizes, counted) => {
      const byPart = INPUT_PARTS.map(() => 0)
      const byBucket = INPUT_BUCKETS.map(() => 0)
      eachPartToken(given, countsInOrder(counted), (part, bucket, count) => {
        expect(count).toBeGreaterThan(0)
        byPart[part] = (byPart[part] ?? 0) + count
        byBucket[bucket] = (byBucket[bucket] ?? 0) + count
      })
      const expected = attributeInput(given, counted)
      expect(byPart).toEqual(INPUT_PARTS.map((part) => expected[part]))
      expect(byBucket).toEqual(INPUT_BUCKETS.map((bucket) => counted[bucket]))
    }),
  )
})

test('eachPartToken: what was read from a cache is the beginning of the prompt', () => {
  const told: [string | undefined, string | undefined, number][] = []
  const counted = { ...noTokens(), cache_read: 60, input: 40 }
  const given = { system: 50, history: 30, last_user_turn: 20 }
  eachPartToken(given, countsInOrder(counted), (part, bucket, count) =>
    told.push([INPUT_PARTS[part], INPUT_BUCKETS[bucket], count]),
  )
  expect(told).toEqual([
    ['system', 'cache_read', 50],
    ['history', 'cache_read', 10],
    ['history', 'input', 20],
    ['last_user_turn', 'input', 20],
  ])
})
