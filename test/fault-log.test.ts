import { beforeEach, expect, it } from 'vitest'
import { FaultLog } from '../src/fault-log.ts'

let now: number
let said: string[]
let log: FaultLog

beforeEach(() => {
  now = Date.UTC(2026, 10, 25)
  said = []
  log = new FaultLog({ now: () => now, say: (message) => said.push(message) })
})

it('tells of a fault once when it begins, and once when it is over', () => {
  for (let times = 0; times < 50; times++) log.failed('It fails.')
  log.worked('It works.')
  log.worked('It works.')
  expect(said).toEqual(['It fails.', 'It works.'])
})

it('tells of one that lasts once a minute, and how often it was', () => {
  for (let second = 0; second <= 120; second++) {
    log.failed('It fails.')
    now += 1000
  }
  const again = 'It fails. So it was 59 times more since this was last said.'
  expect(said).toEqual(['It fails.', again, again])
})

it('says nothing of one that comes and goes within the minute, and nothing where all works', () => {
  log.worked('It works.')
  for (let times = 0; times < 10; times++) {
    log.failed('It fails.')
    log.worked('It works.')
  }
  expect(said).toEqual(['It fails.', 'It works.'])
  now += 60_000
  log.failed('It fails.')
  expect(said.at(-1)).toBe('It fails. So it was 9 times more since this was last said.')
})

it('is not silenced by a clock that is set back', () => {
  log.failed('It fails.')
  now -= 3_600_000
  log.failed('It fails.')
  expect(said).toHaveLength(2)
})
