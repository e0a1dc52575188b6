import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ask, chat } from '../support/ask.ts'
import { startMockProvider } from '../support/mock-provider/mock-provider.ts'
import { runCommand, startTrimtab } from '../support/start-trimtab.ts'

let folder: string
let policy: string

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'trimtab-init-traffic-'))
  const mock = await startMockProvider()
  const trimtab = await startTrimtab({
    config: [
      `providers: { gpu: { vendor: vllm, base_url: "${mock.url}", models: [small, large, unpriced] } }`,
      'prices: { overrides: { gpu/small: { input: 1, output: 1 }, gpu/large: { input: 10, output: 10 } } }',
    ].join('\n'),
  })
  const send = async (model: string, workflow: string) => {
    const { status } = await ask(trimtab.origin, chat(model), { headers: { 'x-trimtab-workflow': workflow } })
    expect(status).toBe(200)
  }
  await send('small', 'support')
  await send('large', 'support')
  await send('large', 'support: # x')
  await send('unpriced', 'nightly')
  await trimtab.stop({ keep: true })
  const { code } = await runCommand(['init', '--data', trimtab.dataFolder], undefined, folder)
  expect(code).toBe(0)
  policy = readFileSync(join(folder, 'policies', 'default.yaml'), 'utf8')
  rmSync(trimtab.folder, { recursive: true, force: true })
  await mock.close()
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('init beside a ledger', () => {
  test('names the workflows and models that were really seen, the busiest first', () => {
    expect(policy).toContain('# Seen in the last 30 days')
    const seen = policy.split('\n').filter((line) => /^# {3}\S.*requests;/.test(line))
    expect(seen).toHaveLength(3)
    expect(seen[0]).toMatch(
      /^# {3}support: 2 requests; gpu\/(small|large) 1 \(\$0\.0\d*\), gpu\/(small|large) 1 \(\$0\.0/,
    )
    expect(seen.some((line) => line.startsWith('#   nightly: 1 requests; gpu/unpriced 1 (no price)'))).toBe(
      true,
    )
  })

  test('proposes tiers by what a token really cost, which are sound once their marks are off', async () => {
    expect(policy).toContain('# A token of gpu/large cost 10.0 times one of gpu/small.')
    const at = policy.lastIndexOf('# tiers:')
    const proposed = policy.slice(at).replaceAll(/^# /gm, '')
    expect(proposed).toContain('small: { use: "gpu/small" }')
    writeFileSync(join(folder, 'policies', 'default.yaml'), `workflow: default\n${proposed}`)
    const { code, stdout } = await runCommand(['check', 'policies/default.yaml'], undefined, folder)
    expect([code, stdout]).toEqual([
      0,
      expect.stringMatching(
        /^(policies.*warning: No configured provider.*\n)+1 policy file: 2 warnings\.\n$/,
      ),
    ])
  })

  test('the configuration beside it keeps the ledger where it is, and needs no variable to be set', async () => {
    const { code, stdout } = await runCommand(['check'], undefined, folder)
    expect([code, stdout]).toEqual([0, expect.stringContaining('1 policy file')])
    const config = readFileSync(join(folder, 'trimtab.yaml'), 'utf8')
    expect(config).toMatch(/^data: "?\/.*\/data"?$/m)
  })

  test('stays comments: the policy is what it would be without a ledger', () => {
    const stated = policy.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
    const shipped = readFileSync('policies/default.yaml', 'utf8')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
    expect(stated).toEqual(shipped)
  })
})
