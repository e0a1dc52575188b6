/**
 * The embedders that ship, once a process: whoever needs them shares one table of words and one thread of the encoder. Their
 * code is loaded with them.
 */
import type { Embedder, InstantEmbedder } from '../../embedding/embedder.ts'
import type { ShippedEncoder } from './shipped-encoder.ts'

/** For as long as it is used; the thread ends when nobody uses it any more. */
export interface EncoderInUse {
  embedder: Embedder
  stop(): Promise<void>
}

export class ShippedModels {
  #table: Promise<InstantEmbedder> | undefined
  #encoder: Promise<ShippedEncoder> | undefined
  #users = 0

  /** @throws Error with a sentence where the table cannot be read */
  table(): Promise<InstantEmbedder> {
    this.#table ??= openTable().catch((error: unknown) => {
      this.#table = undefined
      throw error
    })
    return this.#table
  }

  /** @throws EmbedderUnavailable where the model cannot be read */
  async encoder(): Promise<EncoderInUse> {
    this.#encoder ??= startEncoder().catch((error: unknown) => {
      this.#encoder = undefined
      throw error
    })
    const starting = this.#encoder
    this.#users++
    try {
      const embedder = await starting
      return { embedder, stop: () => this.#leave(embedder) }
    } catch (error) {
      this.#users--
      throw error
    }
  }

  async #leave(embedder: ShippedEncoder): Promise<void> {
    this.#users--
    if (this.#users > 0) return
    this.#encoder = undefined
    await embedder.stop()
  }
}

async function openTable(): Promise<InstantEmbedder> {
  const { openStaticEmbedder } = await import('./shipped-table.ts')
  return openStaticEmbedder()
}

async function startEncoder(): Promise<ShippedEncoder> {
  const { ShippedEncoder } = await import('./shipped-encoder.ts')
  return ShippedEncoder.start()
}
