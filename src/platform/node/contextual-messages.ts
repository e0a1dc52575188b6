/** What trimtab and the process that computes contextual vectors say to each other. */
import type { EmbedderModel } from './embedder-model.ts'

/** The process's only argument, as JSON. */
export interface ContextualProcessSettings {
  model: EmbedderModel
  /** How many threads compute one vector. */
  threads: number
}

/** A batch; answered whole, before the next is sent. */
export interface MessageToContextual {
  texts: readonly string[]
}

export type MessageFromContextual =
  | { kind: 'ready' }
  /** One vector after the other, each of unit length. */
  | { kind: 'vectors'; vectors: Float32Array }
  /** The batch came to nothing; the process goes on. */
  | { kind: 'failed'; reason: string }
  /** It cannot start; the process ends. */
  | { kind: 'unusable'; reason: string }
