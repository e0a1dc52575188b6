/** Which faults make the next target be tried, as the policy lists them, and how much of an answer may be thrown away for it. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { ask, chat, contentOf, errorOf, eventsOf, type Heard } from '../support/ask.ts'
import { type RequestRow, settledLedger } from '../support/ledger-file.ts'
import type { Fault } from '../support/mock-provider/fault.ts'
import { type MockProvider, startMockProvider } from '../support/mock-provider/mock-provider.ts'
import { type Inside, startInside } from '../support/start-inside.ts'

let mock: MockProvider
let spare: MockProvider
let trimtab: Inside

const ON: Readonly<Record<string, string>> = {
  nothing: '[]',
  defaults: '[429, 5xx, timeout, context_window, content_filter]',
  limited: '[429]',
  teapot: '[418]',
  server: '[5xx]',
  late: '[timeout]',
  client: '[4xx]',
  context: '[context_window]',
  filter: '[content_filter]',
}
const HOLDS: Readonly<Record<string, string>> = { whole: 'whole', tokens: '{ tokens: 8 }' }

beforeAll(async () => {
  mock = await startMockProvider()
  spare = await startMockProvider()
  const policy = (fallback: string) =>
    `tiers: { only: { use: [mock/paced-20-5, spare/spare] } }\nlimits: { retries: 0, first_chunk: 1s, between_chunks: 1s }\nfallback: ${fallback}`
  const policies = [
    ...Object.entries(ON).map(([name, on]) => [`${name}.yaml`, policy(`{ on: ${on} }`)]),
    ...Object.entries(HOLDS).map(([name, release]) => [`${name}.yaml`, policy(`{ release: ${release} }`)]),
  ]
  trimtab = await startInside({
    config: [
      'providers:',
      `  mock: { dialect: openai, base_url: "${mock.url}", breaker: off }`,
      `  spare: { dialect: openai, base_url: "${spare.url}" }`,
    ].join('\n'),
    policies: Object.fromEntries(policies),
  })
})

afterAll(async () => {
  await trimtab.stop()
  await mock.close()
  await spare.close()
})

let caller = 0
beforeEach(() => {
  caller++
})

const tooLong =
  "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens."

describe('a fault moves a request on where the policy lists it', () => {
  const cases: readonly [name: string, fault: Fault, movesOn: readonly string[], status: number][] = [
    ['429', { kind: 'status', status: 429 }, ['defaults', 'limited', 'client'], 429],
    ['418', { kind: 'status', status: 418 }, ['teapot', 'client'], 418],
    ['500', { kind: 'status', status: 500 }, ['defaults', 'server'], 502],
    ['529', { kind: 'status', status: 529 }, ['defaults', 'server'], 502],
    ['401', { kind: 'status', status: 401 }, ['client'], 502],
    ['400', { kind: 'status', status: 400 }, ['client'], 400],
    [
      'too long a context',
      { kind: 'status', status: 400, message: tooLong },
      ['defaults', 'client', 'context'],
      400,
    ],
    ['a reset', { kind: 'reset_before_body' }, ['defaults', 'server'], 502],
    ['a silence', { kind: 'black_hole' }, ['defaults', 'late'], 504],
    ['an error in a 200', { kind: 'error_event' }, ['defaults', 'server'], 502],
  ]
  it.each(cases)('%s', async (_, fault, movesOn, status) => {
    mock.script(() => fault)
    const names = Object.keys(ON)
    const heards = await Promise.all(names.map((name) => asked(name)))
    const moved = names.filter((_, index) => heards[index]?.status === 200)
    expect(moved).toEqual(names.filter((name) => movesOn.includes(name)))
    for (const heard of heards) {
      if (heard.status === 200) expect(heard.headers['x-trimtab-model']).toBe('spare/spare')
      else {
        expect(heard.status).toBe(status)
        expect(errorOf(heard).message).toBeTruthy()
      }
    }
  })

  it('an answer that is nothing but a filter’s verdict, whole or streamed', async () => {
    const verdict = { index: 0, delta: {}, finish_reason: 'content_filter' }
    const streamed = Buffer.from(`data: ${JSON.stringify({ choices: [verdict] })}\n\ndata: [DONE]\n\n`)
    const whole = Buffer.from(JSON.stringify({ choices: [{ ...verdict, message: { content: null } }] }))
    for (const stream of [true, false]) {
      const contentType = stream ? 'text/event-stream' : 'application/json'
      mock.script(() => ({ kind: 'replay', bytes: stream ? streamed : whole, at: [], contentType }))
      const moved = await asked('filter', { stream })
      expect(moved.headers['x-trimtab-model']).toBe('spare/spare')
      const kept = await asked('limited', { stream })
      expect(kept.headers['x-trimtab-model']).toBe('mock/paced-20-5')
      expect(kept.text).toBe((stream ? streamed : whole).toString())
    }
  })
})

describe('an answer that is held back', () => {
  it.each([
    ['whole', 'reset_mid'],
    ['whole', 'error_event_mid'],
    ['whole', 'no_finish'],
    ['whole', 'stall_mid'],
  ] as const)(
    '%s is replaced where its provider breaks off (%s), and both are billed for what they did',
    async (workflow, kind) => {
      mock.script(() => ({ kind }))
      const heard = await asked(workflow, { stream: true })
      expect(heard).toMatchObject({ status: 200, end: 'whole' })
      expect(heard.headers['x-trimtab-model']).toBe('spare/spare')
      expect(contentOf(heard)).toMatch(/^You said: .*\?$/)
      const { attempts } = await row()
      expect(attempts).toMatchObject([{ usage: 'estimated' }, { outcome: 'answered', usage: 'reported' }])
      expect(attempts[0]?.output).toBeGreaterThan(0)
    },
  )

  it('for some tokens is past replacing once they came', async () => {
    mock.script(() => ({ kind: 'error_event_mid' }))
    const heard = await asked('tokens', { stream: true })
    expect(heard.headers['x-trimtab-model']).toBe('mock/paced-20-5')
    expect(heard.text).not.toContain('[DONE]')
    expect(errorOf({ text: eventsOf(heard).at(-1) ?? '' }).type).toBe('server_error')
  })
})

function asked(workflow: string, more: Readonly<Record<string, unknown>> = {}): Promise<Heard> {
  return ask(trimtab.origin, chat(workflow, { user: `${caller}`, ...more }))
}

async function row(): Promise<RequestRow> {
  const found = (await settledLedger(trimtab.ledgerFile)).find(({ user }) => user === `${caller}`)
  if (!found) throw new Error('the ledger has no such row')
  return found
}
