import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as pause, setImmediate as turn } from 'node:timers/promises'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { noTokens } from '../../src/metering/tokens.ts'
import { bundle } from './bundle.ts'
import { holdLock, spoken } from './hold-lock.ts'
import {
  attempt,
  attemptSettled,
  idOf,
  openLedger,
  request,
  requestSettled,
  temporaryFolder,
} from './ledger-rows.ts'

let folder: { path: string; remove: () => void }
let path: string
const running: { kill: () => void }[] = []

beforeEach(() => {
  folder = temporaryFolder()
  path = join(folder.path, 'ledger.db')
})
afterEach(() => {
  for (const child of running.splice(0)) child.kill()
  folder.remove()
})

test('openRequest: its rows are in the file, for another connection, when it resolves', async () => {
  const { ledger } = await openLedger(path)
  await ledger.openRequest(request(idOf('1')), attempt(idOf('1')))
  expect(rows(path)).toEqual({ requests: 1, attempts: 1, open: 1 })
  await ledger.close()
})

test('openRequest: everything of one turn is one commit', async () => {
  const { ledger, database } = await openLedger(path)
  await turn()
  const before = dataVersionProbe(path)
  const opened = Array.from({ length: 16 }, (_, index) =>
    ledger.openRequest(request(idOf(index)), attempt(idOf(index))),
  )
  ledger.recordUnsent(request(idOf('x')), requestSettled(idOf('x')))
  expect(database.inTransaction).toBe(false)
  expect(before.requests()).toBe(0)
  await turn()
  expect(before.requests()).toBe(17)
  await Promise.all(opened)
  before.close()
  await ledger.close()
})

test('close: what was queued in this turn is written', async () => {
  const { ledger } = await openLedger(path)
  await ledger.openRequest(request(idOf('1')), attempt(idOf('1')))
  ledger.settleAttempt(attemptSettled(idOf('1')))
  ledger.settleRequest(requestSettled(idOf('1')))
  await ledger.close()
  expect(rows(path)).toEqual({ requests: 1, attempts: 1, open: 0 })
  await expect(ledger.openAttempt(attempt(idOf('1'), { ordinal: 1 }))).rejects.toMatchObject({
    code: 'ledger_unavailable',
  })
})

test('two processes on one file: 1,000 requests give 1,000 rows, all settled', async () => {
  const script = await bundle('test/storage/ledger-writer.ts')
  const writers = await Promise.all([startWriter(script.path, 'a', 500), startWriter(script.path, 'b', 500)])
  const ended = writers.map((writer) => once(writer, 'exit'))
  script.remove()
  for (const writer of writers) writer.stdin?.write('go\n')
  expect((await Promise.all(ended)).map(([code]) => code)).toEqual([0, 0])
  expect(rows(path)).toEqual({ requests: 1000, attempts: 1000, open: 0 })
  const database = new Database(path)
  expect(database.pragma('integrity_check', { simple: true })).toBe('ok')
  database.close()
})

test('a lock held by another process: other work goes on, and nothing is lost', async () => {
  const { ledger } = await openLedger(path)
  const holder = await holdLock(path)
  running.push(holder)
  let opened = false
  const opening = ledger.openRequest(request(idOf('1')), attempt(idOf('1'))).then(() => {
    opened = true
  })
  let turns = 0
  while (turns < 30) {
    await pause(5)
    turns++
    ledger.recordUnsent(request(idOf(`during_${turns}`)), requestSettled(idOf(`during_${turns}`)))
  }
  expect(opened).toBe(false)
  expect(ledger.healthy).toBe(true)
  holder.release()
  await opening
  await ledger.close()
  expect(rows(path)).toEqual({ requests: 31, attempts: 1, open: 1 })
})

