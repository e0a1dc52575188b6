/** Whatever a provider does, a caller gets the whole right answer or is told that it did not, in time, and is billed once. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ask, chat, contentOf, errorOf, eventsOf, type Heard } from '../support/ask.ts'
import { type AttemptRow, type RequestRow, settledLedger } from '../support/ledger-file.ts'
import { lateDuring, type WatchedLoop, watchLoop } from '../support/loop-lag.ts'
import { textOf } from '../support/mock-provider/chat-answer.ts'
import { closedPortUrl } from '../support/mock-provider/closed-port.ts'
import { type MockProvider, startMockProvider } from '../support/mock-provider/mock-provider.ts'
import type { SeenRequest } from '../support/mock-provider/seen-request.ts'
import { type Inside, startInside } from '../support/start-inside.ts'
import { runCommand } from '../support/start-trimtab.ts'
import { startUnaccepting, type Unaccepting } from '../support/unaccepting.ts'
import { CELLS, type Cell } from './chaos-cells.ts'

const TIMEOUT_MS = 3500
/** Beyond the deadline, and what a busy machine kept the event loop from its work: callers and provider share it. */
const PATIENCE_MS = 250
const AT_ONCE = 16

let mock: MockProvider
let spare: MockProvider
let unaccepting: Unaccepting
let trimtab: Inside
let ledger: Map<string, RequestRow>
let loop: WatchedLoop
const heardOf = new Map<string, Heard>()

beforeAll(async () => {
  mock = await startMockProvider()
  spare = await startMockProvider()
  unaccepting = await startUnaccepting()
  const refused = await closedPortUrl()
  const faultOf = new Map(CELLS.map(({ id, chaos }) => [id, chaos.fault]))
  mock.script((seen) => faultOf.get(String(seen.body?.model)))
  trimtab = await startInside({
    config: configuration({ refused, unaccepting: unaccepting.url, mock: mock.url, spare: spare.url }),
    policies: Object.fromEntries(CELLS.map((cell) => [`${cell.id}.yaml`, policyOf(cell)])),
  })
  loop = watchLoop()
  await eachOf(
    CELLS.filter((cell) => !isHuge(cell)),
    AT_ONCE,
  )
  await eachOf(CELLS.filter(isHuge), 1)
  loop.stop()
  const rows = await settledLedger(trimtab.ledgerFile)
  ledger = new Map(rows.map((row) => [row.workflow, row]))
  expect(rows).toHaveLength(CELLS.length)
  const lateMs = loop.lags.reduce((sum, { lateMs }) => sum + lateMs, 0)
  const slowest = Math.max(...CELLS.filter(({ chaos }) => !chaos.unhurried).map((cell) => heardBy(cell).ms))
  console.info(
    `the slowest cell ended ${Math.round(slowest)} ms after its request; its deadline is ${TIMEOUT_MS} ms; the event loop came late by ${Math.round(lateMs)} ms in all`,
  )
}, 120_000)

afterAll(async () => {
  await trimtab?.stop()
  unaccepting?.close()
  await mock?.close()
  await spare?.close()
})

describe.each(CELLS)('$id', (cell) => {
  it('ends in time with what is true', () => {
    const heard = heardBy(cell)
    if (cell.expected === 'answer') expectWholeAnswer(cell, heard)
    else if (cell.expected === 'cut') expectCut(heard)
    else expectEnvelope(cell, heard, cell.expected)
    if (!cell.chaos.unhurried)
      expect(heard.ms - lateDuring(loop.lags, heard)).toBeLessThan(TIMEOUT_MS + PATIENCE_MS)
  })

  it('has one row for each attempt, and bills what answered once', () => {
    const { attempts, status } = rowOf(cell)
    expect(status).toBe(heardBy(cell).status)
    const faulty = attempts.filter(({ provider }) => provider === cell.id)
    if (cell.chaos.fault) expect(seenOf(cell, mock)).toHaveLength(faulty.length)
    // One more where a kept connection was the one that was reset.
    expect(faulty.length - timesAsked(cell)).toBeOneOf(cell.chaos.name === 'reset' ? [0, 1, 2] : [0])
    expect(attempts.filter(({ provider }) => provider === 'spare')).toHaveLength(seenOf(cell, spare).length)
    const answered = attempts.filter(({ outcome }) => outcome === 'answered')
    expect(answered).toHaveLength(cell.expected === 'answer' ? 1 : 0)
    if (cell.expected === 'cut') expect(attempts.map(({ outcome }) => outcome)).toEqual(['interrupted'])
    for (const attempt of attempts) expectBilledAsSeen(cell, attempt)
  })
})

it('reports the very tokens that providers said they used, and no more', async () => {
  const said = CELLS.filter((cell) => cell.expected === 'answer' && (cell.stream || !isHuge(cell))).map(
    (cell) => answerOf(cell).said?.usage,
  )
  const reported = [...ledger.values()]
    .flatMap(({ attempts }) => attempts)
    .filter((it) => it.usage === 'reported')
  const sum = (numbers: readonly (number | undefined)[]) =>
    numbers.reduce<number>((total, one) => total + (one ?? 0), 0)
  expect(reported.length).toBe(said.length)
  expect(sum(reported.map(({ input }) => input))).toBe(sum(said.map((usage) => usage?.prompt_tokens)))
  expect(sum(reported.map(({ output }) => output))).toBe(sum(said.map((usage) => usage?.completion_tokens)))
})

