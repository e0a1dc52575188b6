/** What is heard in a sound is remembered by the sound's bytes: a repeat costs nothing, however its form is written. */
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ask, type Heard } from '../../support/ask.ts'
import { settledLedger } from '../../support/ledger-file.ts'
import { type MockProvider, startMockProvider } from '../../support/mock-provider/mock-provider.ts'
import { type Inside, startInside } from '../../support/start-inside.ts'
import { runCommand } from '../../support/start-trimtab.ts'

let mock: MockProvider
let trimtab: Inside

beforeAll(async () => {
  mock = await startMockProvider()
  trimtab = await startInside({
    config: `
listen: { max_body: 20MB }
default_provider: openai
providers: { openai: { base_url: "${mock.url}", vendor: openai, api_key: ours }, other: { base_url: "${mock.url}", api_key: client } }
prices:
  overrides:
    openai/whisper-1: { audio_minute: 0.6 }
    openai/gpt-image-1: { input: 1, output: 1, image_out: 10 }
`,
    policies: {
      'default.yaml': 'limits: { retries: 0 }',
      'all.yaml': 'cache: { exact: { mode: on } }',
      'none.yaml': 'cache: { exact: { mode: off } }',
      'watched.yaml': 'cache: { exact: { mode: shadow } }',
    },
  })
})

afterAll(async () => {
  await trimtab.stop()
  await mock.close()
})

type Field = readonly [name: string, value: string | Buffer, filename?: string]

let forms = 0

