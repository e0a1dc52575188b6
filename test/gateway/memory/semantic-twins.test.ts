/** Exact repeats, twins under way and questions that mean the same, all in one workflow: each request is answered and booked once. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { readLedger, settledLedger } from '../../support/ledger-file.ts'
import { MISS, type Semantic, saying, startSemantic, status } from './semantic-setup.ts'

let semantic: Semantic

beforeAll(async () => {
  semantic = await startSemantic({
    policies: { 'faq.yaml': 'cache: { exact: { mode: on }, semantic: { mode: on, max_wrong_rate: 5% } }' },
  })
})

afterAll(() => semantic.stop())

it('twins share one call, an exact repeat goes before a question that means the same', async () => {
  const question = 'What is the atomic number of iron?'
  semantic.says.set(question, () => ({ kind: 'hold' }))
  const before = semantic.mock.count
  const together = [1, 2, 3, 4].map(() => semantic.asked(question))
  await semantic.mock.until(() => semantic.mock.count === before + 1)
  // All are here once the last of them has joined: another that comes later would only be one more.
  const late = semantic.asked(question)
  await new Promise((resolve) => setTimeout(resolve, 200))
  semantic.mock.release()
  const heard = await Promise.all([...together, late])
  expect(semantic.mock.count).toBe(before + 1)
  expect(heard.filter((one) => status(one) === MISS)).toHaveLength(1)
  expect(heard.filter((one) => status(one).includes('collapsed'))).toHaveLength(4)
  expect(new Set(heard.map(({ text }) => JSON.parse(text).id)).size).toBe(1)
  semantic.says.set(question, () => saying('26'))
  expect(status(await semantic.asked(question))).toContain('detail=exact')
  expect(status(await semantic.asked("What's the atomic number of iron?"))).toContain('detail=semantic')
  await settledLedger(semantic.trimtab.ledgerFile)
  await semantic.mock.until(() => semantic.mock.count === before + 2)
  await settledLedger(semantic.trimtab.ledgerFile)
  const rows = readLedger(semantic.trimtab.ledgerFile)
  expect(new Set(rows.map(({ id }) => id)).size).toBe(rows.length)
  // Five together, an exact hit, a semantic hit and its audit; the first of the five and the audit made a call each.
  expect(rows).toHaveLength(8)
  expect(rows.filter(({ attempts }) => attempts.length > 0)).toHaveLength(2)
  expect(rows.every(({ status: told }) => told === 200)).toBe(true)
})

it('a twin of what is being asked by meaning joins it, also where both looked at the same time', async () => {
  const question = 'What is the atomic number of neon?'
  semantic.says.set(question, () => ({ kind: 'delay', ms: 300 }))
  const before = semantic.mock.count
  const heard = await Promise.all(
    Array.from({ length: 10 }, () => semantic.asked(question, { stream: true })),
  )
  expect(semantic.mock.count).toBe(before + 1)
  expect(heard.filter((one) => status(one).includes('collapsed'))).toHaveLength(9)
})
