/** As `chaos.test.ts`, for the ways on which answers are told in other words, or in those of messages and responses. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ask, type Heard } from '../support/ask.ts'
import { framesOf } from '../support/frames.ts'
import { type AttemptRow, type RequestRow, settledLedger } from '../support/ledger-file.ts'
import { lateDuring, type WatchedLoop, watchLoop } from '../support/loop-lag.ts'
import { textOf } from '../support/mock-provider/chat-answer.ts'
import { inputOf, outputOf } from '../support/mock-provider/counted.ts'
import { type MockProvider, startMockProvider } from '../support/mock-provider/mock-provider.ts'
import type { SeenRequest } from '../support/mock-provider/seen-request.ts'
import { type Inside, startInside } from '../support/start-inside.ts'
import { toldText } from '../support/told-text.ts'
import { CELLS, type Cell } from './endpoint-chaos-cells.ts'

const TIMEOUT_MS = 3500
/** Beyond the deadline, and what a busy machine kept the event loop from its work: callers and provider share it. */
const PATIENCE_MS = 250
const AT_ONCE = 16
const SHORT = `timeout: ${TIMEOUT_MS}ms, first_chunk: 1s, between_chunks: 1s`
/** Long enough for half of every stream to hold some of it. */
const TEXT = 'Which way does the rudder turn? '.repeat(8).trim()

let mock: MockProvider
let trimtab: Inside
let ledger: Map<string, RequestRow>
let loop: WatchedLoop
const heardOf = new Map<string, Heard>()

beforeAll(async () => {
  mock = await startMockProvider()
  const faultOf = new Map(CELLS.map(({ id, chaos }) => [id, chaos.fault]))
  mock.script((seen) => faultOf.get(String(seen.body?.model)))
  trimtab = await startInside({
    config: configuration(mock.url),
    policies: Object.fromEntries(CELLS.map((cell) => [`${cell.id}.yaml`, policyOf(cell)])),
  })
  loop = watchLoop()
  await askAll()
  loop.stop()
  const rows = await settledLedger(trimtab.ledgerFile)
  ledger = new Map(rows.map((row) => [row.workflow, row]))
  expect(rows).toHaveLength(CELLS.length)
  const lateMs = loop.lags.reduce((sum, { lateMs }) => sum + lateMs, 0)
  const slowest = Math.max(...CELLS.filter(({ chaos }) => !chaos.unhurried).map((cell) => heardBy(cell).ms))
  console.info(
    `the slowest of ${CELLS.length} cells ended ${Math.round(slowest)} ms after its request; its deadline is ${TIMEOUT_MS} ms; the event loop came late by ${Math.round(lateMs)} ms in all`,
  )
}, 120_000)

afterAll(async () => {
  await trimtab?.stop()
  await mock?.close()
})

describe.each(CELLS)('$id', (cell) => {
  it('ends in time with what is true', () => {
    const heard = heardBy(cell)
    expect(heard.end).toBe('whole')
    if (cell.expected === 'answer') expectWholeAnswer(cell, heard)
    else if (cell.expected === 'cut') expectCut(cell, heard)
    else expectEnvelope(cell, heard, cell.expected)
    if (!cell.chaos.unhurried)
      expect(heard.ms - lateDuring(loop.lags, heard)).toBeLessThan(TIMEOUT_MS + PATIENCE_MS)
  })

  it('has one row for each attempt, and bills what answered once', () => {
    const { attempts, status } = rowOf(cell)
    expect(status).toBe(heardBy(cell).status)
    expect(attempts.filter(({ provider }) => provider === cell.id)).toHaveLength(cell.times)
    expect(seenOf(cell)).toHaveLength(attempts.length)
    const answered = attempts.filter(({ outcome }) => outcome === 'answered')
    expect(answered).toHaveLength(cell.expected === 'answer' ? 1 : 0)
    if (cell.expected === 'cut') expect(attempts.map(({ outcome }) => outcome)).toEqual(['interrupted'])
    for (const attempt of attempts) expectBilledAsSeen(cell, attempt)
  })
})

function expectBilledAsSeen(cell: Cell, { outcome, usage, input, output }: AttemptRow): void {
  if (outcome === 'answered') {
    const counted = seenOf(cell).at(-1)?.counted
    expect({ usage, input, output }).toEqual({
      usage: 'reported',
      input: counted && inputOf(counted),
      output: counted && outputOf(counted),
    })
  } else if (outcome === 'rate_limited')
    expect({ usage, input, output }).toMatchObject({ input: 0, output: 0 })
  else if (usage === 'reported') {
    // Anthropic tells at the start what it read: a message that broke off has that, and no more than was said.
    expect(cell.way.target).toBe('messages')
    expect(input).toBe(seenOf(cell)[0]?.counted?.input)
  }
}

