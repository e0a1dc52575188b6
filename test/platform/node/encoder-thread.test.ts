import { fileURLToPath, pathToFileURL } from 'node:url'
import { Worker } from 'node:worker_threads'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { Evidence } from '../../../src/cache/semantic/evidence.ts'
import { MemoryEvidenceStore } from '../../../src/cache/semantic/evidence-store.ts'
import { SemanticCache } from '../../../src/cache/semantic/semantic-cache.ts'
import { EmbedderUnavailable } from '../../../src/embedding/embedder.ts'
import { noTokens } from '../../../src/metering/tokens.ts'
import { EncoderThread } from '../../../src/platform/node/encoder-thread-client.ts'
import type { EncoderThreadSettings } from '../../../src/platform/node/encoder-thread-messages.ts'
import { openStaticEmbedder } from '../../../src/platform/node/shipped-table.ts'
import { MemoryVectorIndex } from '../../../src/vectors/memory-vector-index.ts'
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

test('a thread that ends before it is ready is told as one that did not start', async () => {
  const ends = (): Worker => new Worker('process.exit(0)', { eval: true })
  await expect(
    EncoderThread.start({ settings: { path: MODEL }, start: ends, mostWaiting: 8 }),
  ).rejects.toThrow(EmbedderUnavailable)
})

test('a lookup whose encoder was terminated is decided by the table of words', async () => {
  const { cache, contextual, instant, question } = await remembered()
  // On a busy machine its words may come too late to count.
  await expect
    .poll(async () => (await cache.look(question, POLICY)).candidate?.embedderId, { timeout: 10_000 })
    .toBe(contextual.id)
  await contextual.stop()
  // Texts that it told before are known still; this one is not.
  const after = await cache.look({ ...question, text: "What's the capital of Peru?" }, POLICY)
  expect(after.candidate?.embedderId).toBe(instant.id)
  expect(after.reasons.join()).not.toContain('fault')
})

test('a question mark that was left out says nothing', async () => {
  const { cache, contextual, question } = await remembered()
  const asked = { ...question, text: 'what is the capital of peru ' }
  await expect
    .poll(async () => (await cache.look(asked, POLICY)).candidate?.embedderId, { timeout: 10_000 })
    .toBe(contextual.id)
  const { candidate } = await cache.look(asked, POLICY)
  expect(candidate?.similarity).toBeCloseTo(1, 6)
})

const POLICY = {
  mode: 'on',
  ttlMs: 1e6,
  maxWrongRate: 0.05,
  auditShare: 0.1,
  judge: undefined,
  refreshesAhead: false,
  masksTiming: false,
  write: 'behind',
} as const

/** A cache that knows the answer to one question. */
async function remembered() {
  const instant = await openStaticEmbedder()
  const contextual = await started()
  const now = (): number => 1_000_000
  const evidence = new Evidence(new MemoryEvidenceStore(), contextual.id, now)
  const index = new MemoryVectorIndex(instant.dimensions, 1 << 20, 10)
  const cache = new SemanticCache({
    instant,
    contextual,
    index,
    evidence,
    now,
    random: Math.random,
    idOf: (...parts) => parts.join(),
  })
  const question = {
    tenant: 't',
    workflow: 'w',
    partition: 'p',
    text: 'What is the capital of Peru?',
    keyName: undefined,
    tags: {},
  }
  const answer = {
    key: 'p',
    tenant: 't',
    workflow: 'w',
    provider: 'mock',
    model: 'm',
    tier: undefined,
    form: 'json',
    contentType: 'application/json',
    body: new TextEncoder().encode('{}'),
    usage: undefined,
    tokens: noTokens(),
    createdAt: now(),
    expiresAt: now() + 1e6,
  } as const
  await cache.remember(await cache.look(question, POLICY), answer, POLICY)
  return { cache, contextual, instant, question }
}
