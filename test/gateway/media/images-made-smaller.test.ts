/** Images that a policy wants no larger than their provider makes them, in each API, over real sockets. */
import sharp from 'sharp'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { openLedgerReader } from '../../../src/platform/node/node-ledger.ts'
import { ask } from '../../support/ask.ts'
import { settledLedger } from '../../support/ledger-file.ts'
import { type MockProvider, startMockProvider } from '../../support/mock-provider/mock-provider.ts'
import { picture } from '../../support/picture.ts'
import { type Inside, startInside } from '../../support/start-inside.ts'

let mock: MockProvider
let trimtab: Inside
let photo: string
let small: string

beforeAll(async () => {
  photo = (
    await sharp(await picture(2048, 1536))
      .jpeg()
      .toBuffer()
  ).toString('base64')
  small = (
    await sharp(await picture(64, 48))
      .jpeg()
      .toBuffer()
  ).toString('base64')
  mock = await startMockProvider()
  trimtab = await startInside({
    config: `
default_provider: openai
providers:
  openai: { vendor: openai, base_url: "${mock.url}", api_key: k, models: [gpt-4o, gpt-6-sol] }
  claude: { dialect: anthropic, vendor: anthropic, base_url: "${mock.url}", api_key: k, models: [claude-haiku-4-5] }
  own: { vendor: vllm, base_url: "${mock.url}", models: [qwen3-vl] }
`,
    policies: {
      'fits.yaml': 'input: { images: downscale }',
      'edge.yaml': 'input: { images: { max_edge: 500 } }',
      'as-is.yaml': 'input: { images: off }',
    },
  })
})

afterAll(async () => {
  await trimtab.stop()
  await mock.close()
})

beforeEach(() => mock.script([]))

const url = (base64: string, type = 'image/jpeg') => `data:${type};base64,${base64}`

function chatOf(model: string, ...images: string[]) {
  const parts = images.map((image) => ({ type: 'image_url', image_url: { url: image } }))
  return { model, messages: [{ role: 'user', content: [{ type: 'text', text: 'What is this?' }, ...parts] }] }
}

async function askAs(workflow: string, body: unknown, path = '/v1/chat/completions') {
  const heard = await ask(trimtab.origin, body, { path, headers: { 'x-trimtab-workflow': workflow } })
  expect(heard.status, heard.text).toBe(200)
  const sent = mock.requests.at(-1)
  return { bytes: Buffer.from(sent?.bytes ?? []).toString(), body: sent?.body as never }
}

/** Of each image in a body, wherever it is. */
async function sizesIn(text: string): Promise<string[]> {
  const found = text.matchAll(/"(?:data:[^"]*?;base64,)?((?:\/9j|iVBOR|UklGR)[^"]*)"/g)
  return Promise.all(
    [...found].map(async ([, base64]) => {
      const { width, height, format } = await sharp(Buffer.from(base64 ?? '', 'base64')).metadata()
      return `${format} ${width}x${height}`
    }),
  )
}

async function lastEdits(): Promise<readonly string[]> {
  await settledLedger(trimtab.ledgerFile)
  const { reader, close } = openLedgerReader(trimtab.ledgerFile)
  try {
    const [latest] = await reader.requests({ since: 0, limit: 1 })
    return (await reader.request(latest?.id ?? ''))?.decision?.edits ?? []
  } finally {
    close()
  }
}

