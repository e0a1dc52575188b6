/** The port between a text and its vector, whoever computes it. */

/** An embedder that answers within the turn of a request: microseconds, in this thread. */
export interface InstantEmbedder {
  /** Names weights, build and preparation of the text: vectors of two ids are never compared. */
  readonly id: string
  readonly dimensions: number
  /** Of unit length; all zeros where the text holds nothing that has a vector. */
  embed(text: string): Float32Array
}

/** An embedder that is asked and waited for: another process, or another machine. */
export interface Embedder {
  readonly id: string
  readonly dimensions: number
  /**
   * One vector of unit length a text, in their order.
   * @throws EmbedderUnavailable where there is no answer in time
   */
  embed(texts: readonly string[], signal?: AbortSignal): Promise<readonly Float32Array[]>
}

/** Nobody computes vectors just now: a miss, never a caller's error. */
export class EmbedderUnavailable extends Error {}
