/** A caller that leaves, at any point of the journey, ends the provider's work and frees what it held. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Asking, ask, chat, contentOf, startAsking } from '../support/ask.ts'
import { type RequestRow, settledLedger } from '../support/ledger-file.ts'
import { type MockProvider, startMockProvider } from '../support/mock-provider/mock-provider.ts'
import type { SeenRequest } from '../support/mock-provider/seen-request.ts'
import { type Inside, startInside } from '../support/start-inside.ts'
import { startUnaccepting, type Unaccepting } from '../support/unaccepting.ts'

let mock: MockProvider
let unaccepting: Unaccepting
let trimtab: Inside
let caller = 0

beforeAll(async () => {
  mock = await startMockProvider()
  unaccepting = await startUnaccepting()
  trimtab = await startInside({
    config: [
      'providers:',
      `  mock: { dialect: openai, base_url: "${mock.url}" }`,
      `  narrow: { dialect: openai, base_url: "${mock.url}", max_in_flight: 1 }`,
      `  unaccepting: { dialect: openai, base_url: "${unaccepting.url}" }`,
    ].join('\n'),
    policies: {
      'plain.yaml': 'tiers: { only: { use: ["mock/paced-50-20", mock/spare] } }\nlimits: { retries: 2 }',
      'alone.yaml': 'tiers: { only: { use: ["mock/paced-50-20"] } }\nlimits: { retries: 2 }',
      'narrow.yaml': 'tiers: { only: { use: [narrow/small] } }',
      'connecting.yaml': 'tiers: { only: { use: [unaccepting/small, mock/spare] } }',
      'whole.yaml':
        'tiers: { only: { use: ["mock/paced-50-20", mock/spare] } }\nfallback: { release: whole }',
    },
  })
})

afterAll(async () => {
  await trimtab.stop()
  unaccepting.close()
  await mock.close()
})

beforeEach(() => {
  mock.script([])
  caller++
})

describe('a caller that leaves', () => {
  it('while queued is never sent on, and whoever waits behind it goes next', async () => {
    mock.script([{ kind: 'hold' }])
    const first = as('narrow', 'first')
    await saw('first')
    const second = as('narrow', 'second')
    await quiet()
    const third = as('narrow', 'third')
    await quiet()
    second.leave()
    expect(await rowOf('second')).toMatchObject({ status: 499, error: 'caller_left', attempts: [] })
    mock.release()
    expect((await first.heard).status).toBe(200)
    expect((await third.heard).status).toBe(200)
    expect(seenOf('second')).toEqual([])
    expect((await as('narrow', 'fourth').heard).status).toBe(200)
  })

  it('while connecting is billed nothing', async () => {
    const asking = as('connecting')
    await quiet()
    asking.leave()
    const { attempts, ...row } = await rowOf()
    expect(row).toMatchObject({ status: 499, error: 'caller_left' })
    expect(attempts).toMatchObject([{ outcome: 'abandoned', usage: 'absent', input: 0 }])
  })

  it('before the first chunk ends the provider’s work', async () => {
    mock.script([{ kind: 'black_hole' }])
    const asking = as('plain')
    await saw()
    await leaves(asking)
    await expectAbandoned({ usage: 'estimated' })
  })

  it('after the head, before the first content, ends the provider’s work', async () => {
    mock.script([{ kind: 'stall_first' }])
    const asking = as('plain', '', { stream: true })
    await saw()
    await quiet()
    await leaves(asking)
    await expectAbandoned({ usage: 'estimated' })
  })

  it('during a backoff is not asked for again', async () => {
    mock.script([{ kind: 'status', status: 429, headers: { 'retry-after-ms': '700' } }])
    const asking = as('alone')
    await saw()
    await quiet()
    asking.leave()
    const { status, attempts } = await rowOf()
    expect(status).toBe(499)
    expect(attempts).toMatchObject([{ outcome: 'rate_limited' }])
    await new Promise((resolve) => setTimeout(resolve, 1000))
    expect(seenOf()).toHaveLength(1)
  })

  it('while its answer is held back ends the provider’s work', async () => {
    const asking = as('whole', '', { stream: true })
    await saw()
    while ((seenOf()[0]?.bytesWritten ?? 0) < 1000) await quiet()
    await leaves(asking)
    await expectAbandoned({ usage: 'estimated' })
  })

  it('while its JSON answer is held back ends the provider’s work', async () => {
    mock.script([{ kind: 'stall_mid' }])
    const asking = as('plain')
    await saw()
    await quiet()
    await leaves(asking)
    await expectAbandoned({ usage: 'estimated' })
  })

  it('mid-stream ends the provider’s work, which is estimated by what came', async () => {
    const delays: number[] = []
    for (let times = 0; times < 15; times++) {
      let begun: (() => void) | undefined
      const hasBegun = new Promise<void>((resolve) => {
        begun = resolve
      })
      const asking = as('plain', `${times}`, { stream: true }, () => begun?.())
      await hasBegun
      delays.push(await leaves(asking, `${times}`))
      const { attempts } = await expectAbandoned({ usage: 'estimated' }, `${times}`)
      expect(attempts[0]?.output).toBeGreaterThan(0)
    }
    const median = delays.sort((one, other) => one - other)[Math.floor(delays.length / 2)]
    console.info(
      `the provider's connection closed ${median} ms after its caller left (median of ${delays.length})`,
    )
  })

  it('with half of its request sent leaves no trace at a provider', async () => {
    const body = Buffer.from(JSON.stringify(chat('plain', { user: userOf('half') })))
    const asking = startAsking(trimtab.origin, body, {
      headers: { 'content-length': String(body.length + 10) },
    })
    await quiet()
    asking.leave()
    await quiet()
    expect(seenOf('half')).toEqual([])
  })

  it('leaves the server as it was', async () => {
    const heard = await ask(trimtab.origin, chat('whole', { stream: true, user: userOf('') }))
    expect(contentOf(heard)).toMatch(/^word0 .*word49 $/)
    expect(trimtab.warnings).toEqual([])
  })
})

function as(
  workflow: string,
  name = '',
  more: Readonly<Record<string, unknown>> = {},
  onFirstBytes: () => void = () => {},
): Asking {
  return startAsking(trimtab.origin, chat(workflow, { user: userOf(name), ...more }), { onFirstBytes })
}

/** Leaves, and returns the milliseconds after which the provider knew. */
async function leaves(asking: Asking, name = ''): Promise<number> {
  const leftAt = Date.now()
  asking.leave()
  await mock.until(() => seenOf(name).some(({ end }) => end === 'aborted'))
  return (seenOf(name).at(-1)?.endedAtMs ?? Number.NaN) - leftAt
}

async function expectAbandoned(attempt: { usage: string }, name = ''): Promise<RequestRow> {
  const row = await rowOf(name)
  expect(row).toMatchObject({ status: 499, error: 'caller_left' })
  expect(row.attempts).toMatchObject([{ outcome: 'abandoned', ...attempt }])
  expect(seenOf(name)).toHaveLength(1)
  return row
}

async function rowOf(name = ''): Promise<RequestRow> {
  const isOurs = ({ user }: RequestRow) => user === userOf(name)
  // Others may be under way meanwhile.
  const rows = await settledLedger(trimtab.ledgerFile, (all) => all.some(isOurs), isOurs)
  return rows.find(isOurs) as RequestRow
}

function userOf(name: string): string {
  return `caller-${caller}-${name}`
}

function seenOf(name = ''): SeenRequest[] {
  return mock.requests.filter(({ body }) => body?.user === userOf(name))
}

function saw(name = ''): Promise<void> {
  return mock.until(() => seenOf(name).length > 0)
}

/** Long enough for what was sent to arrive, where nothing tells that it has. */
function quiet(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 100))
}
