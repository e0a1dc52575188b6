import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { LedgerWrite } from '../../src/storage/ledger-statements.ts'
import { OpenRequests } from '../../src/storage/open-requests.ts'
import { attempt, idOf, NOON, request, requestSettled } from './ledger-rows.ts'

const step = fc.record({
  /** Of the clock, which may be set back. */
  elapsedMs: fc.oneof(fc.integer({ min: 0, max: 2500 }), fc.integer({ min: -7_200_000, max: 90_000 })),
  /** How long ago each request that opens got its id. */
  ages: fc.array(fc.oneof(fc.integer({ min: 0, max: 50 }), fc.integer({ min: 0, max: 900_000 })), {
    maxLength: 3,
  }),
  /** Which of the open ones end, by their place. */
  ends: fc.array(fc.nat({ max: 20 }), { maxLength: 3 }),
  fails: fc.boolean(),
})

test('OpenRequests: whatever opens, ends, fails and happens to the clock, nothing open lies below the mark', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const requests = new OpenRequests()
      const open = new Set<string>()
      let [now, label, mark] = [NOON, 0, idOf(0)]
      for (const { elapsedMs, ages, ends, fails } of steps) {
        now += elapsedMs
        const opened = ages.map((age) => idOf(++label, now - age))
        const ended = new Set(ends.flatMap((place) => [...open][place] ?? []))
        const writes = [...opened.map(opening), ...[...ended].map(ending)]
        const given = requests.markFor(writes, now)
        if (fails) continue
        requests.committed(writes, given, now)
        mark = given ?? mark
        for (const id of opened) open.add(id)
        for (const id of ended) open.delete(id)
        expect([...open].filter((id) => id < mark)).toEqual([])
        expect(requests.count).toBe(open.size)
      }
    }),
  )
})

test('OpenRequests: the mark is written once a second, and stays where it is in between', () => {
  const requests = new OpenRequests()
  const marks = (now: number): boolean => {
    const writes = [opening(idOf(now, now))]
    const mark = requests.markFor(writes, now)
    requests.committed(writes, mark, now)
    return mark !== undefined
  }
  expect([0, 1, 999, 1000, 1001, 2500].map((elapsedMs) => marks(NOON + elapsedMs))).toEqual([
    true,
    false,
    false,
    true,
    false,
    true,
  ])
})

test('OpenRequests: without writes the mark is overdue after a minute, and before the first', () => {
  const requests = new OpenRequests()
  expect(requests.isOverdue(NOON)).toBe(true)
  requests.committed([], requests.markFor([], NOON), NOON)
  expect(requests.isOverdue(NOON + 59_999)).toBe(false)
  expect(requests.isOverdue(NOON + 60_000)).toBe(true)
})

function opening(id: string): LedgerWrite {
  return { kind: 'request', request: request(id), attempt: attempt(id) }
}

function ending(id: string): LedgerWrite {
  return { kind: 'request_settled', settled: requestSettled(id) }
}
