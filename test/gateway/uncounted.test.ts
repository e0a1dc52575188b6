/** What a provider did not count is counted here, by the real tokenizer in the ledger's thread; what it did count teaches. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { get_encoding } from 'tiktoken'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Decision } from '../../src/metering/decision.ts'
import { estimateInput } from '../../src/metering/input-estimate.ts'
import type { RequestDetail } from '../../src/metering/reports.ts'
import { parseModelRequest } from '../../src/openai/parse-model-request.ts'
import { ratiosOf } from '../../src/platform/node/ledger-lessons.ts'
import { openLedgerReader } from '../../src/platform/node/node-ledger.ts'
import { ask, chat, contentOf, startAsking } from '../support/ask.ts'
import { settledLedger } from '../support/ledger-file.ts'
import { type MockProvider, startMockProvider } from '../support/mock-provider/mock-provider.ts'
import { type Inside, startInside } from '../support/start-inside.ts'
import { startTrimtab } from '../support/start-trimtab.ts'

const QUESTION = 'Which way does the rudder turn?'
/** By the recipe: 3 a message and 3 for the answer, one of the role. */
const FRAME = 3 + 3 + 1
const SECRET = 'canary-41c7 swims in the answer'

let mock: MockProvider
let trimtab: Inside

beforeAll(async () => {
  mock = await startMockProvider()
})

afterAll(() => mock.close())

beforeEach(async () => {
  trimtab = await startInside({ config: config() })
})

afterEach(() => trimtab.stop())

const config = (): string => `providers: { mock: { base_url: "${mock.url}", api_key: key } }\n`

/** Independent of the code under test. */
function tokensOf(text: string, encoding: 'o200k_base' | 'cl100k_base' = 'o200k_base'): number {
  const tokenizer = get_encoding(encoding)
  const { length } = tokenizer.encode_ordinary(text)
  tokenizer.free()
  return length
}

/** Nano-dollars: what requests of each kind cost, and what they saved. */
function spending(): Record<string, readonly [number, number]> {
  const ledger = new Database(trimtab.ledgerFile, { readonly: true })
  try {
    const rows = ledger
      .prepare<[], { cache: string; cost: number; baseline: number }>(
        `SELECT cache, baseline_nano_usd AS baseline,
          coalesce((SELECT sum(cost_nano_usd) FROM attempts WHERE request_id = requests.id), 0) AS cost FROM requests`,
      )
      .all()
    return Object.fromEntries(rows.map(({ cache, cost, baseline }) => [cache, [cost, baseline - cost]]))
  } finally {
    ledger.close()
  }
}

/** Once it is settled, and counted. */
async function latest(requests = 1): Promise<RequestDetail & { decision: Decision }> {
  const rows = await settledLedger(trimtab.ledgerFile, (all) => all.length === requests)
  const { reader, close } = openLedgerReader(trimtab.ledgerFile)
  try {
    return await vi.waitFor(
      async () => {
        const detail = await reader.request(rows.at(-1)?.id ?? '')
        if (detail?.decision == null) throw new Error('no decision was recorded')
        if (detail.decision.attempts.some(({ countedBy }) => countedBy === 'characters')) {
          throw new Error('it is not counted yet')
        }
        return { ...detail, decision: detail.decision }
      },
      { timeout: 20_000 },
    )
  } finally {
    close()
  }
}

function jsonAnswer(
  content: string,
  bytes = JSON.stringify({
    choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }],
  }),
) {
  return {
    kind: 'replay',
    bytes: new TextEncoder().encode(bytes),
    at: [],
    contentType: 'application/json',
  } as const
}

