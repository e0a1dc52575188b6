import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import OpenAI, { AuthenticationError, NotFoundError } from 'openai'
import { afterEach, describe, expect, test } from 'vitest'
import { closedPortUrl } from './closed-port.ts'
import { embed } from './embeddings-answer.ts'
import type { Fault } from './fault.ts'
import { type MockProvider, type MockProviderOptions, startMockProvider } from './mock-provider.ts'

const started: MockProvider[] = []

afterEach(async () => {
  for (const mock of started.splice(0)) await mock.close()
})

async function start(options: MockProviderOptions = {}): Promise<MockProvider> {
  const mock = await startMockProvider(options)
  started.push(mock)
  return mock
}

function post(mock: MockProvider, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return fetch(`${mock.url}/chat/completions`, { method: 'POST', body: text, headers })
}

const hello = { model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'hello, world' }] }

/** Frames of a stream, its `data: ` taken off. */
async function frames(response: Response): Promise<string[]> {
  const text = await response.text()
  expect(text.endsWith('\n\n')).toBe(true)
  return text
    .slice(0, -2)
    .split('\n\n')
    .map((frame) => frame.replace(/^data: /, ''))
}

/** The text without what differs from one request to the next. */
function anonymous(text: string): string {
  return text.replaceAll(/mock\d+|"created":\d+/g, '')
}

describe('chat answers', () => {
  test('a stream says word for word what the JSON answer says, with the same usage', async () => {
    const mock = await start()
    const client = new OpenAI({ baseURL: mock.url, apiKey: 'any', maxRetries: 0 })
    const request = { model: 'gpt-5.5', messages: [{ role: 'user' as const, content: 'naïve – words' }] }
    const whole = await client.chat.completions.create(request)
    const options = { stream: true as const, stream_options: { include_usage: true } }
    let text = ''
    let usage: unknown
    for await (const chunk of await client.chat.completions.create({ ...request, ...options })) {
      text += chunk.choices[0]?.delta.content ?? ''
      usage = chunk.usage ?? usage
    }
    expect(whole.choices[0]?.message.content).toBe('You said: naïve – words')
    expect(text).toBe('You said: naïve – words')
    expect(usage).toEqual(whole.usage)
    expect(whole.usage?.completion_tokens_details?.reasoning_tokens).toBe(16)
  })

  test('usage occurs in a stream only where it is asked for', async () => {
    const mock = await start()
    const without = await frames(await post(mock, { ...hello, stream: true }))
    const withUsage = { ...hello, stream: true, stream_options: { include_usage: true } }
    const asked = await frames(await post(mock, withUsage))
    expect(without.some((frame) => frame.includes('usage'))).toBe(false)
    expect(asked.slice(0, -2).every((frame) => frame.includes('"usage":null'))).toBe(true)
    expect(JSON.parse(asked.at(-2) ?? '')).toMatchObject({ choices: [], usage: { completion_tokens: 4 } })
    expect(asked.at(-1)).toBe('[DONE]')
  })

  test('max_tokens ends an answer with finish_reason length, and n repeats it', async () => {
    const mock = await start()
    const answer = await (await post(mock, { ...hello, max_tokens: 2, n: 2 })).json()
    expect(answer.choices).toHaveLength(2)
    expect(answer.choices[1]).toMatchObject({ finish_reason: 'length', message: { content: 'You said:' } })
    expect(answer.usage.completion_tokens).toBe(4)
  })

  test('an embedding is the same as floats and as base64', async () => {
    const mock = await start()
    const client = new OpenAI({ baseURL: mock.url, apiKey: 'any' })
    const ask = { model: 'text-embedding-3-small', input: ['one', 'two'] }
    const floats = await client.embeddings.create({ ...ask, encoding_format: 'float' })
    const decoded = await client.embeddings.create(ask)
    expect(JSON.parse(Buffer.from(mock.requests[1]?.bytes ?? []).toString()).encoding_format).toBe('base64')
    expect(decoded.data[1]?.embedding).toEqual(floats.data[1]?.embedding)
    expect(floats.data[0]?.embedding).toEqual([...embed('one', 8)])
  })
})

describe('refusals', () => {
  test.each([
    ['no JSON', '{', null, null],
    ['no model', { messages: [] }, null, null],
    ['no messages', { model: 'm' }, 'messages', 'missing_required_parameter'],
    ['messages of a wrong type', { model: 'm', messages: 'x' }, 'messages', 'invalid_type'],
    ['stream_options without a stream', { ...hello, stream_options: {} }, 'stream_options', null],
  ])('%s is 400 in the envelope', async (_name, body, param, code) => {
    const response = await post(await start(), body)
    expect(response.status).toBe(400)
    expect((await response.json()).error).toMatchObject({ type: 'invalid_request_error', param, code })
  })

  test('an unknown part of a message is 400 and names its place', async () => {
    const messages = [{ role: 'user', content: [{ type: 'hologram' }] }]
    const response = await post(await start(), { model: 'm', messages })
    expect((await response.json()).error.param).toBe('messages[0].content[0].type')
  })

  test('a member that is not supported is 400 and named', async () => {
    const response = await post(await start({ unsupported: ['stop'] }), { ...hello, stop: 'x' })
    expect(response.status).toBe(400)
    expect((await response.json()).error).toMatchObject({ param: 'stop', code: 'unsupported_parameter' })
  })

  test('a wrong key is 401, an unknown model 404, as the SDK knows them', async () => {
    const mock = await start({ apiKey: 'right', checkModels: true })
    const wrong = new OpenAI({ baseURL: mock.url, apiKey: 'wrong' })
    const right = new OpenAI({ baseURL: mock.url, apiKey: 'right' })
    await expect(wrong.models.list()).rejects.toThrow(AuthenticationError)
    await expect(right.models.retrieve('nothing')).rejects.toThrow(NotFoundError)
    expect((await right.models.retrieve('gpt-5.5')).id).toBe('gpt-5.5')
  })
})

