/** The operator's log: lines on a terminal, JSON in a pipe, and nothing of what was said in either. */
import { mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openLog } from '../../../src/platform/node/open-log.ts'
import { ask, chat } from '../../support/ask.ts'
import { type MockProvider, startMockProvider } from '../../support/mock-provider/mock-provider.ts'
import { startInside } from '../../support/start-inside.ts'

type Use = (origin: string, dataFolder: string) => Promise<unknown>

const CANARY = 'canary-0b6d2'

let mock: MockProvider
let folder: string

beforeAll(async () => {
  mock = await startMockProvider()
  folder = mkdtempSync(join(tmpdir(), 'trimtab-log-'))
})

afterAll(async () => {
  await mock.close()
  rmSync(folder, { recursive: true, force: true })
})

describe('on a terminal', () => {
  test('a line a request: time, status, workflow and step, model, tokens, cost, ms, cache, id', async () => {
    const lines = await terminalLines(async (origin) => {
      const headers = { 'x-trimtab-workflow': 'support', 'x-trimtab-step': 'draft' }
      await ask(origin, chat('gpt-4o-mini'), { headers })
      mock.script([{ kind: 'status', status: 400, message: CANARY }])
      await ask(origin, chat('gpt-4o-mini'))
      await ask(origin, Buffer.from('no JSON'))
    })
    const usage = mock.requests.at(-2)?.said?.usage
    expect(lines).toHaveLength(3)
    expect(lines[0]).toMatch(
      new RegExp(
        `^\\d\\d:\\d\\d:\\d\\d {2}200 {2}support/draft {2}mock/gpt-4o-mini {2}${usage?.prompt_tokens}\\+${usage?.completion_tokens} tok {2}\\$0\\.0\\d+ {2}\\d+ ms {2}\\w+ {2}req_\\w+$`,
      ),
    )
    expect(lines[1]).toMatch(/ {2}400 {2}default {2}mock\/gpt-4o-mini {2}.* {2}rejected$/)
    expect(lines[2]).toMatch(/ {2}400 {2}chat\/completions {2}invalid_json {2}req_\w+$/)
    expect(lines.join('\n')).not.toContain(CANARY)
  })

  test('a line a call of the admin API: time, status, method, path, ms; no query, no key', async () => {
    const lines = await terminalLines(callAdmin)
    expect(lines).toEqual([
      expect.stringMatching(/^\d\d:\d\d:\d\d {2}200 {2}GET \/trimtab\/api\/requests {2}\d+ ms$/),
      expect.stringMatching(/ {2}400 {2}GET \/trimtab\/api\/report {2}\d+ ms$/),
      expect.stringMatching(/ {2}401 {2}GET \/trimtab\/api\/requests\/req_1 {2}\d+ ms$/),
    ])
  })

  test('control characters in a caller’s labels do not reach it', async () => {
    const step = '\u001b[2Jx\u202e'
    const lines = await terminalLines((origin) =>
      ask(origin, { ...chat('gpt-4o-mini'), metadata: { trimtab_step: step } }),
    )
    expect(lines[0]).toContain('default/?[2Jx?')
  })

  test('`access: off` leaves messages alone', async () => {
    const lines: string[] = []
    const log = await openLog({ level: 'warn', access: false }, terminal(lines))
    log.info('quiet')
    log.warn('heard')
    log.failed(new Error('broken'), 'req_1')
    expect(log.observers).toEqual([])
    expect(lines).toEqual(['heard', expect.stringMatching(/^Request req_1 failed .*Error: broken\n {4}at /s)])
  })
})