describe('an answer that its provider did not count', () => {
  test('a stream that breaks: prompt by the recipe, answer by the text that came', async () => {
    mock.script([{ kind: 'reset_mid' }])
    const heard = await ask(trimtab.origin, chat('paced-64-0', { stream: true }))
    const content = contentOf({ ...heard, text: heard.text.replace(/data: \{"error".*/s, '') })
    expect(content.length).toBeGreaterThan(50)
    const { attempts, decision } = await latest()
    expect(attempts[0]).toMatchObject({ outcome: 'interrupted', usage: 'estimated' })
    expect(attempts[0]?.tokens).toMatchObject({
      input: tokensOf(QUESTION) + FRAME,
      output: tokensOf(content),
    })
    expect(decision.attempts[0]?.countedBy).toBe('o200k_base')
    expect(decision.input).toBeUndefined()
  })

  test('a JSON answer without usage: by the encoding of its model, at the price of that', async () => {
    mock.script([jsonAnswer('To port, which is left of starboard.')])
    const heard = await ask(trimtab.origin, chat('mock/gpt-4-turbo'))
    expect(heard.status).toBe(200)
    const { attempts, decision } = await latest()
    expect(attempts[0]).toMatchObject({ outcome: 'answered', usage: 'estimated' })
    expect(attempts[0]?.tokens).toMatchObject({
      input: tokensOf(QUESTION, 'cl100k_base') + FRAME,
      output: tokensOf('To port, which is left of starboard.', 'cl100k_base'),
    })
    expect(decision.attempts[0]?.countedBy).toBe('cl100k_base')
  })

  test('a caller that leaves is settled with what it was sent, its request after its attempt', async () => {
    const asking = startAsking(trimtab.origin, chat('paced-400-5', { stream: true }), {
      onFirstBytes: () => asking.leave(),
    })
    await asking.heard
    const { attempts, status, decision } = await latest()
    expect(status).toBe(499)
    expect(attempts[0]).toMatchObject({ outcome: 'abandoned', usage: 'estimated' })
    expect(attempts[0]?.tokens.input).toBe(tokensOf(QUESTION) + FRAME)
    expect(decision.attempts[0]?.countedBy).toBe('o200k_base')
  })

  test('a long stream that breaks: the text that was not kept is told by that which was', async () => {
    mock.script([{ kind: 'reset_mid' }])
    const heard = await ask(trimtab.origin, chat('paced-4000-0', { stream: true }))
    const content = contentOf({ ...heard, text: heard.text.replace(/data: \{"error".*/s, '') })
    expect(heard.length).toBeGreaterThan(64 * 1024)
    const { attempts } = await latest()
    const real = tokensOf(content)
    expect(Math.abs((attempts[0]?.tokens.output ?? 0) - real) / real).toBeLessThan(0.1)
  })

  test('cost and baseline are of the tokens that were counted', async () => {
    await trimtab.stop()
    const prices = 'prices: { overrides: { mock/m: { input: 1, output: 2 } } }\n'
    trimtab = await startInside({ config: config() + prices })
    mock.script([jsonAnswer('To port.')])
    await ask(trimtab.origin, chat('mock/m'))
    const { attempts, cost_usd: cost, saved_usd: saved } = await latest()
    const { input = 0, output = 0 } = attempts[0]?.tokens ?? {}
    expect(input).toBe(tokensOf(QUESTION) + FRAME)
    expect(cost).toBeCloseTo((input + 2 * output) / 1e6, 12)
    expect(saved).toBe(0)
  })

  test('who shared the answer, and who repeats the question, save what was counted', async () => {
    await trimtab.stop()
    const prices = 'prices: { overrides: { mock/m: { input: 1, output: 2 } } }\n'
    trimtab = await startInside({ config: config() + prices })
    // The second piece comes once both callers have asked.
    mock.script([{ ...jsonAnswer('To port, said slowly.'), at: [5], betweenMs: 300 }])
    const asked = chat('mock/m', { temperature: 0 })
    await Promise.all([ask(trimtab.origin, asked), ask(trimtab.origin, asked)])
    const nanoUsd = 1000 * (tokensOf(QUESTION) + FRAME + 2 * tokensOf('To port, said slowly.'))
    await vi.waitFor(
      () => expect(spending()).toEqual({ miss: [nanoUsd, 0], coalesced: [0, nanoUsd] }),
      20_000,
    )
    await ask(trimtab.origin, asked)
    await vi.waitFor(() => expect(spending().exact).toEqual([0, nanoUsd]), 20_000)
  })

  test('no text that was counted is kept', async () => {
    mock.script([jsonAnswer(SECRET)])
    await ask(trimtab.origin, {
      model: 'mock/m',
      messages: [{ role: 'user', content: `${SECRET}?` }],
      temperature: 1,
    })
    await latest()
    await trimtab.stop({ keep: true })
    for (const name of readdirSync(trimtab.dataFolder)) {
      expect(readFileSync(join(trimtab.dataFolder, name)).includes(SECRET), name).toBe(false)
    }
    trimtab = await startInside({ config: config() })
  })

  test('a kill while it is counted leaves it told by its size', async () => {
    const killed = await startTrimtab({ config: config() })
    mock.script([jsonAnswer('To port.')])
    expect((await ask(killed.origin, chat('mock/m'))).status).toBe(200)
    // The tokenizer takes a quarter of a second to load.
    await settledLedger(join(killed.dataFolder, 'ledger.db'), (all) => all.length === 1)
    await killed.kill()
    const next = await startTrimtab({ config: config(), folder: killed.folder })
    const [row] = await settledLedger(join(next.dataFolder, 'ledger.db'), (all) => all.length === 1)
    expect(row).toMatchObject({ status: 200, attempts: [{ outcome: 'answered', usage: 'estimated' }] })
    await next.stop()
  })

  test('a count under way when trimtab stops is settled before it has stopped', async () => {
    mock.script([jsonAnswer('To port.')])
    await ask(trimtab.origin, chat('mock/m'))
    await trimtab.stop({ keep: true })
    const { attempts } = await latest()
    expect(attempts[0]).toMatchObject({ outcome: 'answered', usage: 'estimated' })
    trimtab = await startInside({ config: config() })
  })
})

describe('an answer that its provider counted', () => {
  const teach = async (times: number, from = 0) => {
    for (let time = from; time < from + times; time++) {
      const content = `${time} ${'the rudder turns to port '.repeat(20)}`
      await ask(trimtab.origin, { model: 'mock/m', messages: [{ role: 'user', content }] })
    }
  }

  test('teaches its workflow, and its record says how near the estimate came', async () => {
    await teach(1)
    const first = (await latest()).decision.input
    await teach(20, 1)
    const last = (await latest(21)).decision.input
    const prompt = mock.requests.at(-1)?.said?.usage.prompt_tokens
    expect(last?.counted).toBe(prompt)
    expect(first?.estimated).toBe(Math.ceil((first?.bytes ?? 0) / 4))
    const error = (it: typeof first) => Math.abs((it?.estimated ?? 0) / (it?.counted ?? 1) - 1)
    expect(error(first)).toBeGreaterThan(0.05)
    expect(error(last)).toBeLessThan(0.03)
  })

  test('what was learned outlives a restart', async () => {
    const options = { config: config() }
    const first = await startTrimtab(options)
    const prose = 'the rudder turns to port '.repeat(20)
    for (let time = 0; time < 20; time++) await ask(first.origin, withContent(`${time} ${prose}`))
    await first.stop({ keep: true })
    const learned = ratiosOf(first.dataFolder).bytesPerToken('default')
    expect(Math.abs(learned - 4)).toBeGreaterThan(0.2)
    const second = await startTrimtab({ ...options, folder: first.folder })
    try {
      // A request with an image shows the ratio and teaches none.
      const until = Date.now() + 10_000
      for (let last = 0; last !== estimateOfImage(learned); ) {
        expect(Date.now(), `told as ${last} tokens`).toBeLessThan(until)
        await ask(second.origin, withImage())
        last = lastEstimate(join(second.dataFolder, 'ledger.db'))
      }
    } finally {
      await second.stop()
    }
  })

  test('an image teaches nothing, and is not compared', async () => {
    await ask(trimtab.origin, withImage())
    expect((await latest()).decision.input).toBeUndefined()
  })
})

function withContent(content: unknown) {
  return { model: 'mock/m', messages: [{ role: 'user', content }] }
}

function withImage() {
  const url = `data:image/png;base64,${'A'.repeat(4000)}`
  return withContent([
    { type: 'text', text: QUESTION },
    { type: 'image_url', image_url: { url } },
  ])
}

function estimateOfImage(bytesPerToken: number): number {
  const bytes = new TextEncoder().encode(JSON.stringify(withImage()))
  return estimateInput(parseModelRequest('chat/completions', bytes), bytesPerToken).tokens
}

function lastEstimate(file: string): number {
  const database = new Database(file, { readonly: true })
  try {
    const last = 'SELECT estimated_input_tokens FROM attempts ORDER BY request_id DESC LIMIT 1'
    return database.prepare<[], number>(last).pluck().get() ?? 0
  } finally {
    database.close()
  }
}