describe('records', () => {
  test('each request is in the log file before its answer, with headers and bytes as sent', async () => {
    const logFile = join(mkdtempSync(join(tmpdir(), 'mock-')), 'seen.jsonl')
    const mock = await start({ logFile })
    await post(mock, hello, { 'X-Mock-Mark': 'a1', 'x-mock-fault': 'status=503' })
    const lines = readFileSync(logFile, 'utf8').trim().split('\n')
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([{ number: 1, mark: 'a1', fault: 'status' }])
    expect(Buffer.from(mock.requests[0]?.bytes ?? []).toString()).toBe(JSON.stringify(hello))
    expect(mock.requests[0]?.rawHeaders).toContain('x-mock-fault')
  })

  test('a peer that leaves is told from an answer that went out whole', async () => {
    const mock = await start()
    const leaving = new AbortController()
    const body = JSON.stringify({ ...hello, model: 'paced-1000-5', stream: true })
    const options = { method: 'POST', body, signal: leaving.signal }
    const response = await fetch(`${mock.url}/chat/completions`, options)
    await response.body?.getReader().read()
    leaving.abort()
    await mock.until(() => mock.requests[0]?.end === 'aborted')
    await (await post(mock, hello)).text()
    await mock.until(() => mock.requests[1]?.end === 'whole')
    expect(mock.requests[0]?.bytesWritten).toBeGreaterThan(0)
  })
})

describe('faults', () => {
  test.each<Fault>([{ kind: 'reset' }, { kind: 'reset_before_body' }, { kind: 'reset_mid' }])(
    '$kind breaks the connection',
    async (fault) => {
      const mock = await start()
      mock.script([fault])
      await expect(post(mock, hello).then((response) => response.text())).rejects.toThrow()
      expect(mock.requests[0]?.end).toBe('cut')
    },
  )

  test.each(['black-hole', 'stall-first', 'stall-mid'])('%s never ends', async (name) => {
    const mock = await start()
    const signal = AbortSignal.timeout(60)
    const body = JSON.stringify({ ...hello, model: `chaos-${name}` })
    const asked = fetch(`${mock.url}/chat/completions`, { method: 'POST', body, signal })
    await expect(asked.then((response) => response.text())).rejects.toThrow(/timeout|aborted/)
    await mock.until(() => mock.requests[0]?.end === 'aborted')
  })

  test('retry-after is sent as seconds or as a date', async () => {
    const mock = await start()
    const seconds = await post(mock, hello, { 'x-mock-fault': 'rate-limited=7' })
    const date = await post(mock, hello, { 'x-mock-fault': 'rate-limited-date=7' })
    expect([seconds.status, date.status]).toEqual([429, 429])
    expect(seconds.headers.get('retry-after')).toBe('7')
    expect(Date.parse(date.headers.get('retry-after') ?? '')).toBeGreaterThan(Date.now())
  })

  test('the events of a stream are spoilt as the fault says', async () => {
    const mock = await start()
    const streamed = async (fault: string) =>
      (await post(mock, { ...hello, stream: true }, { 'x-mock-fault': fault })).text()
    expect(await streamed('error-event')).toMatch(/^data: \{"error":.*\}\n\n$/)
    expect(await streamed('error-event-mid')).toMatch(/You.*"error".*\n\n$/s)
    expect(await streamed('no-done')).toMatch(/"finish_reason":"stop"\}\].*\n\n$/s)
    expect(await streamed('no-done')).not.toContain('[DONE]')
    expect(await streamed('no-finish')).not.toContain('"finish_reason":"stop"')
    expect(await streamed('truncated-json')).not.toMatch(/\n\n$/)
    expect(anonymous(await streamed('drip'))).toBe(anonymous(await streamed('none')))
  })

  test('a replay sends recorded bytes as they are', async () => {
    const mock = await start()
    const bytes = Buffer.from('data: {"a":1}\n\ndata: [DONE]\n\n')
    mock.script([{ kind: 'replay', bytes, at: [3, 9] }])
    expect(await (await post(mock, hello)).text()).toBe(bytes.toString())
  })

  test('a socket that is closed on reuse leaves no request behind', async () => {
    const mock = await start()
    mock.script(() => ({ kind: 'close_on_reuse' }))
    await (await post(mock, hello)).text()
    await post(mock, hello).catch(() => {})
    expect(mock.requests.every(({ status }) => status === 200)).toBe(true)
  })

  test('a huge answer and a bomb are as large as they say', async () => {
    const mock = await start()
    const huge = await post(mock, hello, { 'x-mock-fault': 'huge=1000000' })
    const bomb = await post(mock, hello, { 'x-mock-fault': 'gzip-bomb=20000000' })
    expect((await huge.json()).choices[0].message.content).toHaveLength(1_048_576)
    expect((await bomb.arrayBuffer()).byteLength).toBe(20_000_000)
    expect(mock.requests[1]?.bytesWritten).toBeLessThan(100_000)
  })

  test('a hold waits for its release', async () => {
    const mock = await start()
    mock.script([{ kind: 'hold' }])
    const asked = post(mock, hello)
    await mock.until(() => mock.count === 1)
    expect(mock.requests[0]?.status).toBe(undefined)
    mock.release()
    expect((await asked).status).toBe(200)
  })

  test('nothing listens at a closed port', async () => {
    await expect(fetch(await closedPortUrl())).rejects.toThrow('fetch failed')
  })
})
