import { expect, it } from 'vitest'
import { toldNumbers } from '../../../src/gateway/documents/told-numbers.ts'

it.each([
  ['It costs 1,000 euros, or 12,500.75 dollars.', ['1000', '12500.75']],
  ['It costs 4,95 euros.', ['4,95']],
  ['At 10:30 on 2024-05-03, by version 1.2.3.', ['10:30', '2024', '05', '03', '1.2.3']],
  ['Within twenty-one days, or Thirty.', ['21', '30']],
  ['Five of the nineteen; the one that is left has none.', ['5', '19']],
  ['A phone is often weighted.', []],
])('%s', (text, numbers) => {
  expect(toldNumbers(text)).toEqual(numbers)
})
