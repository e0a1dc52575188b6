/** A thread beside the one that serves is below it, and never above what the whole program was given. */
import { execFileSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { getPriority, tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { idleStarter } from '../../../src/platform/node/yield-to-requests.ts'
import { bundle } from '../../storage/bundle.ts'

let script: { path: string; remove: () => void }
beforeAll(async () => {
  script = await bundle('src/platform/node/yield-to-requests.ts')
})
afterAll(() => script.remove())

test.runIf(process.platform === 'linux').each([0, 15])('in a program started under nice -n %i', (nice) => {
  const own = Math.min(19, getPriority() + nice)
  expect(prioritiesUnder(nice)).toEqual({ program: own, thread: Math.max(own, 10) })
})

test.runIf(process.platform === 'linux').each([0, 15])(
  'every thread of a program beside the one that serves, under nice -n %i',
  (nice) => {
    const least = Math.max(10, Math.min(19, getPriority() + nice))
    const told = prioritiesOfAllThreads(nice)
    expect(told.length).toBeGreaterThan(2)
    expect(new Set(told)).toEqual(new Set([least]))
  },
)

test.runIf(process.platform === 'linux')(
  'what starts programs in the idle class is looked for in PATH',
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'trimtab-path-'))
    expect(idleStarter(`${folder}:`)).toBeUndefined()
    writeFileSync(join(folder, 'chrt'), '', { mode: 0o644 })
    expect(idleStarter(folder)).toBeUndefined()
    chmodSync(join(folder, 'chrt'), 0o755)
    expect(idleStarter(`/nowhere:${folder}`)?.program).toBe(join(folder, 'chrt'))
    rmSync(folder, { recursive: true })
  },
)

function prioritiesOfAllThreads(nice: number): readonly number[] {
  const program = `
    import(${JSON.stringify(pathToFileURL(script.path).href)}).then(({ yieldWithAllThreads }) => {
      yieldWithAllThreads()
      const { getPriority } = require('node:os')
      const threads = require('node:fs').readdirSync('/proc/self/task')
      console.log(JSON.stringify(threads.map((thread) => getPriority(Number(thread)))))
    })`
  const told = execFileSync('nice', ['-n', String(nice), process.execPath, '-e', program])
  return JSON.parse(told.toString())
}

/** What the system says of a program and of a thread of it that has yielded. */
function prioritiesUnder(nice: number): unknown {
  const thread = `
    const { getPriority } = require('node:os')
    import(${JSON.stringify(pathToFileURL(script.path).href)}).then(({ yieldToRequests }) => {
      yieldToRequests()
      require('node:worker_threads').parentPort.postMessage(getPriority())
    })`
  const program = `
    const { getPriority } = require('node:os')
    const { Worker } = require('node:worker_threads')
    new Worker(${JSON.stringify(thread)}, { eval: true }).once('message', (thread) =>
      console.log(JSON.stringify({ program: getPriority(), thread })))`
  const told = execFileSync('nice', ['-n', String(nice), process.execPath, '-e', program])
  return JSON.parse(told.toString())
}
