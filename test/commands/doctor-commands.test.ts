/** What `doctor` says of model servers that trimtab starts: beside a running one, and before the first start. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  modelServerWords,
  type ProcessList,
  processList,
  standings,
  until,
  untilState,
} from '../support/model-server.ts'
import { runCommand, startTrimtab, type Trimtab } from '../support/start-trimtab.ts'

let folder: string
let processes: ProcessList
let trimtab: Trimtab | undefined

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'trimtab-doctor-commands-'))
  processes = processList(folder)
  trimtab = undefined
})

afterEach(async () => {
  await trimtab?.stop()
  expect(processes.left()).toEqual([])
  rmSync(folder, { recursive: true, force: true })
})

const config = (words: readonly string[], more = ''): string =>
  `providers: { local: { command: ${JSON.stringify(words)}, models: [small]${more} } }\n`

describe('doctor, without a running trimtab', () => {
  test.each<[string, string, RegExp, number]>([
    [
      'a program on the path',
      config(['node', '{port}']),
      /^ok {4}provider local: not running; `trimtab serve` starts \/\S+\/node\.$/m,
      0,
    ],
    [
      'a program in its folder',
      config(['./serve', '{port}']),
      /^ok {4}provider local: not running; `trimtab serve` starts \S*serve\.$/m,
      0,
    ],
    [
      'none',
      config(['no-such-server', '{port}']),
      /^FAIL {2}provider local: there is no program no-such-server; install it, or state its whole path in providers\.local\.command\.$/m,
      1,
    ],
    [
      'no folder',
      config(['node', '{port}'], ', directory: missing'),
      /^FAIL {2}provider local: there is no folder missing to run in;/m,
      1,
    ],
  ])('%s', async (_, text, line, exit) => {
    mkdirSync(join(folder, 'policies'))
    writeFileSync(join(folder, 'trimtab.yaml'), text)
    writeFileSync(join(folder, 'serve'), '#!/bin/sh\n', { mode: 0o755 })
    const { code, stdout } = await runCommand(['doctor', '--port', '0'], undefined, folder)
    expect(stdout).toMatch(line)
    // Nothing is said of providers that are asked over the network: there are none.
    expect(stdout).not.toContain('none is configured')
    expect(code, stdout).toBe(exit)
  })
})

describe('doctor, beside a running trimtab', () => {
  const doctor = async (running: Trimtab): Promise<string> => {
    const { port } = new URL(running.origin)
    return (await running.command('doctor', '--port', port)).stdout
  }

  test('its server is ready; with other words it is one of an older configuration', async () => {
    trimtab = await startTrimtab({ config: config(modelServerWords(processes.file)) })
    await untilState(trimtab.origin, 'ready')
    const [standing] = await standings(trimtab.origin)
    expect(await doctor(trimtab)).toContain(
      `ok    provider local: runs as process ${standing?.pid} at 127.0.0.1:${standing?.port}, and is ready.`,
    )
    const elsewhere = join(folder, 'other.yaml')
    writeFileSync(elsewhere, config(modelServerWords(processes.file, '--name', 'other')))
    const { stdout } = await runCommand(
      ['doctor', '--port', '0', '--config', elsewhere, '--data', trimtab.dataFolder],
      undefined,
      folder,
    )
    expect(stdout).toContain('with another command than is configured now')
  })

  test('each of its replicas is asked what it tells of itself', async () => {
    const words = modelServerWords(processes.file, '--metrics')
    trimtab = await startTrimtab({ config: config(words, ', vendor: vllm, replicas: 2') })
    await until(
      async () =>
        (await standings(trimtab?.origin ?? '')).filter(({ state }) => state === 'ready').length === 2,
    )
    const told = await doctor(trimtab)
    for (const name of ['local', 'local#2'])
      expect(told).toContain(`ok    provider ${name} metrics: vLLM tells of itself: 3 running, 2 waiting.`)
  })

  test('one of several replicas that tells nothing', async () => {
    const words = modelServerWords(processes.file)
    trimtab = await startTrimtab({ config: config(words, ', vendor: vllm, replicas: 2') })
    await until(
      async () =>
        (await standings(trimtab?.origin ?? '')).filter(({ state }) => state === 'ready').length === 2,
    )
    expect(await doctor(trimtab)).toContain(
      'provider local#2 metrics: /metrics tells nothing that is known (404)',
    )
  })

  test('its server loads', async () => {
    trimtab = await startTrimtab({ config: config(modelServerWords(processes.file, '--load-ms', '60000')) })
    await until(async () => (await standings(trimtab?.origin ?? ''))[0]?.pid !== undefined)
    expect(await doctor(trimtab)).toMatch(
      /^warn {2}provider local: runs as process \d+ .* but is not ready yet/m,
    )
  })

  test('its server does not start', async () => {
    trimtab = await startTrimtab({
      config: config(modelServerWords(processes.file, '--fail-starts', '1000')),
    })
    await untilState(trimtab.origin, 'failing')
    expect(await doctor(trimtab)).toMatch(
      /^FAIL {2}provider local: its command ended with exit code 3, and a running trimtab starts it again/m,
    )
  })
})
