/** Models on Triton that look at images: each endpoint that takes them, and how few go in one call. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { ask } from '../../support/ask.ts'
import { picture } from '../../support/picture.ts'
import { type Inside, startInside } from '../../support/start-inside.ts'
import { LABELS, vectorOf } from '../../support/tensor-servers/models.ts'
import { startTriton, type Triton } from '../../support/tensor-servers/triton.ts'

let triton: Triton
let trimtab: Inside

beforeAll(async () => {
  triton = await startTriton()
  trimtab = await startInside({
    config: `
providers:
  triton:
    dialect: kserve
    base_url: "${triton.origin}"
    models:
      clip: { serves: embeddings, remote: seer, binary: on, input: { IMAGE: image }, output: { embedding: VECTOR }, max_rows: 8 }
      nsfw: { serves: moderations, remote: seer, binary: on, input: { IMAGE: image }, output: { scores: SCORES }, labels: [${LABELS}] }
      ocr: { serves: custom, remote: seer, binary: on, input: { IMAGE: { from: page.scan, media: image } }, output: { seen: SEEN }, batch: {} }
`,
    policies: { 'default.yaml': 'limits: { retries: 0 }\ncache: { exact: { mode: off } }' },
  })
})

beforeEach(() => {
  triton.batches.length = 0
  triton.takes = { callMs: 0, rowMs: 0 }
})

afterAll(async () => {
  await trimtab.stop()
  await triton.close()
})

async function png(width: number, height: number): Promise<string> {
  return `data:image/png;base64,${(await picture(width, height)).toString('base64')}`
}

interface Told {
  data?: { embedding: number[] }[]
  results?: unknown
  error?: { message: string }
  seen?: string
}

async function send(path: string, body: unknown) {
  const { status, text } = await ask(trimtab.origin, body, { path })
  return { status, body: JSON.parse(text) as Told }
}

test('embeddings: a vector for each image', async () => {
  const input = [await png(30, 20), await png(20, 30)]
  const { status, body } = await send('/v1/embeddings', { model: 'clip', input })
  expect(status, JSON.stringify(body)).toBe(200)
  const vectors = body.data?.map(({ embedding }) => embedding)
  expect(vectors).toEqual([vectorOf('30 by 20'), vectorOf('20 by 30')])
})

test('moderations: scores for each image, in OpenAI’s words', async () => {
  const input = [{ type: 'image_url', image_url: { url: await png(30, 20) } }]
  const { status, body } = await send('/v1/moderations', { model: 'nsfw', input })
  expect(status, JSON.stringify(body)).toBe(200)
  expect(body.results).toMatchObject([{ flagged: false, category_applied_input_types: { hate: ['image'] } }])
})

test.each([
  ['an address', 'https://example.com/a.png'],
  ['a text', 'a cat'],
  ['what is no base64', 'data:image/png;base64,###'],
  ['another medium', 'data:audio/wav;base64,AAAA'],
])('%s is refused before any call', async (_, input) => {
  const { status, body } = await send('/v1/embeddings', { model: 'clip', input: [input] })
  expect([status, triton.batches.length]).toEqual([400, 0])
  expect(body.error?.message).toContain('must be an image')
})

test('a custom route’s image goes as its bytes, and few of them at once', async () => {
  triton.takes = { callMs: 20, rowMs: 0 }
  const sizes = Array.from({ length: 20 }, (_, index) => index + 1)
  const answers = await Promise.all(
    sizes.map(async (size) => send('/v1/custom/ocr', { page: { scan: await png(size, 9) } })),
  )
  expect(answers.map(({ body }) => body.seen)).toEqual(sizes.map((size) => `${size} by 9`))
  expect(triton.batches.reduce((sum, rows) => sum + rows, 0)).toBe(20)
  expect(triton.batches.length).toBeLessThan(20)
  expect(Math.max(...triton.batches)).toBeLessThanOrEqual(8)
})
