/** What is held changes between two attempts of one millisecond: the ledger still tells which of them counted it. */
import { expect, it, vi } from 'vitest'
import { BudgetAdoption } from '../../../src/gateway/limits/budget-adoption.ts'
import { budgetsOf } from '../../../src/metering/budget.ts'
import type { BudgetPast } from '../../../src/metering/budget-past.ts'
import { PolicySource } from '../../../src/policy/policy-source.ts'

const NOW = 1_800_000_000_000

it('an attempt begins at a change of its millisecond or after it, never before', async () => {
  const counted: number[] = []
  const past: BudgetPast = {
    count: async (_budgets, _released, at) => {
      counted.push(at)
    },
  }
  const adoption = new BudgetAdoption({ past, now: () => NOW, warn: () => {} })
  const policies = new PolicySource((text) => text).current()
  const budgets = budgetsOf([{ per: 'month', limit: 1, time_zone: 'UTC', at: {} }], undefined)
  const before = adoption.startOf(NOW)
  const begun: number[] = []
  for (const held of [budgets, [], budgets, []]) {
    adoption.adopt(held, policies)
    begun.push(adoption.startOf(NOW))
  }
  await vi.waitFor(() => expect(counted).toHaveLength(4))
  expect(before).toBeLessThan(counted[0] as number)
  // Each change is later than what began before it, and what begins after it is not earlier.
  expect(begun).toEqual(counted)
  expect(new Set(counted).size).toBe(4)
  expect(adoption.startOf(NOW + 60_000)).toBe(NOW + 60_000)
})
