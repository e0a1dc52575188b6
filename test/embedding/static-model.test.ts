/** What is not the model that ships is told apart, in one sentence. */
import { expect, test } from 'vitest'
import { readStaticModel, UnreadableModel } from '../../src/embedding/static-model.ts'
import { sha256, staticModelBytes } from './static-model-file.ts'

const shipped = staticModelBytes()

function changed(change: (bytes: Uint8Array) => void): Uint8Array<ArrayBuffer> {
  const bytes = shipped.slice()
  change(bytes)
  return bytes
}

async function complaint(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const failure = await readStaticModel(bytes, sha256, 'static.bin').catch((error: unknown) => error)
  expect(failure).toBeInstanceOf(UnreadableModel)
  return (failure as Error).message
}

test('the model that ships is read where it lies, and is at most 8 MB', async () => {
  const model = await readStaticModel(shipped, sha256, 'static.bin')
  expect(shipped.length).toBeLessThanOrEqual(8_000_000)
  expect(model.rows.buffer === shipped.buffer).toBe(true)
  expect(model.rows).toHaveLength((model.vocabulary.length * model.dimensions) / 4)
  expect(model.vocabulary[0]).toBe('[UNK]')
  expect(new Set(model.vocabulary).size).toBe(model.vocabulary.length)
  expect(model.digest).toMatch(/^[0-9a-f]{64}$/)
})

test('it is read from the middle of other bytes, and by a digest that is waited for', async () => {
  const around = new Uint8Array(shipped.length + 3)
  around.set(shipped, 3)
  const waited = async (bytes: Uint8Array<ArrayBuffer>) => {
    const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
    return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('')
  }
  const here = await readStaticModel(shipped, sha256, 'static.bin')
  const there = await readStaticModel(around.subarray(3), waited, 'static.bin')
  expect(there.digest).toBe(here.digest)
  const at = 1234 * (here.dimensions / 4)
  expect([...there.rows.subarray(at, at + 64)]).toEqual([...here.rows.subarray(at, at + 64)])
})

test('another file is named for what it is not', async () => {
  const message = 'static.bin is not a static embedder: it does not begin with TTSE.'
  expect(await complaint(new Uint8Array(0))).toBe(message)
  expect(await complaint(shipped.slice(0, 63))).toBe(message)
  expect(await complaint(changed((bytes) => bytes.set([0x50, 0x4b])))).toBe(message)
})

test('another format is named beside the one that is read', async () => {
  const message = await complaint(changed((bytes) => bytes.set([2], 4)))
  expect(message).toBe('static.bin has format 2; this trimtab reads format 1.')
})

test('a file cut off, or with a number of rows that is not its own, is told by its size', async () => {
  expect(await complaint(shipped.slice(0, -1))).toMatch(
    /^static\.bin is damaged: it has \d+ bytes instead of \d+\.$/,
  )
  expect(await complaint(changed((bytes) => bytes.set([255, 255, 255, 255], 12)))).toMatch(/damaged: it has/)
})

test('one changed byte is told by the digest, wherever it is', async () => {
  for (const at of [20, 64, 300_000, shipped.length - 1]) {
    const message = await complaint(changed((bytes) => bytes.set([(bytes[at] as number) ^ 1], at)))
    expect(message).toBe(
      'static.bin is damaged: its contents do not match its digest. Install trimtab again.',
    )
  }
})