it('reports by provider what each one said that it used', async () => {
  const place = ['--config', trimtab.configFile, '--data', trimtab.dataFolder]
  const { stdout } = await runCommand(['report', '--json', '--by', 'provider', ...place])
  const { rows } = JSON.parse(stdout) as { rows: { provider: string; requests: number; tokens: Reported }[] }
  const row = rows.find(({ provider }) => provider === 'spare')
  const usages = spare.requests.map(({ said }) => said?.usage)
  const input = usages.reduce((sum, usage) => sum + (usage?.prompt_tokens ?? 0), 0)
  const output = usages.reduce((sum, usage) => sum + (usage?.completion_tokens ?? 0), 0)
  expect(row?.tokens).toMatchObject({ input, output })
  expect(
    rows.filter(({ provider }) => provider.startsWith('refused')).map(({ tokens }) => tokens.input),
  ).toEqual(expect.arrayContaining([0]))
})

interface Reported {
  input: number
  output: number
}

function expectWholeAnswer(cell: Cell, heard: Heard): void {
  expect(heard).toMatchObject({ status: 200, end: 'whole' })
  const fault = cell.chaos.fault
  if (fault?.kind === 'huge') {
    expect(heard.length).toBeGreaterThan(fault.bytes)
    expect(heard.text.endsWith(cell.stream ? 'data: [DONE]\n\n' : '"},"finish_reason":"stop"}]}')).toBe(true)
    return
  }
  const choice = answerOf(cell).said?.choices[0]
  expect(choice && textOf(choice)).toMatch(/rudder/)
  expect(contentOf(heard)).toBe(choice && textOf(choice))
  expect(heard.headers['x-trimtab-model']).toBe(
    cell.spare && cell.chaos.stream !== 'answer' ? 'spare/spare' : `${cell.id}/${cell.id}`,
  )
  if (cell.stream) expect(eventsOf(heard).at(-1)).toBe('[DONE]')
}

function expectCut(heard: Heard): void {
  expect(heard.status).toBe(200)
  expect(heard.text).not.toContain('[DONE]')
  const last = eventsOf(heard).at(-1) ?? ''
  expect(errorOf({ text: last }).type).toMatch(/error/)
  expect(heard.end).toBe('whole')
}

function expectEnvelope(cell: Cell, heard: Heard, status: number): void {
  expect(heard).toMatchObject({ status, end: 'whole' })
  const { code, message } = errorOf(heard)
  expect(code).toBe({ 502: 'provider_error', 504: 'provider_timeout', 429: 'rate_limited' }[status])
  expect(message).toContain(`Provider ${cell.id} `)
  expect(heard.headers['content-type']).toContain('application/json')
  const isSpent = timesAsked(cell) > 1 || status === 504
  expect(heard.headers['x-should-retry']).toBe(isSpent ? 'false' : undefined)
  if (status === 429) expect(heard.headers['retry-after']).toBe('1')
}

function expectBilledAsSeen(cell: Cell, attempt: AttemptRow): void {
  const { outcome, usage, input, output } = attempt
  if (outcome === 'answered' && !(isHuge(cell) && !cell.stream)) {
    const said = answerOf(cell).said?.usage
    expect(attempt).toMatchObject({
      usage: 'reported',
      input: said?.prompt_tokens,
      output: said?.completion_tokens,
    })
  } else if (outcome === 'unreachable' || outcome === 'rate_limited' || cell.chaos.at !== undefined) {
    expect({ usage, input, output }).toEqual({ usage: 'absent', input: 0, output: 0 })
  } else expect(usage).not.toBe('reported')
}

function isHuge({ chaos }: Cell): boolean {
  return chaos.fault?.kind === 'huge'
}

/** What the provider that answered noted. */
function answerOf(cell: Cell): SeenRequest {
  const seen = [...seenOf(cell, mock), ...seenOf(cell, spare)].at(-1)
  if (!seen) throw new Error(`no provider saw ${cell.id}`)
  return seen
}

function seenOf(cell: Cell, provider: MockProvider): SeenRequest[] {
  return provider.requests.filter(({ body }) => body?.user === cell.id)
}

/** A provider that asks for a pause is not waited for where another one can answer. */
function timesAsked({ chaos, spare, stream }: Cell): number {
  const alone = stream ? chaos.asked.stream : chaos.asked.json
  return spare && chaos.name === 'rate-limited' ? 1 : alone
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

async function eachOf(cells: readonly Cell[], atOnce: number): Promise<void> {
  const rest = [...cells]
  const work = async () => {
    for (let cell = rest.shift(); cell; cell = rest.shift()) {
      const body = chat(cell.id, { user: cell.id, stream: cell.stream })
      heardOf.set(cell.id, await ask(trimtab.origin, body))
    }
  }
  await Promise.all(Array.from({ length: atOnce }, work))
}

function policyOf({ id, spare, chaos }: Cell): string {
  const use = [`${id}/${id}`, ...(spare ? ['spare/spare'] : [])]
  const short = `timeout: ${TIMEOUT_MS}ms, first_chunk: 1s, between_chunks: 1s, connect: 400ms`
  return [
    `workflow: ${id}`,
    `tiers: { only: { use: [${use.join(', ')}] } }`,
    'fallback: { on: [429, 5xx, timeout] }',
    `limits: { ${chaos.unhurried ? 'timeout: 60s' : short}, retries: 1 }`,
  ].join('\n')
}

function configuration(urls: { refused: string; unaccepting: string; mock: string; spare: string }): string {
  const provider = (name: string, url: string) => `  ${name}: { dialect: openai, base_url: "${url}" }`
  return [
    'providers:',
    provider('spare', urls.spare),
    ...CELLS.map(({ id, chaos }) => provider(id, urls[chaos.at ?? 'mock'])),
  ].join('\n')
}
