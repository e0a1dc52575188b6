import { describe, expect, test } from 'vitest'
import { inMemoryApp } from './in-memory-app.ts'

const PAGE = 'https://app.example'
const { app } = inMemoryApp(`
access: { origins: ["${PAGE}"] }
providers: { mine: { base_url: "http://127.0.0.1:9/v1", models: [any] } }
`)

function ask(origin: string, stream = false): Promise<Response> {
  return Promise.resolve(
    app.request('/v1/chat/completions', {
      method: 'POST',
      headers: { host: 'localhost', origin, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'sandbox/any', stream, messages: [{ role: 'user', content: 'Hello' }] }),
    }),
  )
}

describe('pages of listed origins', () => {
  test('preflight: a listed origin may send what it asks for', async () => {
    const answer = await app.request('/v1/chat/completions', {
      method: 'OPTIONS',
      headers: {
        host: 'localhost',
        origin: PAGE,
        'access-control-request-headers': 'authorization, x-stainless-os',
      },
    })
    expect(answer.status).toBe(204)
    expect(answer.headers.get('access-control-allow-origin')).toBe(PAGE)
    expect(answer.headers.get('access-control-allow-headers')).toBe('authorization, x-stainless-os')
  })

  test('preflight: another origin may not', async () => {
    const headers = { host: 'localhost', origin: 'https://elsewhere.example' }
    const answer = await app.request('/v1/chat/completions', { method: 'OPTIONS', headers })
    expect(answer.status).toBe(403)
    expect(answer.headers.get('access-control-allow-origin')).toBeNull()
  })

  test.each([false, true])(
    'answers name the origin, so that the browser hands them over (stream: %s)',
    async (stream) => {
      const answer = await ask(PAGE, stream)
      expect(answer.status).toBe(200)
      expect(answer.headers.get('access-control-allow-origin')).toBe(PAGE)
      expect(await answer.text()).toContain('Simulated')
    },
  )

  test('failures name the origin too, and the list of models', async () => {
    const headers = { host: 'localhost', origin: PAGE }
    const failed = await app.request('/v1/chat/completions', { method: 'POST', headers, body: '{' })
    expect([failed.status, failed.headers.get('access-control-allow-origin')]).toEqual([400, PAGE])
    const listed = await app.request('/v1/models', { headers })
    expect([listed.status, listed.headers.get('access-control-allow-origin')]).toEqual([200, PAGE])
  })

  test('a page that is not listed is refused before anything is sent', async () => {
    expect((await ask('https://elsewhere.example')).status).toBe(403)
  })
})
