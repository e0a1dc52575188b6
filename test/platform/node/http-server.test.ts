/** What arrives at the door in unusual forms: each is served as meant, or refused in one clear sentence. */
import { connect } from 'node:net'
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ask, chat, contentOf, errorOf, eventsOf } from '../../support/ask.ts'
import { type MockProvider, startMockProvider } from '../../support/mock-provider/mock-provider.ts'
import { type Inside, startInside } from '../../support/start-inside.ts'

let mock: MockProvider
let trimtab: Inside
let host: string

beforeAll(async () => {
  mock = await startMockProvider()
  trimtab = await startInside({
    config: `providers: { mock: { dialect: openai, base_url: "${mock.url}" } }`,
  })
  host = new URL(trimtab.origin).host
})

afterAll(async () => {
  await trimtab.stop()
  await mock.close()
})

const CHAT = Buffer.from(JSON.stringify(chat('gpt-4o-mini')))

describe('requests that are served', () => {
  it.each([
    ['gzip', gzipSync],
    ['x-gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
  ] as const)('a body coded as %s', async (coding, encode) => {
    const heard = await ask(trimtab.origin, encode(CHAT), { headers: { 'content-encoding': coding } })
    expect(heard.status).toBe(200)
    expect(Buffer.from(mock.requests.at(-1)?.bytes ?? [])).toEqual(CHAT)
    expect(mock.requests.at(-1)?.headers['content-encoding']).toBeUndefined()
  })

  it('a chunked body', async () => {
    const chunks = [CHAT.subarray(0, 10), CHAT.subarray(10)]
    const coded = chunks.map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`).join('')
    const text = await exchange(
      `${head(['transfer-encoding: chunked', 'connection: close'])}${coded}0\r\n\r\n`,
    )
    expect(text).toMatch(/^HTTP\/1\.1 200 /)
    expect(text).toContain('rudder')
    expect(Buffer.from(mock.requests.at(-1)?.bytes ?? [])).toEqual(CHAT)
  })

  it('HTTP/1.0, whole and as a stream', async () => {
    const json = await exchange(post(CHAT, []).replace('HTTP/1.1', 'HTTP/1.0'))
    expect(json).toMatch(/^HTTP\/1\.1 200 /)
    expect(json).toContain('rudder')
    const body = Buffer.from(JSON.stringify(chat('gpt-4o-mini', { stream: true })))
    const stream = await exchange(post(body, []).replace('HTTP/1.1', 'HTTP/1.0'))
    expect(stream).not.toContain('transfer-encoding')
    expect(stream.endsWith('data: [DONE]\n\n')).toBe(true)
  })

  it('pipelined requests, in order', async () => {
    const bodies = ['paced-5-20', 'gpt-4o-mini', 'gpt-4o-mini'].map((model, index) =>
      Buffer.from(JSON.stringify(chat(model, { stream: index === 0, user: `piped-${index}` }))),
    )
    const text = await exchange(
      bodies.map((body, index) => post(body, index === 2 ? ['connection: close'] : [])).join(''),
    )
    expect(text.match(/HTTP\/1\.1 200 /g)).toHaveLength(3)
    expect(text.indexOf('[DONE]')).toBeGreaterThan(0)
    expect(text.indexOf('[DONE]')).toBeLessThan(text.search(/"object":\s*"chat.completion"/))
  })

  it('pipelined requests whose caller leaves, which ends the work of all of them', async () => {
    const bodies = ['piped-away-1', 'piped-away-2'].map((user) =>
      Buffer.from(JSON.stringify(chat('chaos-black-hole', { user }))),
    )
    const of = (user: string) => mock.requests.find(({ body }) => body?.user === user)
    const socket = connect(Number(host.split(':')[1]), '127.0.0.1')
    socket.write(bodies.map((body) => post(body, [])).join(''))
    await mock.until(() => of('piped-away-2') !== undefined)
    socket.destroy()
    await mock.until(() => of('piped-away-1')?.end === 'aborted' && of('piped-away-2')?.end === 'aborted')
  })

  it('twenty pipelined requests, without a warning of listeners', async () => {
    const warnings: Error[] = []
    const note = (warning: Error): unknown => warnings.push(warning)
    process.on('warning', note)
    const last = post(CHAT, ['connection: close'])
    const text = await exchange(post(CHAT, []).repeat(19) + last)
    process.off('warning', note)
    expect(text.match(/HTTP\/1\.1 200 /g)).toHaveLength(20)
    expect(warnings).toEqual([])
  })

  it('a request on the connection of one that was too large', async () => {
    const large = Buffer.alloc(11_000_000, 'x')
    const text = await exchange(post(large, []) + post(CHAT, ['connection: close']))
    expect(text).toMatch(/^HTTP\/1\.1 413 /)
    expect(text).toMatch(/\nHTTP\/1\.1 200 |\}HTTP\/1\.1 200 /)
  })

  it('n = 2, whole and as a stream', async () => {
    for (const stream of [true, false]) {
      const heard = await ask(trimtab.origin, chat('gpt-4o-mini', { stream, n: 2 }))
      expect(heard.status).toBe(200)
      expect(contentOf(heard, 0)).toMatch(/rudder/)
      expect(contentOf(heard, 1)).toBe(contentOf(heard, 0))
      if (stream) expect(eventsOf(heard).at(-1)).toBe('[DONE]')
    }
  })

  it('repeated headers, which go on as they came', async () => {
    const repeated = ['x-custom: one', 'X-Custom: two', 'connection: close']
    expect(await exchange(post(CHAT, repeated))).toMatch(/^HTTP\/1\.1 200 /)
    const { rawHeaders = [] } = mock.requests.at(-1) ?? {}
    const values = rawHeaders.filter((_, index) => rawHeaders[index - 1]?.toLowerCase() === 'x-custom')
    expect(values).toEqual(['one', 'two'])
  })

  it('headers of any bytes that HTTP allows, and none that are of this connection alone', async () => {
    const lines = [
      'x-odd: \xff\xe9\t"',
      'x-empty:',
      'te: trailers',
      'keep-alive: timeout=5',
      'proxy-authorization: x',
    ]
    const dropped = ['te', 'keep-alive', 'proxy-authorization', 'connection', 'x-hop']
    expect(await exchange(post(CHAT, [...lines, 'x-hop: 1', 'connection: close, x-hop']))).toMatch(
      /^HTTP\/1\.1 200 /,
    )
    const headers = mock.requests.at(-1)?.headers ?? {}
    expect(headers).toMatchObject({ 'x-odd': '\xff\xe9\t"', 'x-empty': '' })
    // The transport's own connection has a header of that name.
    expect(headers.connection).not.toContain('x-hop')
    expect(dropped.filter((name) => name !== 'connection' && headers[name] !== undefined)).toEqual([])
  })

  it('Expect: 100-continue', async () => {
    const text = await exchange(post(CHAT, ['expect: 100-continue', 'connection: close']))
    expect(text).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 /)
  })

  it('HEAD and GET of the model list', async () => {
    const get = await ask(trimtab.origin, Buffer.alloc(0), { method: 'GET', path: '/v1/models' })
    const head = await ask(trimtab.origin, Buffer.alloc(0), { method: 'HEAD', path: '/v1/models' })
    expect([get.status, head.status, head.length]).toEqual([200, 200, 0])
  })

  it('a body as large as allowed', async () => {
    const body = chat('gpt-4o-mini', { messages: [{ role: 'user', content: 'x'.repeat(9_900_000) }] })
    expect((await ask(trimtab.origin, body)).status).toBe(200)
  })
})

describe('requests that are refused', () => {
  const large = Buffer.from(
    JSON.stringify(chat('m', { messages: [{ role: 'user', content: 'x'.repeat(11e6) }] })),
  )
  const notUtf8 = Buffer.concat([CHAT.subarray(0, -3), Buffer.from([0xff, 0xfe]), CHAT.subarray(-3)])

  it.each([
    ['a body of 11 MB', large, {}, 413, 'request_too_large'],
    [
      'a body of 11 MB without its length',
      large,
      { 'transfer-encoding': 'chunked', 'content-length': undefined },
      413,
      'request_too_large',
    ],
    ['a bomb', gzipSync(Buffer.alloc(100_000_000)), { 'content-encoding': 'gzip' }, 413, 'request_too_large'],
    ['a body that is not what its coding says', CHAT, { 'content-encoding': 'gzip' }, 400, 'invalid_request'],
    ['a coding that nobody knows', CHAT, { 'content-encoding': 'rot13' }, 415, 'unsupported_encoding'],
    [
      'two codings',
      gzipSync(gzipSync(CHAT)),
      { 'content-encoding': 'gzip, gzip' },
      415,
      'unsupported_encoding',
    ],
    ['bytes that are not UTF-8', notUtf8, {}, 400, 'invalid_json'],
    ['an empty body', Buffer.alloc(0), {}, 400, 'invalid_json'],
    ['a foreign Host', CHAT, { host: 'evil.example' }, 403, 'forbidden_host'],
    ['a foreign Origin', CHAT, { origin: 'https://evil.example' }, 403, 'forbidden_origin'],
  ] as const)('%s', async (_, body, headers, status, code) => {
    const before = mock.count
    const heard = await ask(trimtab.origin, body, { headers })
    expect(heard.status).toBe(status)
    expect(errorOf(heard)).toMatchObject({ code, message: expect.stringMatching(/^[^\n]+\.$/) })
    expect(heard.headers['x-should-retry']).toBe('false')
    expect(mock.count).toBe(before)
  })

  it.each([
    ['PUT', '/v1/chat/completions', 405],
    ['HEAD', '/v1/chat/completions', 405],
    // Below /v1 a provider would be asked, unless what is asked for cannot be told.
    ['POST', '/nothing', 404],
    ['POST', '/v1/no%74hing', 404],
    ['POST', '/chat/completions', 404],
  ])('%s %s', async (method, path, status) => {
    const heard = await ask(trimtab.origin, Buffer.alloc(0), { method, path })
    expect(heard.status).toBe(status)
    if (method !== 'HEAD') expect(errorOf(heard).message).toMatch(/\.$/)
  })

  it('headers larger than 16 KB', async () => {
    const text = await exchange(post(CHAT, [`x-large: ${'x'.repeat(20_000)}`]))
    expect(text).toMatch(/^HTTP\/1\.1 431 /)
    expect(errorOf({ text: text.split('\r\n\r\n')[1] ?? '' }).message).toMatch(/16 KB/)
  })

  it.each(['\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 'SSH-2.0-OpenSSH\r\n', 'GET\r\n\r\n'])(
    'garbage %j',
    async (garbage) => {
      const text = await exchange(garbage)
      expect(text).toMatch(/^HTTP\/1\.1 400 /)
      expect(errorOf({ text: text.split('\r\n\r\n')[1] ?? '' }).type).toBe('invalid_request_error')
    },
  )

  it('a length and chunks at once, which smuggle requests past proxies', async () => {
    const text = await exchange(`${head(['content-length: 5', 'transfer-encoding: chunked'])}0\r\n\r\n`)
    expect(text).toMatch(/^HTTP\/1\.1 400 /)
  })

  it('a WebSocket upgrade', async () => {
    const upgrade = [
      'connection: upgrade',
      'upgrade: websocket',
      'sec-websocket-key: x',
      'sec-websocket-version: 13',
    ]
    const text = await exchange(
      `GET /v1/realtime HTTP/1.1\r\nhost: ${host}\r\n${upgrade.join('\r\n')}\r\n\r\n`,
    )
    expect(text).toMatch(/^HTTP\/1\.1 426 /)
  })
})

it('serves on after all of this, and had nothing to complain of', async () => {
  expect((await ask(trimtab.origin, CHAT)).status).toBe(200)
  expect(trimtab.warnings).toEqual([])
})

function head(lines: readonly string[]): string {
  const all = [`host: ${host}`, 'content-type: application/json', ...lines]
  return `POST /v1/chat/completions HTTP/1.1\r\n${all.join('\r\n')}\r\n\r\n`
}

function post(body: Buffer, lines: readonly string[]): string {
  return head([`content-length: ${body.length}`, ...lines]) + body
}

/** Writes bytes as they are, and returns all that comes back until the server closes. */
function exchange(bytes: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(Number(host.split(':')[1]), '127.0.0.1')
    let heard = ''
    socket.on('data', (piece) => {
      heard += piece.toString()
    })
    socket.on('error', () => {})
    socket.once('close', () => resolve(heard))
    socket.write(Buffer.from(bytes, 'latin1'))
  })
}