test('a lock that stays: openings are refused by a Failure, later written with their settlement', async () => {
  const warnings: string[] = []
  const { ledger } = await openLedger(path, (message) => warnings.push(message))
  await ledger.openRequest(request(idOf('0')), attempt(idOf('0')))
  const holder = await holdLock(path)
  running.push(holder)
  const proceeds = ledger.openRequest(request(idOf('1')), attempt(idOf('1')))
  const refused = ledger.openRequest(request(idOf('2')), attempt(idOf('2')))
  const again = ledger.openAttempt(attempt(idOf('0'), { ordinal: 1 }))
  for (const opening of [proceeds, refused, again]) {
    await expect(opening).rejects.toMatchObject({ code: 'ledger_unavailable', status: 503 })
  }
  expect(ledger.healthy).toBe(false)
  await expect(ledger.openRequest(request(idOf('3')), attempt(idOf('3')))).rejects.toThrow(
    /cannot be written/,
  )
  // One proceeds all the same, one is answered without a call, one was never heard of again.
  ledger.settleAttempt(attemptSettled(idOf('1')))
  ledger.settleRequest(requestSettled(idOf('1')))
  ledger.settleRequest(requestSettled(idOf('2'), { status: 503, error: 'ledger_unavailable' }))
  ledger.settleAttempt(attemptSettled(idOf('0'), { ordinal: 1 }))
  expect(ledger.backlog).toEqual({ waiting: 6, lost: 0 })
  holder.release()
  while (!ledger.healthy) await pause(5)
  await ledger.openRequest(request(idOf('4')), attempt(idOf('4')))
  await ledger.close()
  expect(rows(path)).toEqual({ requests: 4, attempts: 4, open: 2 })
  expect(warnings).toHaveLength(2)
  expect(warnings[1]).toMatch(/written again/)
})

test('keepMark: an idle process moves its mark on, and does not write each time it is asked', async () => {
  const { ledger, database } = await openLedger(path)
  const mark = () => database.prepare('SELECT oldest_open FROM instances').pluck().get()
  const changes = () => database.prepare('SELECT total_changes()').pluck().get()
  const registered = mark()
  ledger.keepMark()
  const [moved, written] = [mark(), changes()]
  expect(moved).not.toBe(registered)
  ledger.keepMark()
  expect([mark(), changes()]).toEqual([moved, written])
  await ledger.close()
})

test('an unhealthy ledger with nothing to write finds out by itself that it can write again', async () => {
  const { ledger, database } = await openLedger(path)
  database.pragma('query_only = 1')
  await expect(ledger.openRequest(request(idOf('1')), attempt(idOf('1')))).rejects.toMatchObject({
    code: 'ledger_unavailable',
  })
  await pause(300)
  expect(ledger.healthy).toBe(false)
  database.pragma('query_only = 0')
  while (!ledger.healthy) await pause(5)
  await ledger.openRequest(request(idOf('2')), attempt(idOf('2')))
  await ledger.close()
})

test('a row that no table takes is given up and told; the others of its turn are written', async () => {
  const warnings: string[] = []
  const { ledger } = await openLedger(path, (message) => warnings.push(message))
  const tokens = { ...noTokens(), input: Number.NaN }
  await ledger.openRequest(request(idOf('1')), attempt(idOf('1')))
  ledger.settleAttempt(attemptSettled(idOf('1'), { tokens }))
  await ledger.openRequest(request(idOf('2')), attempt(idOf('2')))
  expect(rows(path)).toEqual({ requests: 2, attempts: 2, open: 2 })
  expect(ledger.backlog).toEqual({ waiting: 0, lost: 1 })
  expect(warnings).toEqual([expect.stringMatching(/given up/)])
  await ledger.close()
})

function rows(file: string): { requests: number; attempts: number; open: number } {
  const database = new Database(file, { readonly: true })
  const count = (sql: string) => database.prepare(sql).pluck().get()
  const found = {
    requests: count('SELECT count(*) FROM requests') as number,
    attempts: count('SELECT count(*) FROM attempts') as number,
    open: count('SELECT count(*) FROM attempts WHERE outcome IS NULL') as number,
  }
  database.close()
  return found
}

function dataVersionProbe(file: string): { requests: () => number; close: () => void } {
  const database = new Database(file, { readonly: true })
  const statement = database.prepare('SELECT count(*) FROM requests').pluck()
  return { requests: () => statement.get() as number, close: () => void database.close() }
}

async function startWriter(script: string, prefix: string, count: number): Promise<ChildProcess> {
  const child = spawn(process.execPath, [script, path, prefix, String(count)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  running.push(child)
  await spoken(child)
  return child
}
