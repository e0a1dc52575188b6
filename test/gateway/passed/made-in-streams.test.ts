/** What an answer tells to have been made, in its events or within it, is its asker's, and leads back to where it is. */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTrimtab, type Trimtab } from '../../support/start-trimtab.ts'

const EVENTS: Readonly<Record<string, readonly object[]>> = {
  '/v1/threads/runs': [
    { id: 'thread_1', object: 'thread' },
    { id: 'run_1', object: 'thread.run', thread_id: 'thread_1' },
  ],
  '/v1/agents/sessions': [
    {
      type: 'agent.session.created',
      event_id: 'event_1',
      session: { id: 'as_1', object: 'agent.session', environment: { id: 'env_1', type: 'openai_hosted' } },
    },
  ],
}
const WHOLE: Readonly<Record<string, object>> = {
  '/v1/live/sessions': { session: { id: 'live_1' }, transport: { type: 'webrtc', sdp: 'v=0' } },
  '/v1/live/sessions/live_1/fork': { session: { id: 'live_2' }, transport: { type: 'webrtc', sdp: 'v=0' } },
  '/v1/agents/automations': { id: 'auto_1', object: 'agent.automation' },
  '/v1/agents/automations/auto_1/invocations': {
    object: 'list',
    data: [{ id: 'inv_1', session_id: 'as_2' }],
  },
}

let provider: Server
let trimtab: Trimtab
let ann: Record<string, string>
let ben: Record<string, string>
const asked: string[] = []

beforeAll(async () => {
  provider = createServer((request, response) => {
    const path = request.url ?? ''
    asked.push(`${request.method} ${path}`)
    request.resume()
    const events = request.method === 'POST' ? EVENTS[path] : undefined
    response.setHeader('content-type', events === undefined ? 'application/json' : 'text/event-stream')
    for (const event of events ?? []) response.write(`data: ${JSON.stringify(event)}\n\n`)
    response.end(events === undefined ? JSON.stringify(WHOLE[path] ?? {}) : 'data: [DONE]\n\n')
  })
  await new Promise<void>((resolve) => provider.listen(0, '127.0.0.1', resolve))
  trimtab = await startTrimtab({
    config: `
default_provider: openai
providers: { openai: { vendor: openai, api_key: k, base_url: "http://127.0.0.1:${(provider.address() as AddressInfo).port}/v1" } }
access: { mode: keys }`,
  })
  ann = await keyOf('ann')
  ben = await keyOf('ben')
})
afterAll(async () => {
  await trimtab?.stop()
  provider.closeAllConnections()
  provider.close()
})

test.each([
  ['/threads/runs', { assistant_id: 'a', stream: true }, '/threads/thread_1'],
  ['/agents/sessions', { agent: { model: 'gpt-5.5' }, stream: true }, '/agents/sessions/as_1/turns'],
  ['/agents/sessions', { agent: { model: 'gpt-5.5' }, stream: true }, '/agents/environments/env_1'],
  ['/live/sessions', { session: { model: 'gpt-live-1' } }, '/live/sessions/live_1/content'],
])('POST %s with %o makes %s, for its asker alone', async (path, body, made) => {
  const answer = await call('POST', path, ann, body)
  expect(answer.status).toBe(200)
  await answer.text()
  expect((await call('GET', made, ann)).status).toBe(200)
  const count = asked.length
  expect((await call('GET', made, ben)).status).toBe(404)
  expect(asked).toHaveLength(count)
})

test('what was made out of it, or begun by it, too', async () => {
  await call('POST', '/live/sessions', ann, { session: { model: 'gpt-live-1' } })
  await call('POST', '/live/sessions/live_1/fork', ann, {})
  expect((await call('POST', '/live/sessions/live_2/hangup', ann, {})).status).toBe(200)
  expect((await call('POST', '/live/sessions/live_2/hangup', ben, {})).status).toBe(404)
  await call('POST', '/agents/automations', ann, { name: 'daily' })
  await (await call('GET', '/agents/automations/auto_1/invocations', ann)).text()
  expect((await call('GET', '/agents/sessions/as_2/items', ann)).status).toBe(200)
  expect((await call('GET', '/agents/sessions/as_2/items', ben)).status).toBe(404)
})

test('another’s session, vault or environment is not used by naming it in a body', async () => {
  await (await call('POST', '/agents/sessions', ann, { agent: { model: 'gpt-5.5' }, stream: true })).text()
  const environment = { type: 'openai_hosted', environment_id: 'env_1' }
  const target = { type: 'existing_session', session_id: 'as_1', instructions: 'a' }
  for (const [path, body] of [
    ['/agents/sessions', { environment }],
    ['/agents/automations', { target }],
  ] as const) {
    expect((await call('POST', path, ben, body)).status).toBe(404)
    expect((await call('POST', path, ann, body)).status).toBe(200)
  }
})

async function keyOf(name: string): Promise<Record<string, string>> {
  const { key } = (await trimtab.json('keys', 'create', '--name', name, '--tenant', name, '--json')) as {
    key: string
  }
  return { authorization: `Bearer ${key}` }
}

function call(method: string, path: string, who: Record<string, string>, body?: unknown): Promise<Response> {
  return fetch(`${trimtab.origin}/v1${path}`, {
    method,
    headers: { ...who, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
}
