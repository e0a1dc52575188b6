/** Providers that speak HTTP in unusual or wrong ways, byte for byte. */
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { ask, chat, contentOf, errorOf, eventsOf, type Heard } from '../support/ask.ts'
import { type Inside, startInside } from '../support/start-inside.ts'

const CHUNK = 'data: {"choices":[{"index":0,"delta":{"content":"hello"},"finish_reason":null}]}\n\n'
const FINISH = 'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n'
const DONE = 'data: [DONE]\n\n'
const STREAM = `${CHUNK}${FINISH}${DONE}`
const JSON_ANSWER =
  '{"choices":[{"index":0,"message":{"role":"assistant","content":"hello"},"finish_reason":"stop"}]}'

let server: Server
let sockets: Socket[]
let trimtab: Inside
/** What is written once the request's first bytes came; the socket stays open unless it says otherwise. */
let answer: (socket: Socket) => void

beforeAll(async () => {
  server = createServer((socket) => {
    sockets.push(socket)
    socket.once('data', () => answer(socket))
    socket.on('error', () => {})
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`
  trimtab = await startInside({
    config: `providers: { odd: { dialect: openai, base_url: "${url}" } }`,
    policies: { 'default.yaml': 'limits: { retries: 0, timeout: 5s, first_chunk: 2s, between_chunks: 2s }' },
  })
})

beforeEach(() => {
  for (const socket of sockets ?? []) socket.destroy()
  sockets = []
})

afterAll(async () => {
  await trimtab.stop()
  for (const socket of sockets) socket.destroy()
  server.close()
})

describe('is whole', () => {
  it('after interim answers', async () => {
    answers(`HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n${head({}, JSON_ANSWER.length)}${JSON_ANSWER}`)
    expect(contentOf(await asked(false))).toBe('hello')
  })

  it('where the connection’s end is the answer’s end', async () => {
    answers(`HTTP/1.0 200 OK\r\ncontent-type: application/json\r\n\r\n${JSON_ANSWER}`, 'end')
    expect(contentOf(await asked(false))).toBe('hello')
    answers(`HTTP/1.0 200 OK\r\ncontent-type: text/event-stream\r\n\r\n${STREAM}`, 'end')
    expect(contentOf(await asked(true))).toBe('hello')
  })

  it('whatever the case of its content type', async () => {
    answers(`${head({ 'content-type': 'Text/Event-Stream; charset=UTF-8' })}${STREAM}`, 'end')
    const heard = await asked(true)
    expect(heard.status).toBe(200)
    expect(eventsOf(heard)).toHaveLength(3)
  })

  it('with trailers', async () => {
    const chunks = `${JSON_ANSWER.length.toString(16)}\r\n${JSON_ANSWER}\r\n0\r\nx-trailer: 1\r\n\r\n`
    answers(`${head({ 'transfer-encoding': 'chunked' })}${chunks}`)
    expect(contentOf(await asked(false))).toBe('hello')
  })

  it('at [DONE], and a server that goes on after it is left', async () => {
    answer = (socket) => {
      socket.write(`${head({ 'content-type': 'text/event-stream' })}${STREAM}`)
      const on = setInterval(() => socket.write(CHUNK), 10)
      socket.once('close', () => clearInterval(on))
    }
    const heard = await asked(true)
    expect(eventsOf(heard)).toHaveLength(3)
    const [socket] = sockets
    await new Promise<void>((resolve) =>
      socket?.destroyed ? resolve() : socket?.once('close', () => resolve()),
    )
  })

  it('where a finished stream is reset instead of ended', async () => {
    answer = (socket) => {
      socket.write(`${head({ 'content-type': 'text/event-stream' })}${CHUNK}${FINISH}`)
      setTimeout(() => socket.resetAndDestroy(), 30)
    }
    expect(eventsOf(await asked(true)).at(-1)).toBe('[DONE]')
  })
})

describe('is refused with an envelope', () => {
  it.each([
    ['a redirect', 'HTTP/1.1 301 Moved\r\nlocation: http://elsewhere/\r\ncontent-length: 0\r\n\r\n'],
    ['no content', 'HTTP/1.1 204 No Content\r\n\r\n'],
    ['an empty body', head({}, 0)],
    ['a page', `${head({ 'content-type': 'text/html' }, 13)}<html></html>`],
    ['bytes that are not UTF-8', `${head({}, 4)}"\xff\xfe"`],
    ['a status that is none', 'HTTP/1.1 999 Odd\r\ncontent-length: 0\r\n\r\n'],
    ['a bare error text', 'HTTP/1.1 503 Busy\r\ncontent-length: 4\r\n\r\nbusy'],
  ])('%s', async (_, bytes) => {
    for (const stream of [true, false]) {
      answers(bytes)
      const heard = await asked(stream)
      expect(heard).toMatchObject({ status: 502, end: 'whole' })
      expect(errorOf(heard)).toMatchObject({
        code: 'provider_error',
        message: expect.stringMatching(/^Provider odd .*\.$/),
      })
    }
  })

  it('an empty stream', async () => {
    answers(head({ 'content-type': 'text/event-stream' }), 'end')
    expect(await asked(true)).toMatchObject({ status: 502, end: 'whole' })
  })

  it('a body that was not read to its end', async () => {
    const body =
      '{"error":{"message":"too large","type":"invalid_request_error","param":null,"code":"too_large"}}'
    answers(
      `HTTP/1.1 413 Too Large\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
      'end',
    )
    const heard = await ask(
      trimtab.origin,
      chat('m', { messages: [{ role: 'user', content: 'x'.repeat(9e6) }] }),
    )
    expect([413, 502]).toContain(heard.status)
    expect(errorOf(heard).message).toBeTruthy()
  })

  it('a pause without end', async () => {
    for (const value of ['Infinity', '1e999', 'never', '-1', '']) {
      answers(`HTTP/1.1 429 Slow\r\nretry-after: ${value}\r\ncontent-length: 0\r\n\r\n`)
      const heard = await asked(false)
      expect(heard.status).toBe(429)
      expect(heard.headers['retry-after'] ?? '1').toMatch(/^\d+$/)
    }
  })
})

