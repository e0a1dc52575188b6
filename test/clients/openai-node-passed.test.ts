/** OpenAI's Node SDK, unmodified, on the endpoints that are passed through; every test looks at the ledger as well. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import OpenAI, { NotFoundError, toFile } from 'openai'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { audioSeconds } from '../support/mock-provider/media-answer.ts'
import { type MockProvider, startMockProvider } from '../support/mock-provider/mock-provider.ts'
import { fieldOf, readForm } from '../support/mock-provider/read-form.ts'
import { startTrimtab, type Trimtab } from '../support/start-trimtab.ts'

let mock: MockProvider
let trimtab: Trimtab
let client: OpenAI

interface Told {
  endpoint: string
  status: number
  cost_usd: number | null
  workflow: string
  attempts: {
    model: string
    account?: string
    tokens: Record<string, number>
    cost_usd: number | null
    usage: string
  }[]
}

beforeAll(async () => {
  mock = await startMockProvider()
  trimtab = await startTrimtab({
    config: `
default_provider: openai
providers:
  openai: { base_url: "${mock.url}", vendor: openai, accounts: [{ name: one, api_key: key-one }, { name: two, api_key: key-two }] }
aliases: { ears: openai/whisper-1 }
prices: { overrides: { openai/tts-1: { characters: 15 }, openai/dall-e-3: { image: 0.04 } } }
`,
  })
  client = new OpenAI({ baseURL: trimtab.baseUrl, apiKey: 'any', maxRetries: 0 })
})

afterAll(async () => {
  await trimtab?.stop()
  await mock?.close()
})

describe('files', () => {
  test('are kept, looked at, read and deleted as at the provider, byte for byte, and cost nothing', async () => {
    const content = readFileSync(fileURLToPath(import.meta.url))
    const { data: file, response } = await client.files
      .create({ file: await toFile(content, 'test.ts'), purpose: 'user_data' })
      .withResponse()
    expect(file).toMatchObject({ bytes: content.length, filename: 'test.ts', purpose: 'user_data' })
    const told = await ledgerOf(response)
    expect(told).toMatchObject({ endpoint: 'files', status: 200, cost_usd: 0 })
    expect((await client.files.retrieve(file.id)).id).toBe(file.id)
    expect(Buffer.from(await (await client.files.content(file.id)).arrayBuffer())).toEqual(content)
    const ids: string[] = []
    for await (const one of client.files.list()) ids.push(one.id)
    expect(ids).toContain(file.id)
    expect(mock.requests.at(-1)?.url).toBe('/v1/files')
    expect(await client.files.delete(file.id)).toMatchObject({ deleted: true })
    await expect(client.files.retrieve(file.id)).rejects.toThrow(NotFoundError)
  })
})

describe('audio', () => {
  const sound = Buffer.alloc(2500, '\r\n--not the boundary')

  test('transcriptions: a form is sent on as it came, and billed by its seconds', async () => {
    const { data, response } = await client.audio.transcriptions
      .create({ file: await toFile(sound, 'a.wav'), model: 'whisper-1' })
      .withResponse()
    expect(data.text).toBe('The tide turns twice a day.')
    expect(partOf('file').equals(sound)).toBe(true)
    // 0.36 USD an hour.
    expect(audioSeconds(sound)).toBe(3)
    expect(await ledgerOf(response)).toMatchObject({ endpoint: 'audio/transcriptions', cost_usd: 0.0003 })
    expect(response.headers.get('x-trimtab-cost-usd')).toBe('0.0003')
  })

  test('transcriptions: an alias is put in place within the form, and nothing else changes', async () => {
    const file = await toFile(sound, 'a.wav')
    await client.audio.transcriptions.create({ file, model: 'ears', prompt: 'model: ears', language: 'en' })
    expect(partOf('model').toString()).toBe('whisper-1')
    expect(partOf('prompt').toString()).toBe('model: ears')
    expect(partOf('file').equals(sound)).toBe(true)
  })

  test('transcriptions: a stream comes event by event, and its last one is billed by its tokens', async () => {
    const file = await toFile(sound, 'a.wav')
    const { data: stream, response } = await client.audio.transcriptions
      .create({ file, model: 'gpt-4o-transcribe', stream: true })
      .withResponse()
    const types: string[] = []
    for await (const event of stream) types.push(event.type)
    expect(types.at(-1)).toBe('transcript.text.done')
    expect(types.length).toBeGreaterThan(3)
    const told = await ledgerOf(response)
    const seconds = audioSeconds(sound)
    expect(told.attempts[0]?.tokens).toMatchObject({ input: 4, audio_in: 10 * seconds, output: 9 })
    expect(told.cost_usd).toBeCloseTo((4 * 2.5 + 10 * seconds * 6 + 9 * 10) / 1e6, 12)
  })

  test('transcriptions: where nothing says what it took, the cost is unknown and not zero', async () => {
    const file = await toFile(sound, 'a.wav')
    const body = { file, model: 'whisper-1', response_format: 'text' as const }
    const { data, response } = await client.audio.transcriptions.create(body).withResponse()
    expect(String(data)).toContain('The tide turns')
    expect(await ledgerOf(response)).toMatchObject({ status: 200, cost_usd: null })
  })

  test('speech: bytes pass untouched, and are billed by the characters they were made of', async () => {
    const input = 'Fünf Möwen 🐦'
    const response = await client.audio.speech.create({ model: 'tts-1', voice: 'alloy', input })
    const spoken = Buffer.from(await response.arrayBuffer())
    expect(spoken.length).toBe(1000 * input.length)
    expect(spoken[7919]).toBe((7919 * 7919) & 0xff)
    expect(response.headers.get('content-length')).toBe(String(spoken.length))
    expect(await ledgerOf(response)).toMatchObject({
      endpoint: 'audio/speech',
      cost_usd: ([...input].length * 15) / 1e6,
    })
  })
})

describe('images', () => {
  test('with a usage are billed by its tokens, the answer being image tokens', async () => {
    const { data, response } = await client.images
      .generate({ model: 'gpt-image-1.5', prompt: 'a tide', n: 2 })
      .withResponse()
    expect(data.data).toHaveLength(2)
    const told = await ledgerOf(response)
    expect(told.attempts[0]?.tokens).toMatchObject({ input: 12, image_out: 544, output: 0 })
    expect(told.cost_usd).toBeCloseTo((12 * 5 + 544 * 32) / 1e6, 12)
  })

  test('streamed, likewise', async () => {
    const { data: stream, response } = await client.images
      .generate({ model: 'gpt-image-1.5', prompt: 'a tide', stream: true })
      .withResponse()
    const types: string[] = []
    for await (const event of stream) types.push(event.type)
    expect(types).toEqual(['image_generation.partial_image', 'image_generation.completed'])
    expect((await ledgerOf(response)).cost_usd).toBeCloseTo((12 * 5 + 272 * 32) / 1e6, 12)
  })

  test('without one, each', async () => {
    const { response } = await client.images
      .generate({ model: 'dall-e-3', prompt: 'a tide', n: 3 })
      .withResponse()
    expect((await ledgerOf(response)).cost_usd).toBeCloseTo(0.12, 12)
  })
})

test('moderations cost nothing', async () => {
  const { data, response } = await client.moderations.create({ input: ['calm', 'harm'] }).withResponse()
  expect(data.results.map(({ flagged }) => flagged)).toEqual([false, true])
  expect(await ledgerOf(response)).toMatchObject({ endpoint: 'moderations', cost_usd: 0 })
})

describe('batches', () => {
  test('are billed once, when their answers are read, to the workflow that made them', async () => {
    const lines = ['one', 'two words', 'and three more'].map((content, index) => ({
      custom_id: String(index),
      method: 'POST',
      url: '/v1/chat/completions',
      body: { model: 'gpt-4o-mini', messages: [{ role: 'user', content }] },
    }))
    const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('')
    const input = await client.files.create({
      file: await toFile(Buffer.from(text), 'in.jsonl'),
      purpose: 'batch',
    })
    const labels = { headers: { 'x-trimtab-workflow': 'nightly', 'x-trimtab-step': 'tag' } }
    const batch = await client.batches.create(
      { input_file_id: input.id, endpoint: '/v1/chat/completions', completion_window: '24h' },
      labels,
    )
    const done = await client.batches.retrieve(batch.id)
    expect(done.status).toBe('completed')
    const outputs = [1, 2, 3].map(() => client.files.content(done.output_file_id ?? ''))
    const texts = await Promise.all(outputs.map(async (output) => (await output).text()))
    const answers = (texts[0] ?? '').trim().split('\n')
    expect(answers).toHaveLength(3)
    expect(new Set(texts).size).toBe(1)
    const usages = answers.map((line) => JSON.parse(line).response.body.usage)
    const sum = (name: string) => usages.reduce((total, usage) => total + usage[name], 0)
    const rows = await billed()
    expect(rows).toHaveLength(1)
    expect(rows[0]).toMatchObject({ endpoint: 'batches', workflow: 'nightly', step: 'tag', status: 200 })
    const [attempt] = rows[0]?.attempts ?? []
    expect(attempt).toMatchObject({ model: 'gpt-4o-mini', usage: 'reported' })
    const cost = (sum('prompt_tokens') * 0.15 + sum('completion_tokens') * 0.6) / 1e6 / 2
    expect(rows[0]?.cost_usd).toBeCloseTo(cost, 9)
    await (await client.files.content(done.output_file_id ?? '')).text()
    expect(await billed()).toHaveLength(1)
  })

  test('are asked for whole where a part of the answers is wanted: only what is read whole is billed', async () => {
    const headers = { range: 'bytes=0-9', 'if-range': '"tag"' }
    const line = { custom_id: '0', method: 'POST', url: '/v1/chat/completions', body: {} }
    const file = await toFile(Buffer.from(JSON.stringify(line)), 'in.jsonl')
    const input = await client.files.create({ file, purpose: 'batch' })
    await client.files.content(input.id, { headers })
    expect(mock.requests.at(-1)?.headers).toMatchObject(headers)
    const endpoint = '/v1/chat/completions'
    const made = { input_file_id: input.id, endpoint, completion_window: '24h' } as const
    const { output_file_id } = await client.batches.retrieve((await client.batches.create(made)).id)
    await client.files.content(output_file_id ?? '', { headers })
    expect(mock.requests.at(-1)?.headers).not.toHaveProperty('range')
    expect(mock.requests.at(-1)?.headers).not.toHaveProperty('if-range')
  })
})

async function billed(): Promise<(Told & { step: string })[]> {
  const list = (await trimtab.json('requests', '--limit', '500', '--json')) as {
    requests: { id: string; workflow: string }[]
  }
  const nightly = list.requests.filter(({ workflow }) => workflow === 'nightly')
  const all = await Promise.all(nightly.map(({ id }) => trimtab.json('requests', id, '--json')))
  return (all as (Told & { step: string })[]).filter((one) => one.attempts[0]?.model !== '')
}

async function ledgerOf(response: Response): Promise<Told> {
  const id = response.headers.get('x-trimtab-request-id') ?? ''
  for (let tries = 0; ; tries++) {
    const told = (await trimtab.json('requests', id, '--json')) as Told
    if (told.status !== null || tries > 20) return told
  }
}

/** Of the form that the provider saw last. */
function partOf(name: string): Buffer {
  const seen = mock.requests.at(-1)
  const parts = readForm(seen?.bytes ?? Buffer.alloc(0), seen?.headers['content-type'] ?? '')
  if (name !== 'file') return Buffer.from(fieldOf(parts, name) ?? '')
  return parts.find((part) => part.name === 'file')?.bytes ?? Buffer.alloc(0)
}