function expectWholeAnswer(cell: Cell, heard: Heard): void {
  expect(heard.status).toBe(200)
  const choice = seenOf(cell).at(-1)?.said?.choices[0]
  expect(choice && textOf(choice)).toMatch(/rudder/)
  expect(toldText(cell.way.asked, cell.stream, heard)).toBe(choice && textOf(choice))
  const tookOver = cell.spare && cell.chaos[cell.stream ? 'stream' : 'json'] !== 'answer'
  expect(heard.headers['x-trimtab-model']).toMatch(tookOver ? /^spare-/ : `${cell.id}/`)
  if (cell.stream) expect(lastType(heard)).toBe(CLOSINGS[cell.way.asked])
}

function expectCut(cell: Cell, heard: Heard): void {
  expect(heard.status).toBe(200)
  const types = framesOf(heard).map(({ data }) => data.type)
  for (const closing of Object.values(CLOSINGS)) expect(types).not.toContain(closing)
  const last = framesOf(heard).at(-1)
  const said = last?.data.response ?? last?.data
  expect(said).toMatchObject({ error: { message: expect.stringMatching(/./) } })
  expect(last?.event).toBe(
    { chat: undefined, messages: 'error', responses: 'response.failed' }[cell.way.asked],
  )
}

function expectEnvelope(cell: Cell, heard: Heard, status: number): void {
  expect(heard.status).toBe(status)
  expect(heard.headers['content-type']).toContain('application/json')
  const { type, error } = JSON.parse(heard.text)
  const types: Record<number, string> =
    cell.way.asked === 'messages'
      ? { 429: 'rate_limit_error', 502: 'api_error', 504: 'timeout_error' }
      : { 429: 'rate_limit_error', 502: 'provider_error', 504: 'provider_error' }
  expect(type).toBe(cell.way.asked === 'messages' ? 'error' : undefined)
  expect(error.type).toBe(types[status])
  expect(error.message).toContain(`Provider ${cell.id} `)
  if (status === 429) expect(heard.headers['retry-after']).toBe('1')
}

const CLOSINGS = { chat: '[DONE]', messages: 'message_stop', responses: 'response.completed' }

function lastType(heard: Heard): unknown {
  return framesOf(heard).at(-1)?.data.type
}

function seenOf({ id }: Cell): SeenRequest[] {
  return mock.requests.filter(({ body }) => body?.model === id || body?.model === `spare-${id}`)
}

function heardBy({ id }: Cell): Heard {
  const heard = heardOf.get(id)
  if (!heard) throw new Error(`nothing was heard of ${id}`)
  return heard
}

function rowOf({ id }: Cell): RequestRow {
  const row = ledger.get(id)
  if (!row) throw new Error(`the ledger has no row of ${id}`)
  return row
}

async function askAll(): Promise<void> {
  const rest = [...CELLS]
  const work = async () => {
    for (let cell = rest.shift(); cell; cell = rest.shift()) heardOf.set(cell.id, await askFor(cell))
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
}

function askFor({ id, way, stream }: Cell): Promise<Heard> {
  const messages = [{ role: 'user', content: TEXT }]
  const headers = { 'anthropic-version': '2023-06-01' }
  if (way.asked === 'chat') return ask(trimtab.origin, { model: id, stream, messages })
  if (way.asked === 'messages') {
    const body = { model: id, stream, messages, max_tokens: 1000 }
    return ask(trimtab.origin, body, { path: '/v1/messages', headers })
  }
  return ask(trimtab.origin, { model: id, stream, input: TEXT }, { path: '/v1/responses' })
}

function policyOf({ id, spare, way, chaos }: Cell): string {
  const other = way.target === 'messages' ? 'spare-chat' : 'spare-messages'
  const use = [`${id}/${id}`, ...(spare ? [`${other}/spare-${id}`] : [])]
  return [
    `workflow: ${id}`,
    `tiers: { only: { use: [${use.join(', ')}] } }`,
    'fallback: { on: [429, 5xx, timeout] }',
    `limits: { ${chaos.unhurried ? 'timeout: 60s' : SHORT}, retries: 1 }`,
  ].join('\n')
}

function configuration(url: string): string {
  const kinds = {
    chat: 'endpoints: [chat/completions]',
    messages: 'dialect: anthropic',
    responses: 'endpoints: [responses]',
  }
  const provider = (name: string, target: keyof typeof kinds) =>
    `  ${name}: { ${kinds[target]}, base_url: "${url}" }`
  return [
    'providers:',
    provider('spare-chat', 'chat'),
    provider('spare-messages', 'messages'),
    ...CELLS.map(({ id, way }) => provider(id, way.target)),
  ].join('\n')
}