describe('in a pipe', () => {
  test('messages are JSON lines, and requests too where they are asked for', async () => {
    const file = join(folder, 'access.log')
    const log = await openLog({ level: 'info', access: true }, { fd: openSync(file, 'a'), write: () => {} })
    log.info('Policies: 1 file in force.')
    expect(readFileSync(file, 'utf8')).toContain('"msg":"Policies: 1 file in force."')
    await withTrimtab(log.observers, async (origin) => {
      const messages = [{ role: 'user', content: CANARY }]
      await ask(origin, chat('gpt-4o-mini', { messages, stream: true }), {
        headers: { authorization: `Bearer ${CANARY}` },
      })
      mock.script([{ kind: 'status', status: 400, message: CANARY }])
      await ask(origin, chat('gpt-4o-mini', { messages }))
    })
    log.failed(new Error('broken'), 'req_1')
    log.close()
    const text = readFileSync(file, 'utf8')
    expect(text).not.toContain(CANARY)
    const lines = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>)
    const usage = mock.requests.at(-2)?.said?.usage
    expect(lines).toMatchObject([
      { level: 'info', msg: 'Policies: 1 file in force.' },
      {
        msg: 'request',
        status: 200,
        workflow: 'default',
        provider: 'mock',
        model: 'gpt-4o-mini',
        stream: true,
        attempts: 1,
        input_tokens: usage?.prompt_tokens,
        output_tokens: usage?.completion_tokens,
      },
      { msg: 'request', status: 400, error: 'rejected' },
      { level: 'error', request_id: 'req_1', stack: expect.stringMatching(/^Error: broken\n {4}at /) },
    ])
    expect(lines.every(({ time }) => !Number.isNaN(Date.parse(String(time))))).toBe(true)
  })

  test('so are calls of the admin API', async () => {
    const file = join(folder, 'admin.log')
    const log = await openLog({ level: 'info', access: true }, { fd: openSync(file, 'a'), write: () => {} })
    await withTrimtab(log.observers, callAdmin)
    log.close()
    const lines = readFileSync(file, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    const call = { msg: 'admin', method: 'GET', total_ms: expect.any(Number) }
    expect(lines).toMatchObject([
      { ...call, status: 200, path: '/trimtab/api/requests' },
      { ...call, status: 400, path: '/trimtab/api/report' },
      { ...call, status: 401, path: '/trimtab/api/requests/req_1' },
    ])
    expect(JSON.stringify(lines)).not.toContain(CANARY)
  })

  test('requests are not told unless asked for, and a level keeps back what is below it', async () => {
    const file = join(folder, 'quiet.log')
    const log = await openLog(
      { level: 'error', access: undefined },
      { fd: openSync(file, 'a'), write: () => {} },
    )
    expect(log.observers).toEqual([])
    log.info('quiet')
    log.warn('quiet')
    log.error('heard')
    log.close()
    expect(readFileSync(file, 'utf8').trimEnd().split('\n')).toEqual([
      expect.stringContaining('"msg":"heard"'),
    ])
  })
})

/** One that is answered, one that cannot be, and one of somebody without the key. */
async function callAdmin(origin: string, dataFolder: string): Promise<void> {
  const key = readFileSync(join(dataFolder, 'admin-key'), 'utf8').trim()
  for (const [path, credential] of [
    ['requests?since=0&limit=3', key],
    [`report?since=0&until=1&by=${CANARY}`, key],
    ['requests/req_1', CANARY],
  ])
    await (
      await fetch(`${origin}/trimtab/api/${path}`, { headers: { authorization: `Bearer ${credential}` } })
    ).text()
}

function terminal(lines: string[]) {
  return { isTTY: true, fd: -1, write: (text: string) => lines.push(text.replace(/\n$/, '')) }
}

async function terminalLines(use: Use): Promise<string[]> {
  const lines: string[] = []
  const log = await openLog({ level: 'info', access: undefined }, terminal(lines))
  await withTrimtab(log.observers, use)
  return lines
}

async function withTrimtab(
  observers: Parameters<typeof startInside>[0]['observers'] & object,
  use: Use,
): Promise<void> {
  const config = `
providers: { mock: { dialect: openai, base_url: "${mock.url}", models: [gpt-4o-mini] } }
prices: { overrides: { mock/gpt-4o-mini: { input: 1000, output: 1000 } } }
`
  const trimtab = await startInside({ config, observers })
  await use(trimtab.origin, trimtab.dataFolder)
  await trimtab.stop()
}
