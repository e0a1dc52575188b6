import { describe, expect, test } from 'vitest'
import { agreementOf } from '../../../src/cache/semantic/agreement.ts'

describe('agreementOf', () => {
  test.each([
    ['Paris.', 'paris'],
    ['The capital is Paris.', 'Paris'],
    ['It costs 1,200 euros.', 'It costs 1200 euros'],
    ['**Yes**', 'Yes.'],
    ['You can’t.', "You can't"],
    ['It was in 1912.', '1912'],
  ])('%s agrees with %s', (fresh, remembered) => {
    expect(agreementOf(fresh, remembered)).toBe('agree')
    expect(agreementOf(remembered, fresh)).toBe('agree')
  })

  test.each([
    ['Yes, it is.', 'No, it is not.'],
    ['It opens at 9.', 'It opens at 10.'],
    ['1912', '1913'],
    ['You can park here.', 'You cannot park here.'],
    ['Paris', 'London'],
    ['The fee is 12.50.', 'The fee is 12.'],
  ])('%s disagrees with %s', (fresh, remembered) => {
    expect(agreementOf(fresh, remembered)).toBe('disagree')
    expect(agreementOf(remembered, fresh)).toBe('disagree')
  })

  test('is unsure of other words without a cosine, and asks the cosine where there is one', () => {
    const fresh = 'Hold the power button until the light turns off, then wait for it to start again.'
    const remembered = 'Press and hold power until the light is off; the device will start again by itself.'
    expect(agreementOf(fresh, remembered)).toBe('unsure')
    expect(agreementOf(fresh, remembered, 0.95)).toBe('agree')
    expect(agreementOf(fresh, remembered, 0.7)).toBe('unsure')
    expect(agreementOf(fresh, remembered, 0.2)).toBe('disagree')
  })

  test('lets no cosine overrule a number', () => {
    expect(agreementOf('The deadline is 12 May.', 'The deadline is 14 May.', 0.99)).toBe('disagree')
  })

  test('knows nothing of two answers without words', () => {
    expect(agreementOf('', '…')).toBe('unsure')
  })
})

test('answers too long to be read are the same, or unsure', () => {
  const long = 'The river is long. '.repeat(2000)
  expect(agreementOf(long, long)).toBe('agree')
  expect(agreementOf(long, `${long}Or short.`)).toBe('unsure')
})
