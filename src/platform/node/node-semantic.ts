/**
 * The semantic cache of one Node process. It is opened once a policy asks for it: its table of words takes 20 MB, and who does
 * not use it does not pay for it.
 */
import { hash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { Evidence } from '../../cache/semantic/evidence.ts'
import { SemanticCache } from '../../cache/semantic/semantic-cache.ts'
import type { Config } from '../../config.ts'
import type { Embedder, InstantEmbedder } from '../../embedding/embedder.ts'
import { RemoteEmbedder } from '../../embedding/remote-embedder.ts'
import { StaticEmbedder } from '../../embedding/static-embedder.ts'
import { readStaticModel } from '../../embedding/static-model.ts'
import type { Metrics } from '../../metering/metrics.ts'
import type { PolicySet } from '../../policy/policy.ts'
import type { Transport } from '../../providers/transport.ts'
import { SqliteEvidenceStore } from '../../storage/sqlite-evidence-store.ts'
import { ContextualEmbedder } from './contextual-embedder.ts'
import { readEmbedderModel } from './embedder-model.ts'
import { servingCacheDatabase } from './node-cache.ts'
import { openNodeVectors } from './node-vectors.ts'
import { contextualEmbedderScript, staticModelFile } from './package-files.ts'
import { ShippedEncoder } from './shipped-encoder.ts'

export interface NodeSemanticParts {
  config: Config
  network: Transport
  /** Of trimtab. */
  environment: NodeJS.ProcessEnv
  /** Unix milliseconds. */
  now: () => number
  info(message: string): void
  warn(message: string): void
}

interface Opened {
  cache: SemanticCache
  stored(): number | undefined
  close(): Promise<void>
}

export class NodeSemantic {
  readonly #parts: NodeSemanticParts
  #opened: Opened | undefined
  #opening: Promise<void> | undefined

  constructor(parts: NodeSemanticParts & { metrics: Metrics }) {
    this.#parts = parts
    const help = 'Remembered questions that others which mean the same are answered by.'
    parts.metrics.gauge('trimtab_semantic_entries', help, [], () => {
      const value = this.#stored()
      return value === undefined ? [] : [{ labels: [], value }]
    })
  }

  /** Undefined as long as nobody needed it, or where it cannot be opened. */
  get cache(): SemanticCache | undefined {
    return this.#opened?.cache
  }

  /** Opens it where a policy asks for it. Never rejects: what cannot be opened costs hits, and is told. */
  async neededBy(policies: PolicySet): Promise<void> {
    const isNeeded = [policies.default, ...policies.inOrder].some(({ cache }) => cache.semantic !== undefined)
    if (isNeeded) await this.#open()
  }

  /** How many questions are remembered; undefined while that is not known. */
  #stored(): number | undefined {
    try {
      return this.#opened?.stored()
    } catch {
      return undefined
    }
  }

  #open(): Promise<void> {
    this.#opening ??= open(this.#parts).then(
      (opened) => {
        this.#opened = opened
      },
      (error: unknown) => {
        // The next policy that is saved tries again.
        this.#opening = undefined
        const reason = error instanceof Error ? error.message : String(error)
        this.#parts.warn(
          `The semantic cache cannot be opened, and only exact repeats are remembered: ${reason.replace(/\.$/, '')}.`,
        )
      },
    )
    return this.#opening
  }

  async close(): Promise<void> {
    await this.#opening
    await this.#opened?.close()
    this.#opened = undefined
  }
}

async function open(parts: NodeSemanticParts): Promise<Opened> {
  const { config, now, warn } = parts
  const instant = await openStaticEmbedder()
  const embedder = { id: instant.id, dimensions: instant.dimensions }
  const vectors = await openNodeVectors({
    settings: config.vectors,
    dataFolder: config.data,
    embedder,
    now,
    warn,
  })
  const database = await servingCacheDatabase(config.data, now).catch(async (error: unknown) => {
    await vectors.close()
    throw error
  })
  const store = new SqliteEvidenceStore(database, now)
  const closeStores = async (): Promise<void> => {
    store.close()
    database.close()
    await vectors.close()
  }
  // Last: a thread that nobody asks would stay where something else cannot be opened.
  const contextual = await openContextual(parts).catch(async (error: unknown) => {
    await closeStores()
    throw error
  })
  const evidence = new Evidence(store, contextual?.embedder.id ?? instant.id, now)
  const { index } = vectors
  return {
    cache: new SemanticCache({
      instant,
      contextual: contextual?.embedder,
      index,
      evidence,
      now,
      random: Math.random,
      idOf,
    }),
    stored: vectors.stored,
    async close() {
      await contextual?.stop()
      await closeStores()
    },
  }
}

/** The one that ships. */
export async function openStaticEmbedder(): Promise<InstantEmbedder> {
  const file = staticModelFile()
  const bytes = Uint8Array.from(readFileSync(file))
  return new StaticEmbedder(await readStaticModel(bytes, (content) => hash('sha256', content), file))
}

export interface Contextual {
  embedder: Embedder
  stop(): Promise<void>
}

/** Confirms what the instant embedder finds; undefined where nobody does. */
export async function openContextual({
  config,
  network,
  environment,
  info,
  warn,
}: Omit<NodeSemanticParts, 'now'>): Promise<Contextual | undefined> {
  const { embedding } = config
  if (embedding.use === 'static') {
    info(
      'Questions that mean the same are told by the table of words alone: fewer are found than with an encoder.',
    )
    return undefined
  }
  if (embedding.use === 'encoder') return shippedEncoder(info, '')
  if (embedding.use === 'remote') {
    const embedder = new RemoteEmbedder(embedding.remote, network)
    info(`Questions that mean the same are told by ${embedder.id}.`)
    return { embedder, stop: async () => {} }
  }
  const { local } = embedding
  const model = await readEmbedderModel(config.data, local).catch((error: Error) => error)
  if (model instanceof Error) {
    if (embedding.use === 'transformers') throw model
    return shippedEncoder(info, '; `trimtab models add minilm` fetches a larger one, which finds a few more')
  }
  info(`Questions that mean the same are told by ${model.id}.`)
  const embedder = new ContextualEmbedder({
    model,
    threads: local.threads,
    timeoutMs: local.timeoutMs,
    script: contextualEmbedderScript(),
    environment,
    random: Math.random,
    info,
    warn,
  })
  embedder.start()
  return { embedder, stop: () => embedder.stop() }
}

async function shippedEncoder(info: (message: string) => void, hint: string): Promise<Contextual> {
  const encoder = await ShippedEncoder.start()
  info(`Questions that mean the same are told by the small encoder that ships (${encoder.id})${hint}.`)
  return { embedder: encoder, stop: () => encoder.stop() }
}

/** A UUID that a repeated question has again, so that its newer answer takes the older one's place. */
export function idOf(tenant: string, partition: string, question: string): string {
  const digest = hash('sha256', JSON.stringify([tenant, partition, question]))
  return [8, 12, 16, 20, 32].map((end, place) => digest.slice([0, 8, 12, 16, 20][place], end)).join('-')
}
