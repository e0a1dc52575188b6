/** Models on Triton through the official SDK: every request held to KServe's published schemas by the double. */
import OpenAI, { toFile } from 'openai'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { settledLedger } from '../../support/ledger-file.ts'
import { type Inside, startInside } from '../../support/start-inside.ts'
import { DIMENSIONS, LABELS, POISON, scoresOf, vectorOf } from '../../support/tensor-servers/models.ts'
import { startTriton, type Triton } from '../../support/tensor-servers/triton.ts'
import { FAILS_UNDER_WAY } from '../../support/tensor-servers/triton-generate.ts'
import { wave } from '../../support/tensor-servers/wave.ts'

let triton: Triton
let trimtab: Inside
let openai: OpenAI

beforeAll(async () => {
  triton = await startTriton()
  trimtab = await startInside({
    config: `
providers:
  triton:
    dialect: kserve
    base_url: "${triton.origin}"
    models:
      embedder: { serves: embeddings, input: { TEXT: text }, output: { embedding: VECTOR, tokens: TOKENS }, shorten: on, max_rows: 32 }
      uncounted: { serves: embeddings, remote: embedder, version: 1, input: { TEXT: text }, output: { embedding: VECTOR }, binary: on, batch: { max_size: 32, max_delay: 200ms } }
      guard: { serves: moderations, input: { TEXT: text }, output: { scores: SCORES }, labels: [${LABELS}] }
      whisper: { serves: audio/transcriptions, input: { WAV: file }, output: { text: TRANSCRIPT } }
      listener:
        serves: audio/transcriptions
        input: { SAMPLES: { from: samples, shape: [1, any] } }
        output: { text: TEXT }
        sample_rate: 8000
      tickets:
        serves: custom
        input: { SUBJECT: subject, AGE: { from: customer.age, datatype: INT32 }, WEIGHTS: { from: weights, shape: [rows, any] } }
        output: { queue: QUEUE, shares: SHARES }
      ranker: { serves: rerank, input: { QUERY: query, DOCUMENT: document }, output: { score: SCORE }, max_rows: 8 }
      teller: { serves: chat/completions, template: { user: "{content}\\n", start: "> ", stop: [END] } }
      misnamed: { serves: embeddings, remote: nobody, input: { TEXT: text }, output: { embedding: VECTOR } }
      misdeclared: { serves: embeddings, remote: embedder, input: { TEXT: { from: text, shape: [rows] } }, output: { embedding: VECTOR } }
prices: { overrides: { triton/embedder: { input: 1 }, triton/whisper: { audio_minute: 0.006 } } }
`,
    policies: {
      'default.yaml': 'limits: { retries: 0 }\ncache: { exact: { mode: off } }',
      'small.yaml':
        'workflow: small\ntiers: { only: { use: triton/teller } }\nroute: [{ name: all, to: only }]',
    },
  })
  openai = new OpenAI({ baseURL: `${trimtab.origin}/v1`, apiKey: 'none', maxRetries: 0 })
})
beforeEach(() => {
  triton.batches.length = 0
  triton.came.length = 0
})
afterAll(async () => {
  await trimtab.stop()
  await triton.close()
})

