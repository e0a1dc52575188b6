/** Exact repeats get a remembered answer, and twins share the one that is on its way. */
import { execFileSync } from 'node:child_process'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type AskOptions, ask, chat, type Heard, startAsking } from '../../support/ask.ts'
import { settledLedger } from '../../support/ledger-file.ts'
import { type MockProvider, startMockProvider } from '../../support/mock-provider/mock-provider.ts'
import { type Inside, startInside } from '../../support/start-inside.ts'
import { runCommand } from '../../support/start-trimtab.ts'

let mock: MockProvider
let trimtab: Inside
let prompts = 0
/** A prompt that no other test has asked. */
let prompt: string

beforeAll(async () => {
  mock = await startMockProvider()
  trimtab = await startInside({
    config: `
default_provider: mock
providers: { mock: { base_url: "${mock.url}" } }
prices: { overrides: { mock/m: { input: 1, output: 2 }, mock/paced-6-20: { input: 1, output: 2 } } }
`,
    policies: {
      'default.yaml': 'limits: { retries: 0, timeout: 10s }',
      'watched.yaml': 'cache: { exact: { mode: shadow } }',
      'brief.yaml': 'limits: { retries: 0, between_chunks: 300ms }',
      'off.yaml': 'cache: { exact: { mode: off } }',
      'all.yaml': 'cache: { exact: { mode: on, ttl: 1s } }',
    },
  })
})

afterAll(async () => {
  await trimtab.stop()
  await mock.close()
})

beforeEach(() => {
  prompt = `What is the depth of tide ${++prompts}?`
})

afterEach(() => mock.script([]))

const body = (more: Record<string, unknown> = {}): Record<string, unknown> => ({
  ...chat('m'),
  messages: [{ role: 'user', content: prompt }],
  temperature: 0,
  ...more,
})
const repeat = (more: Record<string, unknown> = {}, options: AskOptions = {}): Promise<Heard> =>
  ask(trimtab.origin, body(more), options)
const cacheControl = (value: string): AskOptions => ({ headers: { 'cache-control': value } })
const content = (heard: Heard): string => JSON.parse(heard.text).choices[0].message.content
const streamed = (heard: Heard): string =>
  heard.text
    .split('\n')
    .filter((line) => line.startsWith('data: {'))
    .map((line) => JSON.parse(line.slice(6)).choices[0]?.delta?.content ?? '')
    .join('')

describe('an exact repeat', () => {
  it('is answered with the same bytes, says so, costs nothing and tells what it saved', async () => {
    const before = mock.count
    const first = await repeat()
    const second = await repeat()
    expect(mock.count).toBe(before + 1)
    expect(second.text).toBe(first.text)
    expect(first.headers['cache-status']).toBe('trimtab; fwd=miss')
    expect(second.headers['cache-status']).toMatch(/^trimtab; hit; ttl=3\d\d\d; detail=exact$/)
    expect(second.headers['x-trimtab-cost-usd']).toBe('0')
    expect(second.headers['x-trimtab-saved-usd']).toBe(first.headers['x-trimtab-cost-usd'])
    expect(second.headers['x-trimtab-request-id']).not.toBe(first.headers['x-trimtab-request-id'])
  })

  it('is known whatever the order of its members, its white space, and members without effect', async () => {
    await repeat()
    const { model, ...rest } = body({ user: 'someone', metadata: { a: 'b' } })
    const text = JSON.stringify({ ...rest, model }, null, 3)
    const heard = await ask(trimtab.origin, new TextEncoder().encode(text))
    expect(heard.headers['cache-status']).toContain('hit')
  })

  it('is replayed as a stream where it was recorded whole, and the other way round', async () => {
    const whole = await repeat()
    const asStream = await repeat({ stream: true, stream_options: { include_usage: true } })
    expect(asStream.headers['cache-status']).toContain('hit')
    expect(streamed(asStream)).toBe(content(whole))
    expect(asStream.text.trimEnd().endsWith('data: [DONE]')).toBe(true)
    const counted = asStream.text.split('\n').filter((line) => line.includes('"usage":{'))
    expect(counted).toHaveLength(1)
    expect(JSON.parse((counted[0] ?? '').slice(6)).usage).toEqual(JSON.parse(whole.text).usage)

    prompt += ' Streamed first.'
    const stream = await repeat({ stream: true })
    const asWhole = await repeat()
    expect(asWhole.headers['cache-status']).toContain('hit')
    expect(content(asWhole)).toBe(streamed(stream))
    expect(JSON.parse(asWhole.text).usage.total_tokens).toBeGreaterThan(0)
    expect((await repeat({ stream: true })).text).toBe(stream.text)
  })

  it('keeps tool calls', async () => {
    const tools = [
      {
        type: 'function',
        function: { name: 'look', parameters: { type: 'object', properties: { where: { type: 'string' } } } },
      },
    ]
    const more = { tools, tool_choice: 'required' }
    const stream = await repeat({ ...more, stream: true })
    const whole = JSON.parse((await repeat(more)).text)
    expect(stream.text).toContain('tool_calls')
    expect(whole.choices[0].finish_reason).toBe('tool_calls')
    expect(whole.choices[0].message.tool_calls[0].function.name).toBe('look')
    expect(() => JSON.parse(whole.choices[0].message.tool_calls[0].function.arguments)).not.toThrow()
  })

  it.each([
    ['another prompt', { messages: [{ role: 'user', content: 'else' }] }],
    ['another model', { model: 'n' }],
    ['another seed', { seed: 2 }],
    ['no temperature', { temperature: undefined }],
    ['a temperature above 0', { temperature: 0.1 }],
    ['an answer that its provider stores', { store: true }],
  ])('is none with %s', async (_, more) => {
    await repeat()
    expect((await repeat(more)).headers['cache-status']).not.toContain('hit')
  })

  it('is none of another workflow, nor of one whose cache is off', async () => {
    await repeat()
    const other = await repeat({}, { headers: { 'x-trimtab-workflow': 'other' } })
    expect(other.headers['cache-status']).toBe('trimtab; fwd=miss')
    const off = await repeat({}, { headers: { 'x-trimtab-workflow': 'off' } })
    expect(off.headers['cache-status']).toBe('trimtab; fwd=bypass; detail=off')
  })

  it('is counted only, where the cache is in shadow', async () => {
    const headers = { 'x-trimtab-workflow': 'watched' }
    const before = mock.count
    await repeat({}, { headers })
    const second = await repeat({}, { headers })
    expect(mock.count).toBe(before + 2)
    expect(second.headers['cache-status']).toBe('trimtab; fwd=miss')
  })

  it('is asked again once it has expired', async () => {
    const headers = { 'x-trimtab-workflow': 'all' }
    await repeat({ temperature: 1 }, { headers })
    expect((await repeat({ temperature: 1 }, { headers })).headers['cache-status']).toContain('hit')
    await new Promise((resolve) => setTimeout(resolve, 1100))
    expect((await repeat({ temperature: 1 }, { headers })).headers['cache-status']).toBe('trimtab; fwd=miss')
  })

  it('is none of an answer that failed or broke off', async () => {
    mock.script([{ kind: 'status', status: 500 }])
    expect((await repeat()).status).toBe(502)
    mock.script([{ kind: 'no_finish' }])
    await repeat({ stream: true })
    expect((await repeat()).headers['cache-status']).toBe('trimtab; fwd=miss')
  })

  it('of embeddings is one always', async () => {
    const embeddings = { path: '/v1/embeddings' }
    const asked = { model: 'm', input: prompt }
    const first = await ask(trimtab.origin, asked, embeddings)
    const second = await ask(trimtab.origin, asked, embeddings)
    expect(second.text).toBe(first.text)
    expect(second.headers['cache-status']).toContain('hit')
  })
})

