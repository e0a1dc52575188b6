/** Long because it is a catalogue: every wrong input of a caller has its row. */
import { writeFileSync } from 'node:fs'
import { type IncomingHttpHeaders, request } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type MockProvider, startMockProvider } from '../support/mock-provider/mock-provider.ts'
import { startTrimtab, type Trimtab } from '../support/start-trimtab.ts'

const CHAT = '/v1/chat/completions'
const GOOD = { model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'hi' }] }

let mock: MockProvider
let trimtab: Trimtab

beforeAll(async () => {
  mock = await startMockProvider({ apiKey: 'provider-key' })
  const config = `
providers:
  one: { base_url: "${mock.url}", api_key: provider-key, models: [gpt-4o-mini, gpt-5.5] }
  two: { base_url: "${mock.url}", api_key: provider-key, models: [text-embedding-3-small] }
`
  trimtab = await startTrimtab({ config, policies: { 'support.yaml': policyTo('one/gpt-4o-mini') } })
})

afterAll(async () => {
  await trimtab?.stop()
  await mock?.close()
})

describe('a body that makes no sense is refused, and never reaches a provider', () => {
  const deep = `{"model":"gpt-4o-mini","messages":${'['.repeat(100_000)}${']'.repeat(100_000)}}`
  const notUtf8 = Buffer.from(
    '{"model":"gpt-4o-mini","messages":[{"role":"user","content":"\xff"}]}',
    'latin1',
  )
  test.each<[string, string | Uint8Array<ArrayBuffer>, number, string, RegExp]>([
    ['malformed JSON', '{"model": "gpt-4o-mini",\n "messages": [}', 400, 'invalid_json', /line 2, column 15/],
    ['nothing', '', 400, 'invalid_json', /empty/],
    ['a list', '[]', 400, 'invalid_request', /must be a JSON object/],
    [
      'a key that appears twice',
      '{"model":"a","model":"b","messages":[]}',
      400,
      'duplicate_key',
      /"model" appears twice/,
    ],
    ['bytes that are not UTF-8', notUtf8, 400, 'invalid_json', /UTF-8 at line 1, column \d+/],
    ['deep nesting', deep, 400, 'nesting_too_deep', /deeper than \d+ levels/],
    ['no model', '{"messages":[]}', 400, 'invalid_request', /names no model/],
    [
      'a model that is a number',
      '{"model":5,"messages":[]}',
      400,
      'invalid_request',
      /'model': expected a string/,
    ],
    [
      'messages that are a text',
      '{"model":"m","messages":"x"}',
      400,
      'invalid_request',
      /'messages': expected an array/,
    ],
    [
      'a stream that is a text',
      '{"model":"m","messages":[],"stream":"yes"}',
      400,
      'invalid_request',
      /'stream'/,
    ],
    ['11 MB', 'a'.repeat(11_000_000), 413, 'request_too_large', /larger than 10 MB.*listen\.max_body/],
  ])('%s', async (_, body, status, code, message) => {
    const seen = mock.count
    const answer = await fetch(`${trimtab.origin}${CHAT}`, { method: 'POST', body })
    await expectRefusal(answer, status, code, message)
    expect(mock.count).toBe(seen)
  })

  test('11 MB without a stated length', async () => {
    const piece = new Uint8Array(1_000_000)
    let left = 11
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => (left-- > 0 ? controller.enqueue(piece) : controller.close()),
    })
    const init: RequestInit & { duplex: 'half' } = { method: 'POST', body, duplex: 'half' }
    await expectRefusal(await fetch(`${trimtab.origin}${CHAT}`, init), 413, 'request_too_large', /10 MB/)
  })

  test('a content coding that nobody knows, or that the body does not have', async () => {
    const send = (coding: string) => post(CHAT, GOOD, { 'content-encoding': coding })
    await expectRefusal(await send('compress'), 415, 'unsupported_encoding', /gzip/)
    await expectRefusal(await send('gzip'), 400, 'invalid_request', /not valid gzip/)
  })

  test('embeddings of nothing', async () => {
    const answer = await post('/v1/embeddings', { model: 'text-embedding-3-small' })
    await expectRefusal(answer, 400, 'invalid_request', /'input'/)
  })
})

describe('a request to the wrong place', () => {
  test('an unknown model is 404 with the nearest names', async () => {
    const answer = await post(CHAT, { ...GOOD, model: 'gtp-4o-mini' })
    await expectRefusal(answer, 404, 'model_not_found', /gtp-4o-mini.*gpt-4o-mini/)
  })

  test('`auto` where the workflow has no tiers', async () => {
    await expectRefusal(await post(CHAT, { ...GOOD, model: 'auto' }), 400, 'invalid_request', /no tiers/)
  })

  test.each(['PATCH', 'PUT', 'DELETE'])('%s on chat is 405 and says what is allowed', async (method) => {
    const answer = await fetch(`${trimtab.origin}${CHAT}`, { method })
    expect(answer.headers.get('allow')).toBe('GET, POST')
    await expectRefusal(answer, 405, 'method_not_allowed', /takes GET, POST/)
  })

  test.each([
    ['/v1/nowhere', /none of the endpoints/],
    ['/chat/completions', /base URL ends in \/v1/],
    ['/', /base URL ends in \/v1/],
  ])('%s is 404', async (path, remedy) => {
    await expectRefusal(await fetch(`${trimtab.origin}${path}`), 404, 'not_found', remedy)
  })

  test('a WebSocket upgrade is 426', async () => {
    const upgrade = {
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': 'YQ==',
    }
    const answer = await raw('/v1/realtime', upgrade)
    expect(answer.status).toBe(426)
    expect(answer.body).toMatch(/"code":"upgrade_required"/)
  })

  test('what is no HTTP is 400', async () => {
    const said = await new Promise<string>((resolve, reject) => {
      const socket = connect(Number(new URL(trimtab.origin).port), '127.0.0.1', () =>
        socket.write('HELLO\r\n\r\n'),
      )
      let text = ''
      socket.on('data', (bytes) => {
        text += bytes
      })
      socket.on('end', () => resolve(text))
      socket.on('error', reject)
    })
    expect(said).toMatch(/^HTTP\/1\.1 400 .*not an HTTP\/1\.1 request/s)
  })
})

