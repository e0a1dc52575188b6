/** Models on TensorFlow Serving, Text Embeddings Inference and Vertex AI, through the official SDK. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import OpenAI, { toFile } from 'openai'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { settledLedger } from '../../support/ledger-file.ts'
import { type Inside, startInside } from '../../support/start-inside.ts'
import { LABELS, POISON, scoresOf, vectorOf } from '../../support/tensor-servers/models.ts'
import { jsonReply, type Served, serve } from '../../support/tensor-servers/serve.ts'
import { startTei } from '../../support/tensor-servers/tei.ts'
import { startTensorflowServing } from '../../support/tensor-servers/tensorflow-serving.ts'
import { startVertex } from '../../support/tensor-servers/vertex.ts'
import { wave } from '../../support/tensor-servers/wave.ts'
import { KEY_ID, SERVICE_ACCOUNT, startTokenServer, type TokenServer } from '../../support/token-server.ts'

const folder = mkdtempSync(join(tmpdir(), 'trimtab-tensors-'))
let servers: Served[]
let tokens: TokenServer
let trimtab: Inside
let openai: OpenAI

beforeAll(async () => {
  tokens = await startTokenServer()
  const tensorflow = await startTensorflowServing()
  const vertex = await startVertex(() => tokens.issued.at(-1) ?? '')
  const [embedder, reranker, classifier] = await Promise.all(
    (['embedding', 'reranker', 'classifier'] as const).map(startTei),
  )
  // Lost what they were asked: no vector, no row, and a rank far beyond the documents.
  const unwell = await serve(({ path }) =>
    jsonReply(path === '/rerank' ? [{ index: 2 ** 32 - 2, score: 1 }] : []),
  )
  const outputs = [{ name: 'VECTOR', datatype: 'FP32', shape: [0, 2], data: [] }]
  const rowless = await serve(() => jsonReply({ model_name: 'none', outputs }))
  servers = [tensorflow, vertex, embedder, reranker, classifier, unwell, rowless] as Served[]
  const credentials = join(folder, 'credentials.json')
  writeFileSync(
    credentials,
    JSON.stringify({
      type: 'service_account',
      client_email: SERVICE_ACCOUNT,
      private_key: tokens.privateKey,
      private_key_id: KEY_ID,
      token_uri: tokens.tokenUri,
    }),
  )
  trimtab = await startInside({
    config: `
providers:
  tf:
    dialect: tensorflow-serving
    base_url: "${tensorflow.origin}"
    models:
      encoder: { serves: embeddings, input: { text: text }, output: { embedding: vector } }
      pooled: { serves: embeddings, remote: encoder, version: 2, signature: pooled, input: { text: text }, output: { embedding: pooled, tokens: count } }
      stable: { serves: embeddings, remote: encoder, label: stable, input: { text: text }, output: { embedding: vector } }
      gone: { serves: embeddings, remote: encoder, version: 9, input: { text: text }, output: { embedding: vector } }
      numbers: { serves: embeddings, remote: encoder, input: { text: { value: 3 } }, output: { embedding: vector } }
      guard: { serves: moderations, method: classify, input: { text: text } }
      length: { serves: custom, remote: encoder, method: regress, input: { text: body.text } }
      speech: { serves: audio/transcriptions, input: { wav: { from: file, shape: [] } }, output: { text: transcript } }
  embedder: { dialect: tei, base_url: "${embedder?.origin}", models: { bge: { serves: embeddings } } }
  hourly: { dialect: tei, base_url: "${embedder?.origin}", models: { by-the-hour: { serves: embeddings } }, cost: { usd_per_hour: 36 } }
  reranker: { dialect: tei, base_url: "${reranker?.origin}", models: { bge-reranker: { serves: rerank } } }
  rowless: { dialect: kserve, base_url: "${rowless.origin}", models: { none: { serves: embeddings, input: { TEXT: text }, output: { embedding: VECTOR } } } }
  unwell: { dialect: tei, base_url: "${unwell.origin}", models: { bare: { serves: embeddings }, wild: { serves: rerank } } }
  classifier: { dialect: tei, base_url: "${classifier?.origin}", models: { toxic: { serves: moderations } } }
  vertex:
    dialect: vertex
    base_url: "${vertex.origin}/v1/projects/p/locations/l"
    credentials: google
    models:
      gecko: { serves: embeddings, remote: 4711, input: { content: text }, output: { embedding: values } }
      raw: { serves: embeddings, remote: 4711, method: raw_predict, binary: on, input: { TEXT: { from: text, shape: [rows, 1] } }, output: { embedding: VECTOR } }
      elsewhere: { serves: embeddings, remote: 4712, input: { content: text }, output: { embedding: values } }
prices: { overrides: { embedder/bge: { input: 0.1 } } }
`,
    environment: { GOOGLE_APPLICATION_CREDENTIALS: credentials },
    policies: { 'default.yaml': 'limits: { retries: 0 }\ncache: { exact: { mode: off } }' },
  })
  openai = new OpenAI({ baseURL: `${trimtab.origin}/v1`, apiKey: 'none', maxRetries: 0 })
})
afterAll(async () => {
  await trimtab.stop()
  await Promise.all(servers.map((server) => server.close()))
  await tokens.close()
  rmSync(folder, { recursive: true, force: true })
})

const embed = (model: string, input: string | string[]) => openai.embeddings.create({ model, input })
const vectors = async (model: string, input: string[]) =>
  (await embed(model, input)).data.map(({ embedding }) => embedding)

describe('TensorFlow Serving', () => {
  test.each(['encoder', 'pooled', 'stable'])('%s predicts by rows', async (model) => {
    const input = ['one', 'and another']
    expect(await vectors(model, input)).toEqual(input.map(vectorOf))
  })

  test('predicts by columns where nothing has rows, files as base64', async () => {
    const sound = wave({ sampleRate: 16_000, samples: [0, 0.1] })
    const file = await toFile(sound, 'a.wav')
    expect(await openai.audio.transcriptions.create({ model: 'speech', file })).toMatchObject({
      text: `${sound.byteLength} bytes were heard`,
    })
  })

  test('classifies, by labels that it tells', async () => {
    const { results } = await openai.moderations.create({ model: 'guard', input: 'some violence' })
    expect(results[0]).toMatchObject({ flagged: true, categories: { hate: false, violence: true } })
  })

  test('regresses', async () => {
    expect(await openai.post('/custom/length', { body: { body: { text: 'fifty' } } })).toEqual({
      value: 0.05,
    })
  })

  test.each([
    ['gone', 404, /Servable not found for request: Specific\(encoder, 9\)/],
    ['numbers', 400, /element: 0 of 'instances' list/],
  ])('%s is refused with %i, in its words', async (model, status, message) => {
    await expect(embed(model, 'x')).rejects.toMatchObject({ status, message: expect.stringMatching(message) })
  })

  test('a vector of bare NaN is an answer that cannot be read, not one of nulls', async () => {
    await expect(embed('encoder', 'not a number')).rejects.toMatchObject({
      status: 502,
      message: expect.stringMatching(/NaN/),
    })
  })
})

describe('Text Embeddings Inference', () => {
  test('embeds more texts than it takes in a call, and is billed by what it counted', async () => {
    const input = Array.from({ length: 40 }, (_, index) => `text ${index}`)
    const { data, usage } = await embed('bge', input)
    expect(data.map(({ embedding }) => embedding)).toEqual(input.map(vectorOf))
    expect(usage).toEqual({ prompt_tokens: 80, total_tokens: 80 })
  })

  test('costs its hours, shared out by what it counted', async () => {
    const { response } = await openai.embeddings
      .create({ model: 'by-the-hour', input: 'a b c' })
      .withResponse()
    expect(Number(response.headers.get('x-trimtab-cost-usd'))).toBeGreaterThan(0)
  })

  test('reranks', async () => {
    const body = { model: 'bge-reranker', query: 'tides', documents: ['cats', { text: 'the tides' }] }
    const answer = await openai.post('/rerank', { body })
    expect(answer).toMatchObject({
      results: [
        { index: 1, relevance_score: 1 },
        { index: 0, relevance_score: 0 },
      ],
    })
    const [attempt] = (await settledLedger(trimtab.ledgerFile)).at(-1)?.attempts ?? []
    expect(attempt).toMatchObject({ provider: 'reranker', usage: 'reported', input: 3 })
  })

  test('classifies', async () => {
    const { results } = await openai.moderations.create({ model: 'toxic', input: ['hate', 'calm'] })
    expect(results.map(({ category_scores }) => category_scores)).toEqual(
      ['hate', 'calm'].map((text) =>
        Object.fromEntries(LABELS.map((label, index) => [label, scoresOf(text)[index]])),
      ),
    )
    const [attempt] = (await settledLedger(trimtab.ledgerFile)).at(-1)?.attempts ?? []
    expect(attempt).toMatchObject({ provider: 'classifier', usage: 'reported', input: 2 })
  })

  test.each([
    ['', 413, /cannot be empty/],
    [POISON, 502, /ILLEGAL_ADDRESS/],
  ])('refuses `%s` with %i', async (input, status, message) => {
    await expect(embed('bge', [input])).rejects.toMatchObject({
      status,
      message: expect.stringMatching(message),
    })
  })
})

test.each([
  ['/embeddings', { model: 'unwell/bare', input: 'x' }, /its embedding has no numbers/],
  ['/embeddings', { model: 'rowless/none', input: 'x' }, /its embedding has no numbers/],
  ['/rerank', { model: 'unwell/wild', query: 'x', documents: ['x'] }, /a rank has index 4294967294/],
])(
  'an answer on %s that has nothing to do with what was asked is told as one',
  async (path, body, message) => {
    await expect(openai.post(path, { body })).rejects.toMatchObject({
      status: 502,
      message: expect.stringMatching(message),
    })
  },
)

describe('Vertex AI', () => {
  test.each(['gecko', 'raw'])('%s is asked with a token of Google’s', async (model) => {
    expect(await vectors(model, ['one', 'two'])).toEqual(['one', 'two'].map(vectorOf))
  })

  test('an endpoint that is not there is told as such', async () => {
    await expect(embed('elsewhere', 'x')).rejects.toMatchObject({
      status: 404,
      message: expect.stringMatching(/4712/),
    })
  })
})
