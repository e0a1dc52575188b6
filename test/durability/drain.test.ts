/** A process that is asked to end lets answers under way end, takes nothing new, and leaves nothing open. */
import { rmSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { ask, chat, contentOf, startAsking } from '../support/ask.ts'
import { integrityOf, readLedger } from '../support/ledger-file.ts'
import { type MockProvider, startMockProvider } from '../support/mock-provider/mock-provider.ts'
import { startInside } from '../support/start-inside.ts'
import { startTrimtab, type Trimtab } from '../support/start-trimtab.ts'

let mock: MockProvider

beforeAll(async () => {
  mock = await startMockProvider()
})

afterAll(() => mock.close())

function started(): Promise<Trimtab> {
  return startTrimtab({ config: `providers: { mock: { dialect: openai, base_url: "${mock.url}" } }` })
}

it('SIGTERM lets streams and JSON answers under way end, refuses new connections, and exits 0', async () => {
  const trimtab = await started()
  const begun: Promise<void>[] = []
  const streams = Array.from({ length: 10 }, (_, index) => {
    let onFirstBytes = () => {}
    begun.push(
      new Promise((resolve) => {
        onFirstBytes = resolve
      }),
    )
    const body = chat('paced-60-20', { stream: true, user: `stream-${index}` })
    return startAsking(trimtab.origin, body, { onFirstBytes })
  })
  await Promise.all(begun)
  const json = ask(trimtab.origin, chat('chaos-delay-500', { user: 'json' }))
  await mock.until(() => mock.requests.some(({ body }) => body?.user === 'json'))
  const exit = trimtab.stop({ keep: true })
  await refused(trimtab)
  for (const { heard } of streams) {
    const { status, end, ...answer } = await heard
    expect({ status, end }).toEqual({ status: 200, end: 'whole' })
    expect(contentOf({ status, end, ...answer })).toMatch(/^word0 .*word59 $/)
  }
  expect((await json).status).toBe(200)
  expect(await exit).toBe(0)
  const ledgerFile = join(trimtab.dataFolder, 'ledger.db')
  expect(integrityOf(ledgerFile)).toBe('ok')
  const rows = readLedger(ledgerFile)
  expect(rows).toHaveLength(11)
  for (const row of rows) {
    expect(row).toMatchObject({ status: 200, attempts: [{ outcome: 'answered', usage: 'reported' }] })
  }
  rmSync(trimtab.folder, { recursive: true, force: true })
}, 60_000)

it('SIGTERM ends soon where callers keep idle connections', async () => {
  const trimtab = await started()
  const port = Number(new URL(trimtab.origin).port)
  const silent = connect(port, '127.0.0.1')
  silent.on('error', () => {})
  const socket = connect(port, '127.0.0.1')
  const body = JSON.stringify(chat('paced-20-20', { stream: true }))
  const closed = new Promise((resolve) => socket.once('close', resolve))
  let heard = ''
  socket.on('data', (bytes) => {
    heard += bytes
  })
  socket.write(
    `POST /v1/chat/completions HTTP/1.1\r\nhost: ${new URL(trimtab.origin).host}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  )
  while (!heard.includes('word1')) await new Promise((resolve) => setTimeout(resolve, 10))
  const before = performance.now()
  expect(await trimtab.stop()).toBe(0)
  await closed
  expect(heard).toContain('[DONE]')
  // The grace is 30 s: a connection kept open after its answer must not use it up.
  expect(performance.now() - before).toBeLessThan(10_000)
}, 60_000)

/** Resolves once nobody accepts connections any more. */
async function refused({ origin }: Trimtab): Promise<void> {
  for (;;) {
    const isRefused = await new Promise<boolean>((resolve) => {
      const socket = connect(Number(new URL(origin).port), '127.0.0.1')
      socket.once('connect', () => {
        socket.destroy()
        resolve(false)
      })
      socket.once('error', () => resolve(true))
    })
    if (isRefused) return
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

it('what is still under way when the grace ends is cut, who waits is told before, and both settled as what they were', async () => {
  const trimtab = await startInside({
    config: `providers: { mock: { dialect: openai, base_url: "${mock.url}", max_in_flight: 2 } }`,
  })
  const [stream, silent, queued] = (
    [
      ['paced-500-20', true, 'cut'],
      ['chaos-black-hole', false, 'silent'],
      ['chaos-black-hole', false, 'queued'],
    ] as const
  ).map(([model, stream, user]) => ask(trimtab.origin, chat(model, { stream, user })))
  await mock.until(() => mock.requests.filter(({ end }) => end === 'open').length === 2)
  await trimtab.stop({ graceMs: 300, keep: true })
  for (const heard of [stream, silent]) expect((await heard)?.end).toBe('broken')
  expect(await queued).toMatchObject({ status: 503, end: 'whole' })
  const rows = readLedger(trimtab.ledgerFile)
  expect(rows.map(({ status, error }) => `${status} ${error}`).sort()).toEqual([
    '499 caller_left',
    '499 caller_left',
    '503 overloaded',
  ])
  const attempts = rows.flatMap((row) => row.attempts)
  expect(attempts.map(({ outcome, usage }) => `${outcome} ${usage}`)).toEqual([
    'abandoned estimated',
    'abandoned estimated',
  ])
  expect(trimtab.warnings).toEqual([])
  rmSync(trimtab.dataFolder, { recursive: true, force: true })
})
