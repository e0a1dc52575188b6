/** What the README tells people to do first works in an empty folder, on a machine that has no variable set. */
import { existsSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { runCommand, startTrimtab } from '../support/start-trimtab.ts'

let folder: string

beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'trimtab-first-steps-')))
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

const run = (...args: string[]) => runCommand(args, undefined, folder)

test('init, check, serve --sandbox', async () => {
  expect(await run('init')).toMatchObject({ code: 0, stderr: '' })
  expect(await run('check')).toMatchObject({ code: 0, stdout: '1 policy file: fine.\n', stderr: '' })
  const trimtab = await startTrimtab({ config: undefined, folder, args: ['--sandbox'] })
  try {
    const answer = await fetch(`${trimtab.baseUrl}/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'gpt-5.5', messages: [{ role: 'user', content: 'Hello.' }] }),
    })
    expect(answer.status).toBe(200)
    const ready = await (await fetch(`${trimtab.origin}/readyz`)).json()
    expect(ready).toMatchObject({ ready: true, problems: [], warnings: [] })
  } finally {
    await trimtab.stop({ keep: true })
  }
})

test('init elsewhere: the configuration leads to the policies that were written with it', async () => {
  const { code } = await run('init', '--config', 'conf/t.yaml', '--policies', 'pol', '--data', 'kept')
  expect(code).toBe(0)
  writeFileSync(join(folder, 'pol', 'broken.yaml'), 'limits: { retries: two }')
  const checked = await run('check', '--config', 'conf/t.yaml')
  expect(checked).toMatchObject({ code: 1 })
  expect(checked.stdout).toMatch(/pol\/broken\.yaml:1:20/)
  const made = await run('keys', 'create', '--name', 'web', '--config', 'conf/t.yaml')
  expect(made.code).toBe(0)
  expect(existsSync(join(folder, 'kept'))).toBe(true)
})

test('demo heeds no configuration around it', async () => {
  writeFileSync(join(folder, 'trimtab.yaml'), `default_provider: "$\{NOT_SET}"\n`)
  const { code, stdout, stderr } = await run('demo')
  expect(stderr).toBe('')
  expect(stdout).toMatch(/support\/answer +stream/)
  expect(code).toBe(0)
})