describe('open mode', () => {
  test.each(['evil.example', 'evil.example:8787', '10.0.0.1', 'localhost.evil.example'])(
    'a Host of %s is 403',
    async (host) => {
      const answer = await raw('/v1/models', { host })
      expect(answer.status).toBe(403)
      expect(answer.body).toMatch(/"code":"forbidden_host"/)
    },
  )

  test.each(['localhost', '127.0.0.1:1', '[::1]:8787'])('a Host of %s is fine', async (host) => {
    expect((await raw('/v1/models', { host })).status).toBe(200)
  })

  test('a page’s Origin that is not listed is 403', async () => {
    const answer = await post(CHAT, GOOD, { origin: 'https://evil.example' })
    await expectRefusal(answer, 403, 'forbidden_origin', /https:\/\/evil\.example/)
  })
})

describe('policies of a running server', () => {
  const file = () => join(trimtab.policiesFolder, 'support.yaml')

  test('a save is in force within a second', async () => {
    expect(await modelOf('support')).toBe('one/gpt-4o-mini')
    writeFileSync(file(), policyTo('one/gpt-5.5'))
    await within(1000, async () => (await modelOf('support')) === 'one/gpt-5.5')
  })

  test('a typo leaves the old one serving; /readyz and the log say where it is, and what was meant', async () => {
    const before = await modelOf('support')
    writeFileSync(file(), `${policyTo('two/text-embedding-3-small')}\nfalback: { on: [429] }\n`)
    await within(5000, async () => (await problems()).length > 0)
    expect(await problems()).toEqual([
      {
        file: file(),
        line: 4,
        column: 1,
        severity: 'error',
        message: expect.stringMatching(/`falback` .*did you mean `fallback`\?$/),
        value: '"falback"',
      },
    ])
    expect((await fetch(`${trimtab.origin}/readyz`)).status).toBe(200)
    expect(await modelOf('support')).toBe(before)
    expect(trimtab.output()).toContain(`${file()}:4:1  \`falback\``)
    writeFileSync(file(), policyTo('one/gpt-4o-mini'))
    await within(5000, async () => (await problems()).length === 0)
    expect(await modelOf('support')).toBe('one/gpt-4o-mini')
  })

  test('a file that is no YAML leaves the old one serving', async () => {
    writeFileSync(file(), 'tiers: { a: [')
    await within(5000, async () => (await problems()).length > 0)
    expect(await modelOf('support')).toBe('one/gpt-4o-mini')
    writeFileSync(file(), policyTo('one/gpt-4o-mini'))
    await within(5000, async () => (await problems()).length === 0)
  })
})

test('a policy that is broken at the start: trimtab serves without it, and says so', async () => {
  const config = `providers: { one: { base_url: "${mock.url}", api_key: provider-key } }`
  const started = await startTrimtab({ config, policies: { 'broken.yaml': 'tires: {}\n' } })
  expect(started.output()).toMatch(
    /broken\.yaml:1:1 {2}`tires` .*did you mean `tiers`\?"}\n.*"Policies: not taken over; until/,
  )
  const answer = await fetch(`${started.origin}${CHAT}`, { method: 'POST', body: JSON.stringify(GOOD) })
  expect(answer.status).toBe(200)
  const ready = await fetch(`${started.origin}/readyz`)
  expect(await ready.json()).toMatchObject({ ready: true, problems: [{ line: 1, column: 1 }] })
  await started.stop()
})

test('nothing that a caller sent wrong shows a stack, to it or in the log', () => {
  expect(trimtab.output()).not.toMatch(/^\s+at .+:\d+/m)
})

function policyTo(model: string): string {
  return `tiers: { only: { use: ${model} } }\nroute:\n  - { name: all, to: only }`
}

async function modelOf(workflow: string): Promise<string | null> {
  const answer = await post(CHAT, { ...GOOD, model: workflow })
  await answer.arrayBuffer()
  return answer.headers.get('x-trimtab-model')
}

async function problems(): Promise<readonly unknown[]> {
  const state = (await (await fetch(`${trimtab.origin}/readyz`)).json()) as { problems: unknown[] }
  return state.problems
}

/** @throws where the condition does not come true in time */
async function within(ms: number, condition: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + ms
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`not so within ${ms} ms: ${condition}`)
    await pause(20)
  }
}

/** One sentence in OpenAI's envelope, which SDKs do not repeat. */
async function expectRefusal(answer: Response, status: number, code: string, message: RegExp): Promise<void> {
  const body = (await answer.json()) as { error: Record<string, string> }
  expect(body.error).toMatchObject({ code, message: expect.stringMatching(message) })
  expect(answer.status).toBe(status)
  expect(body.error.message).toMatch(/^[^\n]+[.?]$/)
  expect(answer.headers.get('x-should-retry')).toBe('false')
}

function post(path: string, body: object, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
  return fetch(`${trimtab.origin}${path}`, { method: 'POST', body: JSON.stringify(body), headers })
}

/** With headers that `fetch` does not let through. */
function raw(path: string, headers: IncomingHttpHeaders): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const call = request(`${trimtab.origin}${path}`, { headers }, (answer) => {
      let body = ''
      answer.on('data', (bytes) => {
        body += bytes
      })
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body }))
    })
    call.on('error', reject)
    call.end()
  })
}