describe('Cache-Control', () => {
  it('no-cache asks again and remembers the new answer', async () => {
    await repeat()
    const before = mock.count
    expect((await repeat({}, cacheControl('no-cache'))).headers['cache-status']).toBe(
      'trimtab; fwd=bypass; detail=no-cache',
    )
    expect(mock.count).toBe(before + 1)
    expect((await repeat()).headers['cache-status']).toContain('hit')
  })

  it('no-store neither reads nor remembers', async () => {
    await repeat({}, cacheControl('no-store'))
    expect((await repeat()).headers['cache-status']).toBe('trimtab; fwd=miss')
    expect((await repeat({}, cacheControl('no-store'))).headers['cache-status']).toBe(
      'trimtab; fwd=bypass; detail=no-store',
    )
  })

  it('only-if-cached is answered from memory or with 504', async () => {
    const missed = await repeat({}, cacheControl('only-if-cached'))
    expect([missed.status, JSON.parse(missed.text).error.code]).toEqual([504, 'not_cached'])
    await repeat()
    expect((await repeat({}, cacheControl('only-if-cached'))).status).toBe(200)
  })

  it('max-age bounds the age of what is remembered', async () => {
    await repeat()
    expect((await repeat({}, cacheControl('max-age=60'))).headers['cache-status']).toContain('hit')
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect((await repeat({}, cacheControl('max-age=0'))).headers['cache-status']).toBe('trimtab; fwd=miss')
  })
})

describe('purging', () => {
  it('acts on a running server', async () => {
    await repeat()
    expect((await repeat()).headers['cache-status']).toContain('hit')
    const { code, stdout } = await runCommand(['cache', 'purge', '--json', '--config', trimtab.configFile])
    expect(code).toBe(0)
    expect(JSON.parse(stdout).purged).toBeGreaterThan(0)
    await new Promise((resolve) => setTimeout(resolve, 900))
    expect((await repeat()).headers['cache-status']).toBe('trimtab; fwd=miss')
    const stats = await runCommand(['cache', 'stats', '--json', '--config', trimtab.configFile])
    expect(JSON.parse(stats.stdout).exact.answers).toBe(1)
  })
})

