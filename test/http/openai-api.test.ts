/** Every path of OpenAI's API: answered, passed to where it was meant to go, or refused with the reason. */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { NEWER_OPENAI_PATHS, OPENAI_PATHS } from '../openai/openai-paths.ts'
import { type InMemoryApp, inMemoryApp } from './in-memory-app.ts'

/** What trimtab answers itself, or sends in words of its own. */
const OWN = new Set([
  'POST /chat/completions',
  'POST /completions',
  'POST /embeddings',
  'POST /responses',
  'GET /models',
  'GET /models/{model}',
])
/** Only an organization's administrator may ask these, by a key of another kind than trimtab's. */
const ADMINISTRATION = /^\/(?:organization|projects|fine_tuning\/checkpoints)(?:\/|$)/

const REQUESTS = Object.entries({ ...OPENAI_PATHS, ...NEWER_OPENAI_PATHS }).flatMap(([path, methods]) =>
  methods.split(' ').map((method) => [method, path] as const),
)

let provider: Server
let inMemory: InMemoryApp
const asked: string[] = []

beforeAll(async () => {
  provider = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`)
    response.setHeader('content-type', 'application/json')
    response.end('{"object":"list","data":[{"id":"m","object":"model"}]}')
  })
  await new Promise<void>((resolve) => provider.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(provider.address() as AddressInfo).port}/v1`
  inMemory = inMemoryApp(`
default_provider: openai
providers: { openai: { vendor: openai, base_url: "${url}", api_key: k } }
`)
})
afterAll(() => {
  provider.closeAllConnections()
  provider.close()
})

describe('OpenAI’s API', () => {
  test('is all here', () => {
    expect(REQUESTS).toHaveLength(345)
  })

  test.each(REQUESTS.filter(([method, path]) => isPassed(method, path)))(
    '%s %s is passed through',
    async (method, path) => {
      asked.splice(0)
      const answer = await send(method, path)
      expect([answer.status, asked]).toEqual([200, [`${method} ${named(path)}`]])
      const id = answer.headers.get('x-trimtab-request-id') ?? ''
      await expect.poll(() => inMemory.ledger.request(id)).toMatchObject({ status: 200 })
      expect((await inMemory.ledger.request(id))?.endpoint).not.toBe('unlisted')
    },
  )

  test.each(REQUESTS.filter(([, path]) => ADMINISTRATION.test(path)))(
    '%s %s is administration, and not passed on',
    async (method, path) => {
      asked.splice(0)
      const answer = await send(method, path)
      const { error } = (await answer.json()) as { error: { message: string; code: string } }
      expect([answer.status, error.code, asked]).toEqual([404, 'not_found', []])
      expect(error.message).toBe(
        `${named(path)} is not passed through: it administers an organization by an admin key, which trimtab neither has nor passes on: ask the provider itself.`,
      )
    },
  )

  test.each([...OWN].map((name) => name.split(' ') as [string, string]))(
    '%s %s is trimtab’s own',
    async (method, path) => {
      const answer = await send(method, path.replace('{model}', 'm'))
      // An empty body is refused here, or by the provider, whose answer to it is none.
      expect(method === 'GET' ? [200] : [400, 502]).toContain(answer.status)
    },
  )
})

function isPassed(method: string, path: string): boolean {
  return !OWN.has(`${method} ${path}`) && !ADMINISTRATION.test(path)
}

/** With something in the place of each name. */
function named(path: string): string {
  return `/v1${path.replace(/\{([^}]*)\}/g, 'a_$1')}`
}

function send(method: string, path: string): Response | Promise<Response> {
  const body = method === 'POST' ? { body: '{}', headers: { 'content-type': 'application/json' } } : {}
  return inMemory.app.request(`http://127.0.0.1${named(path)}`, { method, ...body })
}