describe('embeddings', () => {
  test.each(['float', 'base64'] as const)('are told as %s', async (encoding_format) => {
    const input = ['one', 'two words', 'œ𝄞']
    const { data, usage, model } = await openai.embeddings.create({
      model: 'embedder',
      input,
      encoding_format,
    })
    const vectors = data.map(({ embedding }) =>
      typeof embedding === 'string' ? floatsOf(embedding) : (embedding as number[]),
    )
    expect(vectors).toEqual(input.map(vectorOf))
    expect([model, usage]).toEqual(['embedder', { prompt_tokens: 4, total_tokens: 4 }])
  })

  test('of more texts than the model takes are asked in calls that it takes', async () => {
    const input = Array.from({ length: 70 }, (_, index) => `text ${index}`)
    const { data } = await openai.embeddings.create({ model: 'embedder', input })
    expect(data.map(({ embedding }) => embedding)).toEqual(input.map(vectorOf))
    expect(triton.batches.toSorted((one, other) => other - one)).toEqual([32, 32, 6])
  })

  test('are cut to the dimensions asked for, and of unit length again', async () => {
    const { data } = await openai.embeddings.create({ model: 'embedder', input: 'short', dimensions: 3 })
    const [one = 0, two = 0, three = 0] = vectorOf('short')
    const norm = Math.hypot(one, two, three)
    for (const [index, value] of [one, two, three].entries())
      expect(data[0]?.embedding[index]).toBeCloseTo(value / norm, 6)
    const more = openai.embeddings.create({ model: 'embedder', input: 'short', dimensions: DIMENSIONS + 1 })
    await expect(more).rejects.toMatchObject({ status: 400, param: 'dimensions' })
    const whole = openai.embeddings.create({ model: 'uncounted', input: 'short', dimensions: 3 })
    await expect(whole).rejects.toMatchObject({ status: 400, param: 'dimensions' })
  })

  test('are billed by what the model counted, else by what is estimated', async () => {
    const { response } = await openai.embeddings
      .create({ model: 'embedder', input: ['a b c', 'd'] })
      .withResponse()
    expect(response.headers.get('x-trimtab-cost-usd')).toBe('0.000004')
    await openai.embeddings.create({ model: 'uncounted', input: 'twelve letters' })
    const attempts = (await settledLedger(trimtab.ledgerFile)).flatMap((request) => request.attempts)
    expect(attempts.slice(-2)).toMatchObject([
      { model: 'embedder', input: 4, usage: 'reported' },
      { model: 'uncounted', usage: 'estimated' },
    ])
    expect(attempts.at(-1)?.input).toBeGreaterThan(0)
  })
})

describe('moderations', () => {
  test('hold each label to its threshold', async () => {
    const { results } = await openai.moderations.create({
      model: 'guard',
      input: ['calm', 'violence and hate'],
    })
    expect(
      results.map(({ flagged, categories, category_scores }) => ({ flagged, categories, category_scores })),
    ).toEqual(
      ['calm', 'violence and hate'].map((text) => ({
        flagged: text !== 'calm',
        categories: Object.fromEntries(LABELS.map((label) => [label, text.includes(label)])),
        category_scores: Object.fromEntries(LABELS.map((label, index) => [label, scoresOf(text)[index]])),
      })),
    )
  })
})

describe('audio', () => {
  test('goes as the file that it is, and costs its minutes', async () => {
    const sound = wave({ sampleRate: 8000, samples: new Array(4000).fill(0.25) })
    const file = await toFile(sound, 'speech.wav')
    const { data, response } = await openai.audio.transcriptions
      .create({ model: 'whisper', file })
      .withResponse()
    expect(data.text).toBe(`${sound.byteLength} bytes were heard`)
    expect(response.headers.get('x-trimtab-cost-usd')).toBe('0.00005')
  })

  test('or as its samples, at the rate that the model takes', async () => {
    const file = await toFile(wave({ sampleRate: 8000, samples: [0, 0.5, -0.75, 0.25] }), 'speech.wav')
    const { text } = await openai.audio.transcriptions.create({ model: 'listener', file })
    expect(text).toBe('4 samples up to 0.75')
    const other = await toFile(wave({ sampleRate: 16_000, samples: [0, 0.5] }), 'speech.wav')
    await expect(
      openai.audio.transcriptions.create({ model: 'listener', file: other }),
    ).rejects.toMatchObject({
      status: 400,
      param: 'file',
    })
    const odd = wave({ sampleRate: 8000, samples: [0, 0.5] })
    odd.writeUInt16LE(12, 34)
    const unread = openai.audio.transcriptions.create({
      model: 'listener',
      file: await toFile(odd, 'speech.wav'),
    })
    await expect(unread).rejects.toMatchObject({
      status: 400,
      param: 'file',
      message: expect.stringMatching(/samples of 12 bits are not known/),
    })
  })
})

