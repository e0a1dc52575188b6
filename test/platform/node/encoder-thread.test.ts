import { fileURLToPath, pathToFileURL } from 'node:url'
import { Worker } from 'node:worker_threads'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { EmbedderUnavailable } from '../../../src/embedding/embedder.ts'
import { EncoderThread } from '../../../src/platform/node/encoder-thread-client.ts'
import type { EncoderThreadSettings } from '../../../src/platform/node/encoder-thread-messages.ts'
import { bundle } from '../../storage/bundle.ts'

const MODEL = fileURLToPath(new URL('../../../models/encoder/encoder.bin', import.meta.url))

let script: { path: string; remove: () => void }
let encoder: EncoderThread | undefined

beforeAll(async () => {
  script = await bundle('src/platform/node/encoder-thread.ts')
})
afterAll(() => script.remove())
afterEach(() => encoder?.stop())

const start = (settings: EncoderThreadSettings): Worker =>
  new Worker(pathToFileURL(script.path), { workerData: settings })

async function started(mostWaiting = 8): Promise<EncoderThread> {
  encoder = await EncoderThread.start({ settings: { path: MODEL }, start, mostWaiting })
  return encoder
}

test('one vector a text, in their order', async () => {
  const { id, dimensions } = await started()
  expect(id).toMatch(/^encoder-384-[0-9a-f]{16}$/)
  const [first, second] = await Promise.all([
    encoder?.embed(['What is a cat?', 'What is a dog?']),
    encoder?.embed(['What is a dog?']),
  ])
  expect(first?.map(({ length }) => length)).toEqual([dimensions, dimensions])
  expect(second?.[0]).toEqual(first?.[1])
  expect(first?.[0]).not.toEqual(first?.[1])
})

test('refuses more texts than may wait, and takes more once those are done', async () => {
  const thread = await started(2)
  const waiting = thread.embed(['a', 'b'])
  await expect(thread.embed(['c'])).rejects.toThrow(EmbedderUnavailable)
  await waiting
  expect(await thread.embed(['c'])).toHaveLength(1)
})

test('who gives up is let go at once; the next is served', async () => {
  const thread = await started()
  const patience = new AbortController()
  const given = thread.embed(['long '.repeat(200)], patience.signal)
  patience.abort()
  await expect(given).rejects.toThrow('The encoder took too long.')
  expect(await thread.embed(['next'])).toHaveLength(1)
})

test('who waits when the thread ends hears it, and so does whoever comes after', async () => {
  const thread = await started()
  const waiting = thread.embed(['long '.repeat(200)])
  const heard = expect(waiting).rejects.toThrow(EmbedderUnavailable)
  await thread.stop()
  await heard
  await expect(thread.embed(['late'])).rejects.toThrow(EmbedderUnavailable)
})

test('a model that cannot be read is said when it starts', async () => {
  const missing = EncoderThread.start({ settings: { path: `${MODEL}.not` }, start, mostWaiting: 1 })
  await expect(missing).rejects.toThrow(/ENOENT/)
})
