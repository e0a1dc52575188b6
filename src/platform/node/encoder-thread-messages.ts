/** What the main thread and the small encoder's thread say to each other. */
export interface EncoderThreadSettings {
  /** Path of `encoder.bin`. */
  path: string
}

export interface MessageToEncoder {
  id: number
  texts: readonly string[]
}

export type MessageFromEncoder =
  | { kind: 'ready'; embedder: string; dimensions: number }
  /** The model could not be read; one sentence. */
  | { kind: 'failed'; reason: string }
  /** The vectors one after another. */
  | { kind: 'vectors'; id: number; vectors: Float32Array<ArrayBuffer> }