describe('custom routes and reranking', () => {
  test('a custom route takes members of JSON and tells its outputs', async () => {
    const body = { subject: 'my bill', customer: { age: 41 }, weights: [1, 1, 2] }
    expect(await openai.post('/custom/tickets', { body })).toEqual({
      queue: 'billing-41',
      shares: [0.25, 0.25, 0.5],
    })
    expect(await openai.post('/custom/triton/tickets', { body })).toMatchObject({ queue: 'billing-41' })
    await expect(
      openai.post('/custom/tickets', { body: { subject: 'x', weights: [] } }),
    ).rejects.toMatchObject({
      status: 400,
      param: 'customer.age',
    })
    await expect(openai.get('/custom/tickets')).rejects.toMatchObject({ status: 405 })
  })

  test.each([
    ['age', { customer: { age: 3e9 } }, /AGE takes INT32, from -2147483648 to 2147483647, not 3000000000/],
    ['weight', { weights: [1e39, 1, 1] }, /WEIGHTS takes FP32, .* not 1e\+39/],
  ])('no other %s is asked about than the one that came', async (_, wrong, message) => {
    const body = { subject: 'my bill', customer: { age: 41 }, weights: [1, 1, 2], ...wrong }
    await expect(openai.post('/custom/tickets', { body })).rejects.toMatchObject({
      status: 400,
      message: expect.stringMatching(message),
    })
    expect(triton.came).toEqual([])
  })

  test('reranking tells documents best first, in the shape that vLLM, Jina and Cohere share', async () => {
    const documents = [
      'rivers',
      'tides and rivers',
      'cats',
      ...Array.from({ length: 9 }, (_, index) => `${index}`),
    ]
    const body = { model: 'ranker', query: 'tides rivers', documents, top_n: 2, return_documents: true }
    const answer = await openai.post('/rerank', { body })
    expect(answer).toMatchObject({
      model: 'ranker',
      results: [
        { index: 1, relevance_score: 1, document: { text: 'tides and rivers' } },
        { index: 0, relevance_score: 0.5, document: { text: 'rivers' } },
      ],
    })
    const [attempt] = (await settledLedger(trimtab.ledgerFile)).at(-1)?.attempts ?? []
    expect(attempt).toMatchObject({ model: 'ranker', outcome: 'answered', usage: 'estimated' })
    expect(attempt?.input).toBeGreaterThan(5)
  })
})

describe('chats', () => {
  const messages = [{ role: 'user', content: 'I am\nthe text that is said back' }] as const

  test('are said as one text by the template, and told without it', async () => {
    const { choices } = await openai.chat.completions.create({ model: 'teller', messages: [...messages] })
    expect(choices[0]).toMatchObject({
      message: { role: 'assistant', content: 'the text that is said back' },
      finish_reason: 'stop',
    })
    expect(JSON.parse(triton.came.at(-1)?.bytes.toString() ?? '')).toMatchObject({
      text_input: 'I am\nthe text that is said back\n> ',
      parameters: { stream: false, stop: ['END'] },
    })
  })

  test('stream as they come, up to a text that ends them', async () => {
    const content = 'first\na word or two EN END and what nobody hears'
    const stream = await openai.chat.completions.create({
      model: 'teller',
      messages: [{ role: 'user', content }],
      stream: true,
    })
    const pieces: string[] = []
    let reason: string | null = null
    for await (const { choices } of stream) {
      if (choices[0]?.delta.content) pieces.push(choices[0].delta.content)
      reason = choices[0]?.finish_reason ?? reason
    }
    expect([pieces.join(''), reason]).toEqual(['a word or two EN ', 'stop'])
    expect(pieces.length).toBeGreaterThan(3)
  })

  test('are asked in the words of responses and of messages, too, and as a tier of a policy', async () => {
    const { output_text } = await openai.responses.create({ model: 'teller', input: 'x\nsaid back here' })
    expect(output_text).toBe('said back here')
    const answer = await fetch(`${trimtab.origin}/v1/messages`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        model: 'teller',
        max_tokens: 2,
        messages: [{ role: 'user', content: 'x\none two three' }],
      }),
    })
    expect(await answer.json()).toMatchObject({ content: [{ type: 'text', text: 'one two' }] })
    const tier = await openai.chat.completions.create({ model: 'small', messages: [...messages] })
    expect(tier.choices[0]?.message.content).toBe('the text that is said back')
  })

  test('an error behind a 200 is one to the caller', async () => {
    const stream = await openai.chat.completions.create({
      model: 'teller',
      messages: [{ role: 'user', content: `x\n${FAILS_UNDER_WAY} of it` }],
      stream: true,
    })
    const heard = (async () => {
      for await (const _ of stream);
    })()
    await expect(heard).rejects.toThrow(/ran out of memory/)
  })

  test('what plain text cannot say is refused', async () => {
    const tools = [{ type: 'function' as const, function: { name: 'f' } }]
    const asked = openai.chat.completions.create({ model: 'teller', messages: [...messages], tools })
    await expect(asked).rejects.toMatchObject({ status: 400, param: 'tools' })
  })
})