describe('input.images', () => {
  it('chat: to the size that the model’s tiles have, and nothing else is touched', async () => {
    const body = chatOf('gpt-4o', url(photo), url(small), 'https://example.com/a.jpg')
    const { bytes } = await askAs('fits', body)
    expect(await sizesIn(bytes)).toEqual(['jpeg 1024x768', 'jpeg 64x48'])
    const fitted = /base64,([^"]*)"/.exec(bytes)?.[1] ?? ''
    expect(bytes).toBe(JSON.stringify(body).replace(photo, fitted))
    expect(await lastEdits()).toContain('images made smaller: 2048x1536 to 1024x768')
  })

  it('chat: as little as a model with `detail: low` sees', async () => {
    const image = { type: 'image_url', image_url: { url: url(photo), detail: 'low' } }
    const body = { model: 'gpt-4o', messages: [{ role: 'user', content: [image] }] }
    expect(await sizesIn((await askAs('fits', body)).bytes)).toEqual(['jpeg 682x512'])
  })

  it('responses: its own way to write images, what tools gave back too', async () => {
    const image = { type: 'input_image', image_url: url(photo), detail: 'high' }
    const input = [
      { role: 'user', content: [{ type: 'input_text', text: 'See' }, image] },
      { type: 'function_call', call_id: 'c', name: 'look', arguments: '{}' },
      { type: 'function_call_output', call_id: 'c', output: [image] },
    ]
    const { bytes } = await askAs('fits', { model: 'gpt-4o', input }, '/v1/responses')
    expect(await sizesIn(bytes)).toEqual(['jpeg 1024x768', 'jpeg 1024x768'])
  })

  it.each([
    ['by itself and within results of tools', 2],
    ['within results of tools alone', 1],
  ])('messages: base64 %s', async (_, count) => {
    const image = { type: 'image', source: { type: 'base64', media_type: 'image/jpeg', data: photo } }
    const messages = [
      { role: 'user', content: count === 1 ? 'See' : [image, { type: 'text', text: 'See' }] },
      { role: 'assistant', content: [{ type: 'tool_use', id: 't', name: 'look', input: {} }] },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't', content: [image] }] },
    ]
    const body = { model: 'claude-haiku-4-5', max_tokens: 100, messages }
    const { bytes } = await askAs('fits', body, '/v1/messages')
    expect(await sizesIn(bytes)).toEqual(new Array(count).fill('jpeg 1270x952'))
  })

  it('asked in another API’s words: to the size of the one that is asked', async () => {
    const { bytes } = await askAs('fits', chatOf('claude-haiku-4-5', url(photo)))
    expect(mock.requests.at(-1)?.url).toBe('/v1/messages')
    expect(await sizesIn(bytes)).toEqual(['jpeg 1270x952'])
  })

  it('leaves images alone where no cap is known, or the model has none', async () => {
    for (const model of ['qwen3-vl', 'gpt-6-sol']) {
      const body = chatOf(model, url(photo))
      expect((await askAs('fits', body)).bytes).toBe(JSON.stringify(body))
      expect(await lastEdits()).toEqual([])
    }
  })

  it('goes by what the policy states, wherever it goes', async () => {
    expect(await sizesIn((await askAs('edge', chatOf('qwen3-vl', url(photo)))).bytes)).toEqual([
      'jpeg 500x375',
    ])
  })

  it('keeps a PNG a PNG, and sends what moves, what is broken and what is unknown as it came', async () => {
    const png = (await picture(1200, 900)).toString('base64')
    expect(await sizesIn((await askAs('edge', chatOf('gpt-4o', url(png, 'image/png')))).bytes)).toEqual([
      'png 500x375',
    ])
    const frames = [await picture(800, 600), await picture(800, 600, 5)]
    const moving = await sharp(frames, { join: { animated: true } })
      .webp()
      .toBuffer()
    const gif = await sharp(frames[0]).gif().toBuffer()
    const cut = Buffer.from(photo, 'base64').subarray(0, 20_000)
    for (const bytes of [moving, gif, cut, Buffer.from('no image')]) {
      const body = chatOf('gpt-4o', url(bytes.toString('base64')))
      expect((await askAs('edge', body)).bytes).toBe(JSON.stringify(body))
    }
  })

  it('does nothing unless it is asked to', async () => {
    const body = chatOf('gpt-4o', url(photo))
    expect((await askAs('as-is', body)).bytes).toBe(JSON.stringify(body))
  })

  it('every turn of a conversation has the bytes that the one before had', async () => {
    const [first] = chatOf('gpt-4o', url(photo), url(small)).messages
    const answer = { role: 'assistant', content: 'A wave.' }
    const more = { role: 'user', content: [{ type: 'image_url', image_url: { url: url(photo) } }] }
    const turns = [
      [first],
      [first, answer, more],
      [first, answer, more, answer, { role: 'user', content: 'And?' }],
    ]
    let before = ''
    for (const messages of turns) {
      const { bytes } = await askAs('fits', { messages, model: 'gpt-4o' })
      const prompt = bytes.slice(0, bytes.lastIndexOf('],"model"'))
      expect(prompt.startsWith(before)).toBe(true)
      expect(prompt.length).toBeGreaterThan(before.length)
      before = prompt
    }
  })

  it('claims no savings: a provider that makes images smaller counts what it made', async () => {
    await askAs('fits', chatOf('gpt-4o', url(photo)))
    await settledLedger(trimtab.ledgerFile)
    const { reader, close } = openLedgerReader(trimtab.ledgerFile)
    const { totals } = await reader.report({ since: 0, until: Date.now() + 1, by: [], timeZone: 'UTC' })
    close()
    expect(totals.savings).not.toHaveProperty('trimming')
  })
})
