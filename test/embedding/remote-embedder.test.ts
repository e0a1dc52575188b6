/** The remote embedder, over real sockets, against a server that embeds for real and speaks the real protocols. */
import { mkdtempSync, rmSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type Embedder, EmbedderUnavailable } from '../../src/embedding/embedder.ts'
import { RemoteEmbedder, type RemoteEmbedderSettings } from '../../src/embedding/remote-embedder.ts'
import type { ContextualEmbedder } from '../../src/platform/node/contextual-embedder.ts'
import { UndiciTransport } from '../../src/platform/node/undici-transport.ts'
import { Secret } from '../../src/providers/secret.ts'
import { type EmbeddingServer, startEmbeddingServer } from '../support/embedding-server.ts'
import { fetchedMinilm, installMinilm, openMinilm } from '../support/minilm.ts'
import { embedderContract } from './embedder-contract.ts'

const weights = fetchedMinilm()
const network = new UndiciTransport()
afterAll(() => network.close())

function open(server: EmbeddingServer, more: Partial<RemoteEmbedderSettings> = {}): RemoteEmbedder {
  const dialect = more.dialect ?? 'openai'
  return new RemoteEmbedder(
    {
      dialect,
      baseUrl: { origin: server.origin, path: dialect === 'openai' ? '/v1' : '' },
      model: 'minilm',
      apiKey: new Secret(server.key),
      dimensions: 384,
      timeoutMs: 25_000,
      ...more,
    },
    network,
  )
}

describe.skipIf(weights === undefined)('with real vectors', () => {
  const folder = mkdtempSync(join(tmpdir(), 'trimtab-remote-'))
  let minilm: ContextualEmbedder
  let server: EmbeddingServer
  let plain: EmbeddingServer

  beforeAll(async () => {
    minilm = openMinilm(await installMinilm(folder, weights ?? ''))
    server = await startEmbeddingServer(() => minilm)
    plain = await startEmbeddingServer(() => minilm, { ignoresBase64: true })
  })
  afterAll(async () => {
    await Promise.all([server.close(), plain.close(), minilm.stop()])
    rmSync(folder, { recursive: true, force: true })
  })

  describe("OpenAI's protocol, base64", () => embedderContract(() => open(server)))
  describe("OpenAI's protocol, numbers in any order", () => embedderContract(() => open(plain)))
  describe("TEI's protocol", () => embedderContract(() => open(server, { dialect: 'tei' })))
})

describe('a server that is not as it should be', () => {
  let server: EmbeddingServer
  beforeAll(async () => {
    server = await startEmbeddingServer(() => HALVES)
  })
  afterEach(() => server.misbehave(undefined))
  afterAll(() => server.close())

  const json = (status: number, value: unknown) => (response: ServerResponse) =>
    void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))
  const row = (embedding: unknown) => json(200, { data: [{ index: 0, embedding }] })

  test('vectors of any length become ones of length 1', async () => {
    const [vector] = await open(server, { dimensions: 4 }).embed(['a'])
    expect([...(vector ?? [])]).toEqual([0.5, 0.5, 0.5, 0.5])
  })

  test('names model and encoding, and dimensions only to models that know the word', async () => {
    await open(server, { dimensions: 4 }).embed(['a', 'b'])
    expect(server.asked.at(-1)).toEqual({
      path: '/v1/embeddings',
      body: { model: 'minilm', input: ['a', 'b'], encoding_format: 'base64' },
    })
    await open(server, { model: 'text-embedding-3-small', dimensions: 256 })
      .embed(['a'])
      .catch(() => {})
    expect(server.asked.at(-1)?.body).toMatchObject({ model: 'text-embedding-3-small', dimensions: 256 })
  })

  test.each<[string, (response: ServerResponse) => void, RegExp]>([
    ['another number of dimensions', row([1, 2, 3]), /its vectors have 3 dimensions, and 4 are configured/],
    ['no vector', row({ a: 1 }), /it answered what is no vector/],
    ['broken base64', row('AAAA*'), /it answered what is no vector/],
    ['half a float', row('AAAA'), /it answered what is no vector/],
    ['an infinite number', row('AACAfwAAgD8AAIA/AACAPw=='), /it answered what is no number/],
    ['too few vectors', json(200, { data: [] }), /one vector for each of 1 texts/],
    ['no JSON', (response) => void response.end('<html>'), /its answer is no JSON/],
    ['a failure', json(503, { error: { message: 'Model is\nloading.' } }), /status 503: Model is loading\.$/],
    ["TEI's failure", json(429, { error: 'Model is overloaded' }), /status 429: Model is overloaded\.$/],
    ['a broken connection', (response) => void response.socket?.destroy(), /\((?:reset|stale)\)/],
    ['no end', (response) => void response.end('1'.repeat(1_000_000)), /larger than any that fits/],
  ])('%s is told', async (_, how, message) => {
    server.misbehave(how)
    const asked = open(server, { dimensions: 4 }).embed(['a'])
    await expect(asked).rejects.toThrow(EmbedderUnavailable)
    await expect(asked).rejects.toThrow(message)
    server.misbehave(undefined)
    expect(await open(server, { dimensions: 4 }).embed(['a'])).toHaveLength(1)
  })

  test('no answer in time, nobody there, the wrong key: told, and the key never shown', async () => {
    server.misbehave(() => {})
    const slow = open(server, { dimensions: 4, timeoutMs: 50 })
    await expect(slow.embed(['a'])).rejects.toThrow(/no answer within 50 ms/)
    server.misbehave(undefined)
    const nobody = open(server, { baseUrl: { origin: 'http://127.0.0.1:1', path: '/v1' } })
    await expect(nobody.embed(['a'])).rejects.toThrow(/ECONNREFUSED \(unreachable\)/)
    const wrong = open(server, { apiKey: new Secret('sk-wrong-9876') }).embed(['a'])
    await expect(wrong).rejects.toThrow(/status 401: Incorrect API key provided\.$/)
    await expect(wrong).rejects.not.toThrow(/9876/)
  })

  test('its id tells server, model and dimensions apart', () => {
    const ids = [
      open(server),
      open(server, { model: 'other' }),
      open(server, { dimensions: 4 }),
      open(server, { dialect: 'tei' }),
      open(server, { baseUrl: { origin: 'http://other', path: '/v1' } }),
    ].map(({ id }) => id)
    expect(new Set(ids).size).toBe(ids.length)
  })
})

/** Not of unit length, so that something is left to do. */
const HALVES: Embedder = {
  id: 'halves',
  dimensions: 4,
  embed: async (texts) => texts.map(() => Float32Array.of(3, 3, 3, 3)),
}
