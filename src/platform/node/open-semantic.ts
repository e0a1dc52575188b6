/** Opens the semantic cache: its embedders, where its questions are, and what was learned of them. */
import { hash } from 'node:crypto'
import { Evidence } from '../../cache/semantic/evidence.ts'
import { SemanticCache } from '../../cache/semantic/semantic-cache.ts'
import type { Config } from '../../config.ts'
import type { Embedder } from '../../embedding/embedder.ts'
import { RemoteEmbedder } from '../../embedding/remote-embedder.ts'
import type { Transport } from '../../providers/transport.ts'
import { leftBehind } from '../../storage/left-behind.ts'
import { SqliteEvidenceStore } from '../../storage/sqlite-evidence-store.ts'
import { ContextualEmbedder } from './contextual-embedder.ts'
import { readEmbedderModel } from './embedder-model.ts'
import { servingCacheDatabase } from './node-cache.ts'
import { openNodeVectors } from './node-vectors.ts'
import { contextualEmbedderScript } from './package-files.ts'
import type { ShippedModels } from './shipped-models.ts'

export interface SemanticSurroundings {
  config: Config
  network: Transport
  /** The embedders that ship. */
  shipped: ShippedModels
  /** Of trimtab. */
  environment: NodeJS.ProcessEnv
  /** Unix milliseconds. */
  now: () => number
  info(message: string): void
  warn(message: string): void
}

export interface OpenedSemantic {
  cache: SemanticCache
  stored(): number | undefined
  close(): Promise<void>
}

/** @throws Error with a reason in few words */
export async function openSemantic(parts: SemanticSurroundings): Promise<OpenedSemantic> {
  const { config, now, warn } = parts
  const instant = await parts.shipped.table()
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
  const judgingId = contextual?.embedder.id ?? instant.id
  const evidence = new Evidence(store, judgingId, now)
  for (const sentence of leftBehind(database, { instantId: instant.id, judgingId })) parts.info(sentence)
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

export interface Contextual {
  embedder: Embedder
  stop(): Promise<void>
}

/** Confirms what the instant embedder finds; undefined where nobody does. */
export async function openContextual({
  config,
  network,
  shipped,
  environment,
  info,
  warn,
}: Omit<SemanticSurroundings, 'now'>): Promise<Contextual | undefined> {
  const { embedding } = config
  if (embedding.use === 'static') {
    info(
      'Questions that mean the same are told by the table of words alone: fewer are found than with an encoder.',
    )
    return undefined
  }
  if (embedding.use === 'encoder') return shippedEncoder(shipped, info, '')
  if (embedding.use === 'remote') {
    const embedder = new RemoteEmbedder(embedding.remote, network)
    info(`Questions that mean the same are told by ${embedder.id}.`)
    return { embedder, stop: async () => {} }
  }
  const { local } = embedding
  const model = await readEmbedderModel(config.data, local).catch((error: Error) => error)
  if (model instanceof Error) {
    if (embedding.use === 'transformers') throw model
    return shippedEncoder(
      shipped,
      info,
      '; `trimtab models add minilm` fetches a larger one, which finds a few more',
    )
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

async function shippedEncoder(
  shipped: ShippedModels,
  info: (message: string) => void,
  hint: string,
): Promise<Contextual> {
  const encoder = await shipped.encoder()
  info(
    `Questions that mean the same are told by the small encoder that ships (${encoder.embedder.id})${hint}.`,
  )
  return encoder
}

/** A UUID that a repeated question has again, so that its newer answer takes the older one's place. */
export function idOf(tenant: string, partition: string, question: string): string {
  const digest = hash('sha256', JSON.stringify([tenant, partition, question]))
  return [8, 12, 16, 20, 32].map((end, place) => digest.slice([0, 8, 12, 16, 20][place], end)).join('-')
}