describe('errors', () => {
  test.each([
    ['misnamed', 404, /unknown model: 'nobody'/],
    ['misdeclared', 400, /unexpected shape for input 'TEXT'.*Expected \[-1,1\], got \[1\]/],
    ['guard', 400, /answers \/v1\/moderations, not \/v1\/embeddings/],
    ['triton/neverheard', 404, /no model neverheard/],
  ])('of %s are told as OpenAI tells them, with status %i', async (model, status, message) => {
    const asked = openai.embeddings.create({ model, input: 'x' })
    await expect(asked).rejects.toMatchObject({
      status,
      message: expect.stringMatching(message),
      type: 'invalid_request_error',
    })
  })

  test('a model that fails is a provider that fails', async () => {
    const asked = openai.embeddings.create({ model: 'embedder', input: POISON })
    await expect(asked).rejects.toMatchObject({
      status: 502,
      message: expect.stringMatching(/more than this model bears/),
    })
  })
})

describe('joined calls', () => {
  test('concurrent calls of one model are asked in one, and told apart', async () => {
    triton.takes = { callMs: 30, rowMs: 0 }
    const inputs = Array.from({ length: 20 }, (_, index) => `text ${index}`)
    const told = await Promise.all(
      inputs.map((input) => openai.embeddings.create({ model: 'uncounted', input })),
    )
    triton.takes = { callMs: 0, rowMs: 0 }
    expect(told.map(({ data }) => data[0]?.embedding)).toEqual(inputs.map(vectorOf))
    expect(triton.batches.reduce((sum, rows) => sum + rows, 0)).toBe(20)
    expect(triton.batches.length).toBeLessThan(10)
  })

  test('of a batch that fails each is asked for itself: only the one at fault fails', async () => {
    triton.takes = { callMs: 30, rowMs: 0 }
    const inputs = [
      'first',
      ...Array.from({ length: 6 }, (_, index) => (index === 3 ? POISON : `text ${index}`)),
    ]
    const ends = await Promise.allSettled(
      inputs.map((input) => openai.embeddings.create({ model: 'uncounted', input })),
    )
    triton.takes = { callMs: 0, rowMs: 0 }
    expect(ends.map(({ status }) => status)).toEqual(
      inputs.map((input) => (input === POISON ? 'rejected' : 'fulfilled')),
    )
  })
})

test('the list of models and their standing come from the server', async () => {
  const listed = await openai.models.list()
  expect(listed.data.map(({ id }) => id)).toEqual(expect.arrayContaining(['embedder', 'teller']))
})

function floatsOf(base64: string): number[] {
  const bytes = Buffer.from(base64, 'base64')
  return Array.from({ length: bytes.byteLength / 4 }, (_, index) => bytes.readFloatLE(index * 4))
}