describe('is cut, and said to be', () => {
  it.each([
    ['a chunk that is garbage', '4\r\nabcdXX'],
    ['an event that is not JSON', 'data: {"choices":[{"index"\n\n'],
  ])('%s', async (name, bytes) => {
    const chunked = name.includes('chunk')
    const first = chunked ? `${CHUNK.length.toString(16)}\r\n${CHUNK}\r\n` : CHUNK
    const framing: Record<string, string> = chunked ? { 'transfer-encoding': 'chunked' } : {}
    answer = (socket) => {
      socket.write(`${head({ 'content-type': 'text/event-stream', ...framing })}${first}`)
      setTimeout(() => socket.write(bytes), 30)
    }
    const heard = await asked(true)
    expect(heard.text).not.toContain('[DONE]')
    expect(errorOf({ text: eventsOf(heard).at(-1) ?? '' }).code).toBe('provider_error')
  })
})

it.each([
  'x-odd: a\x7fb',
  'x-odd: a\x01b',
  'x odd: 1',
  'x-\xe9: 1',
  'x-odd: \xff\xe9',
  ': none',
  'x-odd:',
  'x-odd: a\x00b',
])('a header %j comes through or is refused, and hurts nobody', async (line) => {
  const [name = '', value = ''] = line.split(/: ?/)
  for (const stream of [true, false]) {
    answers(
      `${head({ 'content-type': stream ? 'text/event-stream' : 'application/json', [name]: value })}${stream ? STREAM : JSON_ANSWER}`,
      'end',
    )
    const heard = await asked(stream)
    expect(heard.end).toBe('whole')
    if (heard.status === 200) expect(contentOf(heard)).toBe('hello')
    else expect(errorOf(heard).code).toBe('provider_error')
  }
})

it('nothing of this is a fault of ours', () => {
  expect(trimtab.warnings).toEqual([])
})

function head(headers: Readonly<Record<string, string>>, length?: number): string {
  const all = {
    'content-type': 'application/json',
    ...(length === undefined ? {} : { 'content-length': String(length) }),
    ...headers,
  }
  return `HTTP/1.1 200 OK\r\n${Object.entries(all)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('')}\r\n`
}

function answers(bytes: string, then?: 'end'): void {
  answer = (socket) => {
    socket.write(Buffer.from(bytes, 'latin1'))
    if (then) socket.end()
  }
}

function asked(stream: boolean): Promise<Heard> {
  // A kept connection would meet the answer of the case before.
  for (const socket of sockets) socket.destroy()
  sockets = []
  return ask(trimtab.origin, chat('m', { stream }))
}
