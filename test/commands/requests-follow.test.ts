/** `requests --follow` in a pipe ends once its reader has gone, also while nothing is asked. */
import { spawn } from 'node:child_process'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ask, chat } from '../support/ask.ts'
import { type MockProvider, startMockProvider } from '../support/mock-provider/mock-provider.ts'
import { type Inside, startInside } from '../support/start-inside.ts'
import { program } from '../support/start-trimtab.ts'

let mock: MockProvider
let trimtab: Inside

beforeAll(async () => {
  mock = await startMockProvider()
  trimtab = await startInside({ config: `providers: { mock: { base_url: "${mock.url}", models: [m] } }` })
  await ask(trimtab.origin, chat('m'))
})
afterAll(async () => {
  await trimtab.stop()
  await mock.close()
})

test.skipIf(process.platform !== 'linux')('--follow | head -n 1 ends without a further request', async () => {
  const follow = 'node "$0" requests --follow --since 1h --data "$1" | head -n 1'
  const shell = spawn('sh', ['-c', follow, program, trimtab.dataFolder])
  let printed = ''
  shell.stdout.on('data', (piece) => {
    printed += piece
  })
  // The shell waits for both: where --follow went on, this would never come.
  const code = await new Promise((resolve) => shell.on('close', resolve))
  expect([code, printed.split('\n').length]).toEqual([0, 2])
  expect(printed).toContain('mock/m')
})
