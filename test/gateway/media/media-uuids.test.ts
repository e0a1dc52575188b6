/** Media that a vLLM server has seen go by their names, and go again where it does not have them, over real sockets. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { openLedgerReader } from '../../../src/platform/node/node-ledger.ts'
import { ask } from '../../support/ask.ts'
import { settledLedger } from '../../support/ledger-file.ts'
import { type MockProvider, startMockProvider } from '../../support/mock-provider/mock-provider.ts'
import { VllmMediaCache } from '../../support/mock-provider/vllm-media-cache.ts'
import { picture } from '../../support/picture.ts'
import { type Inside, startInside } from '../../support/start-inside.ts'

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

let photo: string
let media: VllmMediaCache
let mock: MockProvider
let trimtab: Inside

beforeAll(async () => {
  photo = `data:image/png;base64,${(await picture(64, 48)).toString('base64')}`
})

afterAll(async () => {
  await trimtab.stop()
  await mock.close()
})

async function start(cache: VllmMediaCache) {
  media = cache
  mock = await startMockProvider({ mediaCache: cache })
  trimtab = await startInside({
    config: `
default_provider: gpu
providers:
  gpu: { vendor: vllm, base_url: "${mock.url}", models: [qwen3-vl] }
  cloud: { vendor: openai, base_url: "${mock.url}", api_key: k, models: [gpt-4o] }
prices: { overrides: { gpu/qwen3-vl: { input: 1, output: 2 } } }
`,
    policies: {
      'named.yaml': 'input: { media_uuids: on }\nfallback: { on: [4xx, 5xx] }',
      'small.yaml': 'input: { media_uuids: on, images: { max_edge: 32 } }',
      'plain.yaml': '',
    },
  })
}

type Part = Record<string, unknown>

function chatOf(...parts: Part[]) {
  return {
    model: 'qwen3-vl',
    messages: [{ role: 'user', content: [{ type: 'text', text: 'See' }, ...parts] }],
  }
}

const image = (url = photo): Part => ({ type: 'image_url', image_url: { url } })

async function send(body: unknown, workflow = 'named', path = '/v1/chat/completions') {
  const before = mock.requests.length
  const heard = await ask(trimtab.origin, body, { path, headers: { 'x-trimtab-workflow': workflow } })
  expect(heard.status, heard.text).toBe(200)
  return mock.requests.slice(before).map((seen) => ({ ...seen, parts: partsOf(seen.body) }))
}

function partsOf(body: unknown): Part[] {
  const { messages } = body as { messages: { content: unknown }[] }
  return messages.flatMap(({ content }) => (Array.isArray(content) ? (content as Part[]) : []))
}

async function lastRequest() {
  await settledLedger(trimtab.ledgerFile)
  const { reader, close } = openLedgerReader(trimtab.ledgerFile)
  try {
    const [latest] = await reader.requests({ since: 0, limit: 1 })
    return { ...latest, decision: (await reader.request(latest?.id ?? ''))?.decision }
  } finally {
    close()
  }
}

describe('a server that keeps media', () => {
  beforeAll(() => start(new VllmMediaCache()))
  afterEach(() => media.clear())
  beforeEach(() => mock.script([]))

  it('gets an image once, and its name from then on', async () => {
    const [first] = await send(chatOf(image()))
    expect(first?.parts[1]).toEqual({
      type: 'image_url',
      image_url: { url: photo },
      uuid: expect.stringMatching(UUID),
    })
    const [second, ...others] = await send(chatOf(image()))
    expect(second?.parts[1]).toEqual({ type: 'image_url', image_url: null, uuid: first?.parts[1]?.uuid })
    expect(others).toEqual([])
    expect((await lastRequest()).decision?.edits).toContain('media uuids: 1 of 1 alone')
  })

  it('gets it again where it has lost it: one call more, billed once, and no fault of its own', async () => {
    await send(chatOf(image()))
    await send(chatOf(image()))
    media.clear()
    const [named, whole, ...others] = await send(chatOf(image()))
    expect(named).toMatchObject({ status: 400 })
    expect(named?.parts[1]).toMatchObject({ image_url: null })
    expect(whole).toMatchObject({ status: 200 })
    expect(whole?.parts[1]).toMatchObject({ image_url: { url: photo }, uuid: named?.parts[1]?.uuid })
    expect(others).toEqual([])
    const { attempts, tokens, cost_usd } = await lastRequest()
    expect(attempts).toMatchObject([
      { status: 400, usage: 'absent', tokens: { input: 0, output: 0 } },
      { status: 200, usage: 'reported' },
    ])
    expect(cost_usd).toBeCloseTo(((tokens?.input ?? 0) + (tokens?.output ?? 0) * 2) / 1e6, 12)
    // It has it again.
    expect((await send(chatOf(image())))[0]?.parts[1]).toMatchObject({ image_url: null })
  })

  it('keeps what it was sent apart from what other bytes, kinds and tenants were', async () => {
    const other = `data:image/png;base64,${(await picture(65, 48)).toString('base64')}`
    const [both] = await send(chatOf(image(), image(other)))
    const film = { type: 'video_url', video_url: { url: photo } }
    const [third] = await send(chatOf(film))
    const uuids = [...(both?.parts.slice(1) ?? []), third?.parts[1]].map((part) => part?.uuid)
    expect(new Set(uuids).size).toBe(3)
    expect(third?.parts[1]).toMatchObject({ video_url: { url: photo } })
  })

  it('leaves addresses, what the caller names itself, and other servers alone', async () => {
    const far = image('https://example.com/a.png')
    const own = { ...image(), uuid: 'mine' }
    for (const body of [chatOf(far), chatOf(own)]) expect((await send(body))[0]?.body).toEqual(body)
    const cloud = { ...chatOf(image()), model: 'gpt-4o' }
    const [sent] = await send(cloud)
    expect(sent?.parts[1]).toEqual(image())
  })

  it('does nothing unless the policy asks for it', async () => {
    await send(chatOf(image()), 'plain')
    const [again] = await send(chatOf(image()), 'plain')
    expect(again?.parts[1]).toEqual(image())
  })

  it('names an image asked for in another API’s words, and the bytes that are sent of a smaller one', async () => {
    const source = { type: 'base64', media_type: 'image/png', data: photo.split(',')[1] }
    const body = {
      model: 'qwen3-vl',
      max_tokens: 50,
      messages: [{ role: 'user', content: [{ type: 'image', source }] }],
    }
    await send(body, 'named', '/v1/messages')
    const [second] = await send(body, 'named', '/v1/messages')
    const [named] = second?.parts.filter(({ type }) => type === 'image_url') ?? []
    expect(named).toMatchObject({ image_url: null, uuid: expect.stringMatching(UUID) })
    const [small] = await send(chatOf(image()), 'small')
    expect(small?.parts[1]?.uuid).not.toBe(named?.uuid)
    expect(JSON.stringify(small?.parts[1]).length).toBeLessThan(photo.length)
    expect((await send(chatOf(image()), 'small'))[0]?.parts[1]).toMatchObject({ image_url: null })
  })

  it('tells the caller’s own mistake after it was sent whole, and does not hold it against the media', async () => {
    await send(chatOf(image()))
    const wrong = chatOf(image(), { type: 'hologram' })
    const heard = await ask(trimtab.origin, wrong, { headers: { 'x-trimtab-workflow': 'named' } })
    expect([heard.status, heard.text]).toEqual([400, expect.stringContaining('hologram')])
  })
})

describe('a server that keeps none', () => {
  beforeAll(async () => {
    await trimtab.stop()
    await mock.close()
    await start(new VllmMediaCache(false))
  })

  it('is not asked for names any more once it has refused three times', async () => {
    const statuses: (number | undefined)[][] = []
    for (let turn = 0; turn < 6; turn++)
      statuses.push((await send(chatOf(image()))).map(({ status }) => status))
    expect(statuses).toEqual([[200], [400, 200], [400, 200], [400, 200], [200], [200]])
    const [last] = await send(chatOf(image()))
    expect(last?.parts[1]).toEqual(image())
  })
})
