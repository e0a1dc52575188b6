import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type InMemoryApp, inMemoryApp } from './in-memory-app.ts'

let provider: Server
let inMemory: InMemoryApp
const asked: string[] = []

beforeAll(async () => {
  provider = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`)
    response.writeHead(request.method === 'DELETE' ? 204 : 200, { 'content-type': 'application/json' })
    response.end(request.method === 'DELETE' ? undefined : '{"object":"echo"}')
  })
  await new Promise<void>((resolve) => provider.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(provider.address() as AddressInfo).port}`
  inMemory = inMemoryApp(`
default_provider: plain
providers:
  plain: { base_url: "${url}/v1" }
  azure: { vendor: azure, base_url: "${url}", api_key: k }
  claude: { dialect: anthropic, base_url: "${url}", api_key: k }
`)
})
afterAll(() => {
  provider.closeAllConnections()
  provider.close()
})

beforeEach(() => asked.splice(0))

describe('passed endpoints', () => {
  test.each([
    ['GET', '/v1/responses/resp_1', 'responses/{id}'],
    ['GET', '/v1/responses/resp_1/input_items?limit=2&after=msg_1', 'responses/{id}'],
    ['POST', '/v1/responses/resp_1/cancel', 'responses/{id}'],
    ['POST', '/v1/responses/input_tokens', 'responses/input_tokens'],
    ['GET', '/v1/chat/completions/chatcmpl-1/messages', 'chat/completions/{id}'],
    ['GET', '/v1/chat/completions?limit=2&model=m', 'chat/completions/{id}'],
    ['POST', '/v1/fine_tuning/jobs/ftjob-1/cancel', 'fine_tuning/jobs'],
    ['POST', '/v1/threads/runs', 'threads'],
    ['GET', '/v1/containers/cntr_1/files/cfile_1/content', 'containers'],
    ['POST', '/v1/videos/video_1/remix', 'videos'],
    ['GET', '/v1/conversations/conv_1/items', 'conversations'],
    ['GET', '/v1/files/a%20name', 'files'],
  ])('%s %s goes where it was meant to, and is %s in the ledger', async (method, path, endpoint) => {
    const answer = await send(method, path)
    expect([answer.status, await answer.json()]).toEqual([200, { object: 'echo' }])
    expect(asked).toEqual([`${method} ${path}`])
    const id = answer.headers.get('x-trimtab-request-id') ?? ''
    await expect.poll(() => inMemory.ledger.request(id)).toMatchObject({ endpoint, status: 200 })
  })

  test('an answer without a body passes as it is', async () => {
    const answer = await send('DELETE', '/v1/conversations/conv_1')
    expect([answer.status, await answer.text()]).toEqual([204, ''])
  })

  test('Azure’s deployments answer for a model, and what is stored lies beside them', async () => {
    const headers = { 'x-trimtab-provider': 'azure' }
    await send('GET', '/v1/files?limit=1', headers)
    await send('POST', '/v1/audio/speech', headers, '{"model":"azure/tts","input":"a"}')
    expect(asked).toEqual([
      'GET /openai/files?limit=1&api-version=2024-10-21',
      'POST /openai/deployments/tts/audio/speech?api-version=2024-10-21',
    ])
  })

  test.each([
    ['GET', '/v1/files', { 'x-trimtab-provider': 'claude' }, undefined],
    ['POST', '/v1/moderations', {}, '{"model":"claude/m","input":"a"}'],
    ['POST', '/v1/batches', { 'x-trimtab-provider': 'claude' }, '{}'],
  ])('%s %s is not sent to a provider of Anthropic’s dialect', async (method, path, headers, body) => {
    const answer = await send(method, path, headers, body)
    expect([answer.status, asked]).toEqual([400, []])
    const told = await answer.text()
    expect(told).toContain(
      `Provider claude speaks Anthropic's API, which does not have OpenAI's ${path}: name one of plain, azure`,
    )
    expect(told).not.toContain('sandbox')
  })

  test('chat is found by its path alone: nothing else is looked at, and no slower router', () => {
    const { router } = inMemory.app
    expect(router.name).toBe('SmartRouter + RegExpRouter')
    expect(router.match('POST', '/v1/chat/completions')[0]).toHaveLength(1)
  })
})

function send(method: string, path: string, headers = {}, body?: string): Response | Promise<Response> {
  const type = body === undefined ? {} : { 'content-type': 'application/json' }
  const init = { method, headers: { ...headers, ...type }, ...(body === undefined ? {} : { body }) }
  return inMemory.app.request(`http://127.0.0.1${path}`, init)
}

test.each([
  ['PUT', '/v1/files', 'GET, POST, DELETE'],
  ['PATCH', '/v1/files/file-1', 'GET, POST, DELETE'],
  ['GET', '/v1/moderations', 'POST'],
  ['DELETE', '/v1/chat/completions', 'GET, POST'],
  ['GET', '/v1/responses', 'POST'],
  ['DELETE', '/v1/audio/speech', 'POST'],
  ['PUT', '/v1/responses/resp_1', 'GET, POST, DELETE'],
  ['POST', '/v1/models/m', 'GET, DELETE'],
  ['DELETE', '/v1/models', 'GET'],
  ['GET', '/v1/realtime/client_secrets', 'POST'],
  ['PUT', '/v1/messages/batches/msgbatch_1', 'GET, POST, DELETE'],
  ['POST', '/healthz', 'GET'],
  ['DELETE', '/readyz', 'GET'],
  ['POST', '/metrics', 'GET'],
])('%s %s is 405, and says which methods there are', async (method, path, allow) => {
  const answer = await send(method, path)
  expect([answer.status, answer.headers.get('allow')]).toEqual([405, allow])
  const { error } = (await answer.json()) as { error: { code: string; message: string } }
  expect(error).toMatchObject({
    code: 'method_not_allowed',
    message: `${path} takes ${allow}, not ${method}.`,
  })
})

test('a WebSocket is told that there is none, and any other offer of an upgrade is passed over', async () => {
  const path = '/v1/realtime/calls/rtc_1'
  expect((await send('GET', path, { upgrade: 'websocket' })).status).toBe(426)
  expect((await send('GET', path, { upgrade: 'h2c' })).status).toBe(200)
})

const PASSED_HOW = 'what is passed through has a plain path, and is asked by GET, POST or DELETE'

test.each([
  ['/v1/nothing/', PASSED_HOW],
  ['/v1/v1/messages', "an SDK's base URL ends in /v1, Anthropic's without it"],
  ['/chat/completions', "an SDK's base URL ends in /v1, Anthropic's without it"],
])('POST %s is told what to do', async (path, remedy) => {
  const answer = await send('POST', path)
  expect(asked).toEqual([])
  const { error } = (await answer.json()) as { error: { message: string } }
  expect([answer.status, error.message]).toEqual([404, `There is nothing at POST ${path}: ${remedy}.`])
})
