import { beforeEach, expect, test } from 'vitest'
import { type RequestsOptions, requestsCommand } from '../../src/commands/requests.ts'
import { noTokens } from '../../src/metering/tokens.ts'
import { MemoryLedger } from '../../src/storage/memory-ledger.ts'
import { attempt, attemptSettled, NOON, request, requestSettled } from '../storage/ledger-rows.ts'

let ledger: MemoryLedger

beforeEach(async () => {
  ledger = new MemoryLedger()
  await answered('req_1', NOON - 2000)
  await answered('req_2', NOON - 1000)
})

test('requests --json: exactly the fields of the contract, the newest first', async () => {
  const { code, out } = await run(undefined, { json: true })
  expect(code).toBe(0)
  const printed = JSON.parse(out.join('\n'))
  expect(Object.keys(printed)).toEqual(['requests'])
  expect(printed.requests.map(({ id }: { id: string }) => id)).toEqual(['req_2', 'req_1'])
  expect(Object.keys(printed.requests[0])).toEqual(
    'id at workflow step session tenant key model_asked tier rule status error cache tokens cost_usd saved_usd total_ms attempts'.split(
      ' ',
    ),
  )
  expect(Object.keys(printed.requests[0].attempts[0])).toEqual(
    'provider model replica outcome status tokens cost_usd usage first_chunk_ms total_ms'.split(' '),
  )
})

test('requests: a table; --limit and --since narrow it', async () => {
  await ledger.openRequest(request('req_3', { at: NOON }), attempt('req_3', { startedAt: NOON }))
  expect((await run(undefined, {})).out.join('\n')).toMatch(
    /req_3 +2026-11-25 12:00:00 +support +– +openai\/gpt-5\.5 +open +0 +– +–\nreq_2 .* 200 +120 +\$0\.00150 +950 ms\nreq_1 /,
  )
  expect((await run(undefined, { limit: '1' })).out.join('\n')).not.toMatch(/req_2/)
  expect((await run(undefined, { since: '2026-11-25T11:59:59Z' })).out.join('\n')).not.toMatch(/req_1/)
})

test('requests: a stream that broke is marked, and the time is of all attempts', async () => {
  await ledger.openRequest(request('req_3', { at: NOON }), attempt('req_3'))
  ledger.settleAttempt(attemptSettled('req_3', { outcome: 'timeout', totalMs: 30_000 }))
  await ledger.openAttempt(attempt('req_3', { ordinal: 1 }))
  ledger.settleAttempt(attemptSettled('req_3', { ordinal: 1, outcome: 'interrupted', totalMs: 400 }))
  ledger.settleRequest(requestSettled('req_3', { error: 'stream_interrupted', totalMs: 30_450 }))
  await refused('req_4', NOON + 1)
  const [, , newest, cut] = (await run(undefined, {})).out.join('\n').split('\n')
  expect(cut).toMatch(/^req_3 .* 200 cut +240 .* 30\.4 s$/)
  expect(newest).toMatch(/^req_4 .* 429 +/)
})

test('requests: an empty ledger is said; as JSON it is an empty list', async () => {
  ledger = new MemoryLedger()
  expect((await run(undefined, {})).out).toEqual(['No request is in the ledger for this period.'])
  expect(JSON.parse((await run(undefined, { json: true })).out.join(''))).toEqual({ requests: [] })
})

test('requests ID: a record that a person can read', async () => {
  const { code, out } = await run('req_1', {})
  const text = out.join('\n')
  expect(code).toBe(0)
  expect(text).toMatch(/^request +req_1$/m)
  expect(text).toMatch(/^asked +chat\/completions, auto$/m)
  expect(text).toMatch(/^status +200$/m)
  expect(text).toMatch(
    /1 +openai\/gpt-5\.5 +openai\/api\.openai\.com\/default +answered +200 +input 100, output 20 +reported by the provider +\$0\.00150/,
  )
  expect(text).toMatch(/^policy +support \(0123456789abcdef\)$/m)
  expect(text).toMatch(/^candidates +openai\/gpt-5\.5 \(large\)$/m)
})

