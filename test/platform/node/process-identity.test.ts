import { type ChildProcess, spawn } from 'node:child_process'
import { afterEach, describe, expect, test } from 'vitest'
import { identify, identityByPs, isRunning } from '../../../src/platform/node/process-identity.ts'

const started: ChildProcess[] = []

afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL')
})

function sleeper(): { child: ChildProcess; pid: number; ended: Promise<void> } {
  const child = spawn('sleep', ['60'])
  started.push(child)
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  return { child, pid: child.pid ?? -1, ended }
}

describe.each([
  ['identify', identify],
  ['identityByPs', identityByPs],
])('%s', (_, look) => {
  test('is the same each time for one process, and nothing once it has ended', async () => {
    const { child, pid, ended } = sleeper()
    const identity = look(pid)
    expect(identity?.pid).toBe(pid)
    expect(look(pid)).toEqual(identity)
    child.kill('SIGKILL')
    await ended
    expect(look(pid)).toBeUndefined()
  })
})

describe('isRunning', () => {
  test('knows a process from another with its id, and from one of the same time', async () => {
    const { child, pid, ended } = sleeper()
    const identity = identify(pid)
    if (identity === undefined) throw new Error('nothing runs')
    expect(isRunning(identity)).toBe(true)
    expect(isRunning({ pid, started: `${identity.started}0` })).toBe(false)
    expect(isRunning({ pid: process.pid, started: identity.started })).toBe(false)
    child.kill('SIGKILL')
    await ended
    expect(isRunning(identity)).toBe(false)
  })
})
