/** Paths below `/v1/` that no endpoint here has: passed through, as long as nobody else's things can be behind them. */
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startTrimtab } from '../support/start-trimtab.ts'
import { type InMemoryApp, inMemoryApp } from './in-memory-app.ts'

let provider: Server
let url: string
let inMemory: InMemoryApp
const asked: string[] = []
const USAGE = { prompt_tokens: 1_000_000, completion_tokens: 0, total_tokens: 1_000_000 }

beforeAll(async () => {
  provider = createServer(async (request, response) => {
    const body = await text(request)
    asked.push(`${credentialOf(request)} ${request.method} ${request.url}${body && ` ${body}`}`)
    response.setHeader('content-type', 'application/json')
    response.end(
      JSON.stringify({ id: `thing_${asked.length}`, ...(body.includes('"model"') ? { usage: USAGE } : {}) }),
    )
  })
  await new Promise<void>((resolve) => provider.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(provider.address() as AddressInfo).port}/v1`
  inMemory = inMemoryApp(`${PROVIDERS()}
aliases: { quick: second/small }
prices: { overrides: { second/small: { input: 0.5, output: 1 } } }
default_provider: first
`)
})
afterAll(() => {
  provider.closeAllConnections()
  provider.close()
})
beforeEach(() => asked.splice(0))

const PROVIDERS = () => `
providers:
  first: { vendor: openai, base_url: "${url}", api_key: key-first }
  second: { vendor: openai, base_url: "${url}", api_key: key-second }
  claude: { dialect: anthropic, base_url: "${url}", api_key: key-claude }`

describe('a path that is not known', () => {
  test.each([
    ['GET', '/v1/things?limit=2&after=thing_0', undefined],
    ['DELETE', '/v1/things/thing_9', undefined],
    ['GET', '/v1/moderations/x', undefined],
    ['POST', '/v1/things', '{"a": 1}'],
  ])('%s %s passes as it came, and is in the ledger', async (method, path, body) => {
    const answer = await send(method, path, {}, body)
    expect([answer.status, await answer.json()]).toEqual([200, { id: 'thing_1' }])
    expect(asked).toEqual([`key-first ${method} ${path}${body === undefined ? '' : ` ${body}`}`])
    const row = await rowOf(answer)
    // What looks or deletes costs nothing; of what does anything else nobody knows it.
    expect(row).toMatchObject({ endpoint: 'unlisted', status: 200 })
    expect(row?.cost_usd).toBe(method === 'POST' ? null : 0)
  })

  test('goes where its model is, in the words it has there, and is billed by the usage that it states', async () => {
    const answer = await send('POST', '/v1/fim/completions', {}, '{"model": "quick", "prompt": "a"}')
    expect(answer.headers.get('x-trimtab-cost-usd')).toBe('0.5')
    expect(asked).toEqual(['key-second POST /v1/fim/completions {"model": "small", "prompt": "a"}'])
  })

  test('leads back to the account that made what it names', async () => {
    asked.push('', '', '')
    await send('POST', '/v1/things', { 'x-trimtab-provider': 'second' }, '{}')
    await send('POST', '/v1/things/thing_4/parts', {}, '{}')
    await send('GET', '/v1/kinds/things/thing_4')
    expect(asked.slice(3).map((line) => line.split(' ')[0])).toEqual([
      'key-second',
      'key-second',
      'key-second',
    ])
  })

  test('is Anthropic’s for those who speak its API, and OpenAI’s is not sent there', async () => {
    const version = { 'anthropic-version': '2023-06-01' }
    for (const path of ['/v1/environments', '/v1/agents', '/v1/vaults/vlt_1'])
      await send('GET', path, version)
    expect(asked).toEqual([
      'key-claude GET /v1/environments',
      'key-claude GET /v1/agents',
      'key-claude GET /v1/vaults/vlt_1',
    ])
    const refused = await send('GET', '/v1/things', { 'x-trimtab-provider': 'claude' })
    expect([refused.status, await refused.text()]).toEqual([
      400,
      expect.stringContaining("which does not have OpenAI's /v1/things: name one of first, second"),
    ])
  })

  test.each([
    ['PUT', '/v1/things'],
    ['GET', '/v1/things/%2e%2e/%2e%2e/admin'],
    ['GET', '/v1/things/a%2Fb'],
    ['GET', '/v1/organi%7Aation/users'],
    ['POST', '/v1/ch%61t/completion'],
    ['GET', '/v1/things//x'],
  ])('%s %s is not sent: another could be meant', async (method, path) => {
    expect((await send(method, path)).status).toBe(404)
    expect(asked).toEqual([])
  })
})

test('with keys it is not passed, because whose it is cannot be told', async () => {
  const trimtab = await startTrimtab({
    config: `${PROVIDERS()}\ndefault_provider: first\naccess: { mode: keys }`,
  })
  const { key } = (await trimtab.json('keys', 'create', '--name', 'ann', '--json')) as { key: string }
  const answer = await fetch(`${trimtab.origin}/v1/things`, { headers: { authorization: `Bearer ${key}` } })
  const { error } = (await answer.json()) as { error: { message: string; code: string } }
  expect([answer.status, error.code, asked]).toEqual([404, 'not_found', []])
  expect(error.message).toBe(
    '/v1/things is none of the endpoints that trimtab knows, and is not passed through with keys, because whose things are there cannot be told: ask the provider itself.',
  )
  await trimtab.stop()
})

async function rowOf(answer: Response) {
  const id = answer.headers.get('x-trimtab-request-id') ?? ''
  await expect.poll(() => inMemory.ledger.request(id)).toMatchObject({ status: 200 })
  return inMemory.ledger.request(id)
}

function credentialOf({ headers }: IncomingMessage): string {
  return String(headers['x-api-key'] ?? headers.authorization).replace('Bearer ', '')
}

function send(method: string, path: string, headers = {}, body?: string): Response | Promise<Response> {
  const type = body === undefined ? {} : { 'content-type': 'application/json' }
  const init = { method, headers: { ...headers, ...type }, ...(body === undefined ? {} : { body }) }
  return inMemory.app.request(`http://127.0.0.1${path}`, init)
}