/** Each with a boundary of its own, as clients make them. */
function form(
  fields: readonly Field[],
  boundary = `------boundary${forms++}`,
): { body: Buffer; type: string } {
  const pieces = fields.flatMap(([name, value, filename]) => {
    const file = filename === undefined ? '' : `; filename="${filename}"\r\nContent-Type: audio/wav`
    return [
      Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; name="${name}"${file}\r\n\r\n`),
      Buffer.from(value),
      Buffer.from('\r\n'),
    ]
  })
  return {
    body: Buffer.concat([...pieces, Buffer.from(`--${boundary}--\r\n`)]),
    type: `multipart/form-data; boundary=${boundary}`,
  }
}

const hear = (
  fields: readonly Field[],
  headers: Record<string, string> = {},
  endpoint = 'transcriptions',
) => {
  const { body, type } = form(fields)
  return ask(trimtab.origin, body, {
    path: `/v1/audio/${endpoint}`,
    headers: { 'content-type': type, ...headers },
  })
}
const sound = (bytes = 3000): Buffer => randomBytes(bytes)
const fieldsOf = (file: Buffer, more: readonly Field[] = []): Field[] => [
  ['file', file, 'speech.wav'],
  ['model', 'whisper-1'],
  ...more,
]
const status = ({ headers }: Heard): string => String(headers['cache-status'])
const HIT = /^trimtab; hit; ttl=3\d\d\d; detail=exact$/

describe('a transcription of the same bytes', () => {
  it('is answered from memory, whatever the boundary, the order of fields and the name of the file', async () => {
    const file = sound()
    const first = await hear(fieldsOf(file, [['language', 'en']]))
    expect([first.status, status(first)]).toEqual([200, 'trimtab; fwd=miss'])
    const before = mock.count
    const again = await hear([
      ['language', 'en'],
      ['model', 'whisper-1'],
      ['file', file, 'other name.WAV'],
    ])
    expect(mock.count).toBe(before)
    expect([again.status, again.text]).toEqual([200, first.text])
    expect(status(again)).toMatch(HIT)
    expect(again.headers['content-type']).toBe(first.headers['content-type'])
    // Three seconds at 0.6 dollars a minute.
    expect(again.headers['x-trimtab-saved-usd']).toBe(first.headers['x-trimtab-cost-usd'])
    expect(Number(again.headers['x-trimtab-saved-usd'])).toBeCloseTo(0.03, 9)
  })

  it.each<[string, Field]>([
    ['another byte', ['file', Buffer.alloc(3000, 7), 'speech.wav']],
    ['another format', ['response_format', 'text']],
    ['another language', ['language', 'de']],
    ['another model', ['model', 'gpt-4o-transcribe']],
    ['a stream', ['stream', 'true']],
    ['another ending of the name', ['file', Buffer.alloc(3000, 9), 'speech.mp3']],
  ])('is another one with %s', async (_, changed) => {
    const fields = fieldsOf(Buffer.alloc(3000, 9))
    await hear(fields)
    const before = mock.count
    const heard = await hear([...fields.filter(([name]) => name !== changed[0]), changed])
    expect([mock.count, status(heard)]).toEqual([before + 1, 'trimtab; fwd=miss'])
  })

  it('is remembered as text, as a stream, and where seconds are told by its answer alone', async () => {
    for (const more of [
      ['response_format', 'text'],
      ['response_format', 'verbose_json'],
      ['stream', 'true'],
    ] as const) {
      const fields = fieldsOf(sound(4000), [more])
      const first = await hear(fields)
      const again = await hear(fields)
      expect(status(again)).toMatch(HIT)
      expect(again.text).toBe(first.text)
      expect(again.headers['content-type']).toBe(first.headers['content-type'])
      expect(again.headers['x-trimtab-saved-usd']).toBe(first.headers['x-trimtab-cost-usd'])
    }
  })

  it('is not remembered where its temperature draws, or where the sound lies elsewhere', async () => {
    for (const more of [
      ['temperature', '0.4'],
      ['url', 'https://example.com/speech.wav'],
    ] as const) {
      const fields = fieldsOf(sound(), [more])
      await hear(fields)
      const before = mock.count
      const again = await hear(fields)
      expect([mock.count, status(again)]).toEqual([
        before + 1,
        'trimtab; fwd=bypass; detail=not-deterministic',
      ])
    }
    const certain = fieldsOf(sound(), [['temperature', '0.0']])
    await hear(certain)
    expect(status(await hear(certain))).toMatch(HIT)
  })

  it('is remembered of translations too, and by itself', async () => {
    const fields = fieldsOf(sound())
    await hear(fields)
    expect(status(await hear(fields, {}, 'translations'))).toBe('trimtab; fwd=miss')
    expect(status(await hear(fields, {}, 'translations'))).toMatch(HIT)
  })

  it('of ten megabytes is remembered as well', async () => {
    const fields = fieldsOf(sound(10_000_000))
    await hear(fields)
    expect(status(await hear(fields))).toMatch(HIT)
  })

  it('is not shared with another caller', async () => {
    const fields = fieldsOf(sound())
    await hear(fields, { authorization: 'Bearer sk-one' })
    expect(status(await hear(fields, { authorization: 'Bearer sk-two' }))).toBe('trimtab; fwd=miss')
  })

  it('is asked for by as many as come at once, in one call', async () => {
    const fields = fieldsOf(sound())
    mock.script(() => ({ kind: 'hold' }))
    const before = mock.count
    const asking = Array.from({ length: 4 }, () => hear(fields))
    await mock.until(() => mock.count > before)
    mock.release()
    mock.script([])
    const heard = await Promise.all(asking)
    expect(new Set(heard.map(({ text }) => text)).size).toBe(1)
    expect(mock.count).toBe(before + 1)
  })
})

describe('the policy', () => {
  it('may turn it off, watch it, and have all media remembered', async () => {
    const fields = fieldsOf(sound())
    const inWorkflow = (name: string) => ({ 'x-trimtab-workflow': name })
    await hear(fields, inWorkflow('none'))
    expect(status(await hear(fields, inWorkflow('none')))).toBe('trimtab; fwd=bypass; detail=off')
    await hear(fields, inWorkflow('watched'))
    expect(status(await hear(fields, inWorkflow('watched')))).toBe('trimtab; fwd=miss')
    const painted = (workflow: string) =>
      ask(
        trimtab.origin,
        { model: 'gpt-image-1', prompt: 'a tide' },
        { path: '/v1/images/generations', headers: inWorkflow(workflow) },
      )
    await painted('default')
    expect(status(await painted('default'))).toBe('trimtab; fwd=bypass; detail=not-deterministic')
    const first = await painted('all')
    const again = await painted('all')
    expect(status(again)).toMatch(HIT)
    expect(again.text).toBe(first.text)
    expect(again.headers['x-trimtab-saved-usd']).toBe(first.headers['x-trimtab-cost-usd'])
  })

  it('leaves addresses of images out: they end before the answer does', async () => {
    const bytes = new TextEncoder().encode('{"created":1,"data":[{"url":"https://example.com/image.png"}]}')
    const request = { model: 'dall-e-3', prompt: `a tide ${forms}` }
    const options = { path: '/v1/images/generations', headers: { 'x-trimtab-workflow': 'all' } }
    mock.script(() => ({ kind: 'replay', bytes, at: [], contentType: 'application/json' }))
    await ask(trimtab.origin, request, options)
    expect(status(await ask(trimtab.origin, request, options))).toBe('trimtab; fwd=miss')
    mock.script([])
  })
})

describe('the ledger', () => {
  it('has hits as exact repeats, with what they saved', async () => {
    const fields = fieldsOf(sound())
    await hear(fields, { 'x-trimtab-step': 'counted' })
    await hear(fields, { 'x-trimtab-step': 'counted' })
    await settledLedger(trimtab.ledgerFile)
    const told = await runCommand([
      'report',
      '--since',
      '1h',
      '--by',
      'step',
      '--json',
      '--config',
      trimtab.configFile,
    ])
    const row = JSON.parse(told.stdout).rows.find(({ step }: { step: string }) => step === 'counted')
    expect(row).toMatchObject({
      requests: 2,
      hits: { exact: 1 },
      savings: { exact: row.cost_usd },
      saved_usd: row.cost_usd,
    })
    expect(row.baseline_usd).toBeCloseTo(2 * row.cost_usd, 9)
  })
})