test('requests ID: how near the input was told, and who counted what the provider did not', async () => {
  const input = { bytes: 512, estimated: 128, counted: 100 }
  const note = {
    target: 'openai/gpt-5.5',
    replica: 'r',
    outcome: 'interrupted',
    status: 200,
    detail: undefined,
  }
  const { decision } = requestSettled('req_3')
  for (const countedBy of ['o200k_base', 'characters'] as const) {
    const id = `req_${countedBy}`
    await ledger.openRequest(request(id, { at: NOON }), attempt(id))
    ledger.settleAttempt(attemptSettled(id, { outcome: 'interrupted', usage: 'estimated' }))
    ledger.settleRequest(
      requestSettled(id, { decision: { ...decision, input, attempts: [{ ...note, countedBy }] } }),
    )
  }
  const byTokenizer = (await run('req_o200k_base', {})).out.join('\n')
  expect(byTokenizer).toMatch(/ estimated by tiktoken \(o200k_base\) /)
  expect(byTokenizer).toMatch(
    /^estimate +128 tokens of input, counted 100: 28\.0 % off \(5\.12 bytes a token\)$/m,
  )
  expect((await run('req_characters', {})).out.join('\n')).toMatch(/ estimated by size /)
})

test('requests: a cost that lacks an attempt without a price says so', async () => {
  const tried = async (id: string, first: Partial<Parameters<typeof attemptSettled>[1]>) => {
    await ledger.openRequest(request(id, { at: NOON }), attempt(id))
    ledger.settleAttempt(attemptSettled(id, { costNanoUsd: undefined, ...first }))
    await ledger.openAttempt(attempt(id, { ordinal: 1 }))
    ledger.settleAttempt(attemptSettled(id, { ordinal: 1 }))
    ledger.settleRequest(requestSettled(id))
  }
  await tried('req_unpriced', { outcome: 'insufficient' })
  await tried('req_refused', { outcome: 'rejected', tokens: noTokens() })
  expect((await run('req_unpriced', {})).out.join('\n')).toMatch(/^cost +≥ \$0\.00150$/m)
  expect((await run('req_refused', {})).out.join('\n')).toMatch(/^cost +\$0\.00150$/m)
  expect((await run(undefined, {})).out.join('\n')).toMatch(/req_unpriced .* ≥ \$0\.00150 /)
})

test('requests ID --json: the whole decision record', async () => {
  const { out } = await run('req_1', { json: true })
  expect(JSON.parse(out.join(''))).toMatchObject({
    id: 'req_1',
    endpoint: 'chat/completions',
    decision: requestSettled('req_1').decision,
  })
})

test('requests ID: an id that nobody has is exit code 1 and one sentence', async () => {
  const { code, out, error } = await run('req_none', { json: true })
  expect([code, out]).toEqual([1, []])
  expect(error).toEqual(['No request "req_none" is in the ledger: `trimtab requests` lists the latest ids.'])
})

test('requests: bad options are exit code 1, a sentence each', async () => {
  const { code, out, error } = await run(undefined, { since: 'x', limit: '0' })
  expect([code, out]).toEqual([1, []])
  expect(error).toEqual([expect.stringMatching(/^--since/), expect.stringMatching(/^--limit/)])
})

test('requests --follow: each request once, when it has ended, the oldest first, until the signal', async () => {
  const stop = new AbortController()
  const out: string[] = []
  await ledger.openRequest(request('req_3', { at: NOON }), attempt('req_3'))
  let looks = 0
  const code = await requestsCommand(
    undefined,
    { follow: true, json: true, since: '1h' },
    {
      reader: ledger,
      now: () => NOON + 1,
      signal: stop.signal,
      pause: async () => {
        looks++
        if (looks === 1) ledger.settleRequest(requestSettled('req_3'))
        if (looks === 3) stop.abort()
      },
    },
    { out: (line) => out.push(line), error: () => {} },
  )
  expect(code).toBe(0)
  expect(out.map((line) => JSON.parse(line).id)).toEqual(['req_1', 'req_2', 'req_3'])
})

async function run(
  id: string | undefined,
  options: RequestsOptions,
): Promise<{ code: number; out: string[]; error: string[] }> {
  const out: string[] = []
  const error: string[] = []
  const parts = {
    reader: ledger,
    now: () => NOON,
    pause: async () => {},
    signal: new AbortController().signal,
  }
  const code = await requestsCommand(id, options, parts, {
    out: (line) => out.push(line),
    error: (line) => error.push(line),
  })
  return { code, out, error }
}

async function refused(id: string, at: number): Promise<void> {
  await ledger.openRequest(request(id, { at }), attempt(id))
  ledger.settleAttempt(attemptSettled(id, { outcome: 'rate_limited', status: 429, tokens: noTokens() }))
  ledger.settleRequest(requestSettled(id, { status: 429, error: 'rate_limit_exceeded' }))
}

async function answered(id: string, at: number): Promise<void> {
  await ledger.openRequest(request(id, { at }), attempt(id))
  ledger.settleAttempt(attemptSettled(id))
  ledger.settleRequest(requestSettled(id))
}
