import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { generateAdminKey, isAdminKey, verifyAdminKey } from '../../src/access/admin-key.ts'
import { apiKeyId, equalInConstantTime, generateApiKey } from '../../src/access/api-key.ts'

test('generateApiKey makes keys whose id is read back, from any bytes', () => {
  const bytes = fc.uint8Array({ minLength: 40, maxLength: 40 })
  fc.assert(
    fc.property(bytes, (source) => {
      const { id, key } = generateApiKey((count) => source.slice(0, count))
      expect(key).toMatch(/^tt_[0-9a-z]{10}_[0-9a-z]{40}$/)
      expect(apiKeyId(key)).toBe(id)
      expect(key.startsWith(`tt_${id}_`)).toBe(true)
    }),
  )
})

test('generateApiKey never repeats itself', () => {
  const ids = Array.from({ length: 1000 }, () => generateApiKey(randomBytes).id)
  expect(new Set(ids).size).toBe(ids.length)
})

test.each([
  '',
  'tt_',
  'sk-123',
  'tt_0123456789_short',
  `tt_012345678_${'0'.repeat(40)}`,
  `tt_01234567il_${'0'.repeat(40)}`,
])('apiKeyId of %j is undefined', (text) => {
  expect(apiKeyId(text)).toBeUndefined()
})

test('equalInConstantTime agrees with ===, on any texts', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 4 })
  fc.assert(fc.property(text, text, (left, right) => equalInConstantTime(left, right) === (left === right)))
})

test('verifyAdminKey takes the whole key alone', () => {
  const key = generateAdminKey(randomBytes)
  expect(isAdminKey(key)).toBe(true)
  expect(verifyAdminKey(key, key)).toBe(true)
  for (const wrong of [undefined, '', key.slice(0, -1), `${key}0`, generateAdminKey(randomBytes)]) {
    expect(verifyAdminKey(wrong, key)).toBe(false)
  }
})
