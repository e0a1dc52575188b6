/** A thread beside the one that serves is below it, and never above what the whole program was given. */
import { execFileSync } from 'node:child_process'
import { getPriority } from 'node:os'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
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