test('a file goes back to its account where chat, responses or messages name it', async () => {
  const file = await client.files.create({
    file: await toFile(Buffer.from('%PDF-'), 'a.pdf'),
    purpose: 'user_data',
  })
  const content = [{ type: 'file' as const, file: { file_id: file.id } }]
  for (let times = 0; times < 4; times++) {
    await client.chat.completions.create({ model: 'gpt-4o-mini', messages: [{ role: 'user', content }] })
  }
  const asked = mock.requests.filter(({ url }) => url.endsWith('/chat/completions')).slice(-4)
  const keyOfFile = mock.requests.findLast(({ url }) => url.endsWith('/files'))?.headers.authorization
  expect(asked.map(({ headers }) => headers.authorization)).toEqual(asked.map(() => keyOfFile))
})

test.each(['☃', 'a\nb', '\ud800'])(
  'a model named %j costs its caller an error, not the process',
  async (name) => {
    const model = `openai/${name}`
    for (const path of ['moderations', 'images/generations', 'chat/completions', 'responses']) {
      const body = JSON.stringify({
        model,
        input: 'x',
        prompt: 'x',
        messages: [{ role: 'user', content: 'x' }],
      })
      const answer = await fetch(`${trimtab.baseUrl}/${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
      })
      expect([path, answer.status < 500]).toEqual([path, true])
      expect(answer.headers.get('x-trimtab-model')).toMatch(/^openai\/[\x20-\x7e]+$/)
    }
    expect((await fetch(trimtab.baseUrl.replace('/v1', '/healthz'))).status).toBe(200)
  },
)
