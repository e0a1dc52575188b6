/** A request body as it came, with what routing and metering need read out of it. */

/** Byte positions of one top-level member: `"key": value`. */
export interface Member {
  /** First byte of the key's opening quote. */
  keyStart: number
  valueStart: number
  /** One past the value's last byte. */
  valueEnd: number
}

export interface ModelRequest {
  endpoint: 'chat/completions' | 'embeddings' | 'responses' | 'completions'
  /** Exactly what the caller sent (after content decoding). */
  bytes: Uint8Array
  members: ReadonlyMap<string, Member>
  /** The parsed body; read only, never serialised again. */
  body: Readonly<Record<string, unknown>>
  model: string | undefined
  stream: boolean
  /** Whether the caller asked for a usage chunk (`stream_options.include_usage`). */
  wantsUsage: boolean
}
