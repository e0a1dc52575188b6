import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { startTrimtab, type Trimtab } from '../support/start-trimtab.ts'

const CONFIG = 'providers: { a: { base_url: "http://127.0.0.1:9/v1", api_key: k } }\n'
const FIRST = 'workflow: support\nlimits: { retries: 1 }\n'
const SECOND = 'workflow: support\nlimits: { retries: 2 }\n'

let trimtab: Trimtab

beforeEach(async () => {
  trimtab = await startTrimtab({ config: CONFIG, policies: { 'support.yaml': FIRST } })
})

afterEach(async () => {
  await trimtab.stop()
})

interface Logged {
  n: number
  at: string
  digest: string
  files: string[]
  change: string
}

const save = (name: string, text: string) => writeFileSync(join(trimtab.policiesFolder, name), text)
const saved = (name: string) => readFileSync(join(trimtab.policiesFolder, name), 'utf8')
const log = async () => ((await trimtab.json('policies', 'log', '--json')) as { policies: Logged[] }).policies
const rollback = (which: string) =>
  trimtab.command('policies', 'rollback', which, '--policies', trimtab.policiesFolder)
/** Once the running server has taken over what was saved. */
const logOf = (length: number) =>
  expect.poll(async () => (await log()).length, { timeout: 10_000 }).toBe(length)

describe('policies log', () => {
  test('lists each set that was in force, with what changed', async () => {
    await logOf(1)
    save('support.yaml', SECOND)
    await logOf(2)
    save('default.yaml', 'workflow: default\n')
    await logOf(3)
    const sets = await log()
    expect(sets.map(({ n, files, change }) => ({ n, files, change }))).toEqual([
      { n: 1, files: ['support.yaml'], change: 'the first' },
      { n: 2, files: ['support.yaml'], change: 'changed support.yaml (+1 -1 lines)' },
      { n: 3, files: ['default.yaml', 'support.yaml'], change: 'added default.yaml' },
    ])
    const { stdout } = await trimtab.command('policies', 'log')
    expect(stdout.split('\n')[3]).toContain(`${sets[1]?.digest.slice(0, 12)}  support.yaml  `)
  })

  test('names a few of many files in its table, and all of them as JSON', async () => {
    await logOf(1)
    const names = Array.from({ length: 9 }, (_, index) => `w${index}.yaml`)
    for (const [index, name] of names.entries()) save(name, `workflow: w${index}\n`)
    await expect.poll(async () => (await log()).at(-1)?.files.length, { timeout: 10_000 }).toBe(10)
    expect((await log()).at(-1)?.files).toEqual(['support.yaml', ...names])
    const { stdout } = await trimtab.command('policies', 'log')
    expect(stdout).toContain('support.yaml, w0.yaml, w1.yaml, w2.yaml and 6 more')
  })

  test('a save that was refused was never in force', async () => {
    await logOf(1)
    save('support.yaml', 'limits: { retries: many }')
    await expect.poll(trimtab.output, { timeout: 10_000 }).toContain('not taken over')
    save('support.yaml', SECOND)
    await logOf(2)
  })

  test('a restart on the same policies adds nothing', async () => {
    await logOf(1)
    await trimtab.stop({ keep: true })
    trimtab = await startTrimtab({ config: CONFIG, folder: trimtab.folder })
    expect(await log()).toHaveLength(1)
  })
})

describe('policies rollback', () => {
  test('writes a set back, which the running server takes; nothing is lost', async () => {
    await logOf(1)
    save('support.yaml', SECOND)
    save('extra.yaml', 'workflow: extra\n')
    await logOf(2)
    const { code, stdout } = await rollback('1')
    expect([code, saved('support.yaml')]).toEqual([0, FIRST])
    expect(readdirSync(trimtab.policiesFolder)).toEqual(['support.yaml'])
    await logOf(3)
    expect((await log())[2]?.change).toBe('changed support.yaml (+1 -1 lines), removed extra.yaml, as #1')
    const undo = /rollback ([0-9a-f]+)$/m.exec(stdout)?.[1] ?? ''
    expect((await rollback(undo)).code).toBe(0)
    expect([saved('support.yaml'), saved('extra.yaml')]).toEqual([SECOND, 'workflow: extra\n'])
  })

  test('keeps what lies there now, also where it was never sound', async () => {
    await logOf(1)
    const broken = 'limits: { retries: many }\n'
    save('support.yaml', broken)
    const { code, stdout } = await rollback('1')
    expect([code, saved('support.yaml')]).toEqual([0, FIRST])
    const kept = (await log()).find(({ change }) => change.endsWith('kept before a rollback'))
    expect(stdout).toContain(`trimtab policies rollback ${kept?.digest.slice(0, 12)}`)
    // Going back to what cannot be served is refused, and writes nothing.
    const refused = await rollback(String(kept?.n))
    expect([refused.code, saved('support.yaml')]).toEqual([1, FIRST])
    expect(refused.stderr).toContain('`limits.retries` must be')
  })

  test('to what is there already does nothing', async () => {
    await logOf(1)
    const { code, stdout } = await rollback('1')
    expect([code, stdout]).toEqual([0, `${trimtab.policiesFolder} holds these policies already.\n`])
  })

  test.each(['7', '0', 'abcdef', 'nonsense'])('%s, which is none: exit 1 and one sentence', async (which) => {
    await logOf(1)
    const { code, stderr } = await rollback(which)
    expect([code, stderr]).toEqual([
      1,
      `No policies "${which}" are in the history: \`trimtab policies log\` lists them.\n`,
    ])
    expect(existsSync(join(trimtab.policiesFolder, 'support.yaml'))).toBe(true)
  })
})