describe('twins', () => {
  const paced = (more = {}): Record<string, unknown> => body({ model: 'paced-6-20', stream: true, ...more })

  it('20 identical streams are one call, and each hears all of it', async () => {
    const before = mock.count
    const heards = await Promise.all(Array.from({ length: 20 }, () => ask(trimtab.origin, paced())))
    expect(mock.count).toBe(before + 1)
    expect(new Set(heards.map(({ text }) => text)).size).toBe(1)
    expect(heards[0]?.text.trimEnd().endsWith('data: [DONE]')).toBe(true)
    const status = heards.map(({ headers }) => headers['cache-status'])
    expect(status.filter((value) => value === 'trimtab; fwd=miss')).toHaveLength(1)
    expect(status.filter((value) => value === 'trimtab; fwd=miss; collapsed')).toHaveLength(19)
    expect(new Set(heards.map(({ headers }) => headers['x-trimtab-request-id'])).size).toBe(20)
  })

  it('one who joins late hears the beginning too', async () => {
    const leader = startAsking(trimtab.origin, paced())
    await new Promise((resolve) => setTimeout(resolve, 60))
    const late = await ask(trimtab.origin, paced())
    expect(late.headers['cache-status']).toBe('trimtab; fwd=miss; collapsed')
    expect(late.text).toBe((await leader.heard).text)
  })

  it.each([0, 30, 60, 90])(
    'the leader may leave %s ms after the others joined: they hear all of it',
    async (ms) => {
      const before = mock.count
      const leader = startAsking(trimtab.origin, paced({ seed: ms }))
      await mock.until(() => mock.count === before + 1, 5000)
      let joined = 0
      const followers = Array.from({ length: 3 }, () => {
        // Whoever hears something has joined.
        const onFirstBytes = (): void => {
          if (++joined === 3) setTimeout(() => leader.leave(), ms)
        }
        return ask(trimtab.origin, paced({ seed: ms }), { onFirstBytes })
      })
      const heards = await Promise.all(followers)
      expect(mock.count).toBe(before + 1)
      for (const heard of heards) {
        expect([heard.end, heard.text.trimEnd().endsWith('data: [DONE]')]).toEqual(['whole', true])
      }
    },
  )

  it('the last to leave ends the call', async () => {
    const before = mock.count
    const all = Array.from({ length: 3 }, () => startAsking(trimtab.origin, paced({ model: 'paced-600-20' })))
    await mock.until(() => mock.count === before + 1, 5000)
    await new Promise((resolve) => setTimeout(resolve, 50))
    for (const asking of all) asking.leave()
    await mock.until(() => mock.requests.at(-1)?.end === 'aborted', 5000)
    expect(mock.requests.at(-1)?.end).toBe('aborted')
  })

  it('a slow reader holds up nobody', async () => {
    const slow = ask(trimtab.origin, paced(), { pauseMs: 400 })
    const quick = await ask(trimtab.origin, paced())
    expect(quick.end).toBe('whole')
    expect((await slow).text).toBe(quick.text)
  })

  it('a break is shared: everyone is told, and nobody takes it for whole', async () => {
    const before = mock.count
    mock.script([{ kind: 'stall_mid' }])
    const headers = { 'x-trimtab-workflow': 'brief' }
    const heards = await Promise.all(
      Array.from({ length: 5 }, () => ask(trimtab.origin, paced(), { headers })),
    )
    expect(mock.count).toBe(before + 1)
    for (const { text } of heards) {
      expect(text).toContain('provider_timeout')
      expect(text).not.toContain('[DONE]')
    }
  })

  it('are billed once: the leader pays, and each has a row', async () => {
    const user = `twins-${prompts}`
    await Promise.all(Array.from({ length: 4 }, () => ask(trimtab.origin, paced({ user }))))
    await settledLedger(trimtab.ledgerFile)
    const { stdout } = await runCommand([
      'requests',
      '--json',
      '--limit',
      '4',
      '--config',
      trimtab.configFile,
    ])
    const { requests } = JSON.parse(stdout)
    expect(requests.map(({ cache }: { cache: string }) => cache).sort()).toEqual([
      'coalesced',
      'coalesced',
      'coalesced',
      'miss',
    ])
    expect(requests.filter(({ attempts }: { attempts: unknown[] }) => attempts.length === 1)).toHaveLength(1)
  })

  it('of whole answers with usage asked: the followers are not told the leader’s cost as theirs', async () => {
    const more = { stream_options: { include_usage: true } }
    const heards = await Promise.all(Array.from({ length: 3 }, () => ask(trimtab.origin, paced(more))))
    const costs = heards.map(
      ({ text }) => JSON.parse(/"trimtab":(\{[^}]*\})/.exec(text)?.[1] ?? '{}').cost_usd,
    )
    expect(costs.filter((cost) => cost === 0)).toHaveLength(2)
    expect(costs.filter((cost) => cost > 0)).toHaveLength(1)
  })
})

it('remembers over a restart', async () => {
  await repeat()
  const { dataFolder } = trimtab
  const found = execFileSync('node', [
    '-e',
    `
    const D = require('better-sqlite3'); const d = new D(${JSON.stringify(`${dataFolder}/cache.db`)}, { readonly: true });
    console.log(d.prepare('select count(*) from exact_answers').pluck().get())`,
  ]).toString()
  expect(Number(found)).toBeGreaterThan(0)
})
