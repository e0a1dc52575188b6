import { expect, test } from 'vitest'
import { isDead } from '../../src/metering/instance.ts'

const instance = { id: 1, host: 'here', pid: 10, seenAt: 100_000 }
const observer = { id: 2, host: 'here', pid: 20, now: 100_500, pidRuns: () => true }

test('isDead: a process that runs and was seen lately lives', () => {
  expect(isDead(instance, observer)).toBe(false)
})

test('isDead: five seconds without a heartbeat are death, on any host', () => {
  expect(isDead(instance, { ...observer, now: 105_000 })).toBe(false)
  expect(isDead(instance, { ...observer, now: 105_001 })).toBe(true)
  expect(isDead({ ...instance, host: 'elsewhere' }, { ...observer, now: 105_001 })).toBe(true)
})

test('isDead: a pid that is gone is death at once, but only where pids mean the same', () => {
  const gone = { ...observer, pidRuns: () => false }
  expect(isDead(instance, gone)).toBe(true)
  expect(isDead({ ...instance, host: 'elsewhere' }, gone)).toBe(false)
})

test('isDead: a pid that the observer itself has now belonged to a process before it', () => {
  expect(isDead({ ...instance, pid: 20 }, observer)).toBe(true)
  expect(isDead({ ...instance, id: 2, pid: 20 }, { ...observer, now: 999_999 })).toBe(false)
})
