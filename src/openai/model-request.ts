/** A request body as it came, with what routing and metering need read out of it. */

/** Byte positions of one top-level member: `"key": value`. */
export interface Member {
  /** First byte of the key's opening quote. */
  keyStart: number
  valueStart: number
  /** One past the value's last byte. */
  valueEnd: number
}

/** Endpoints whose requests name a model and whose answers are counted in tokens. */
export const MODEL_ENDPOINTS = [
  'chat/completions',
  'completions',
  'embeddings',
  'responses',
  'messages',
] as const

export type ModelEndpoint = (typeof MODEL_ENDPOINTS)[number]

/** What is read of any body, whatever it asks. */
export interface RequestBody {
  /** Exactly what the caller sent (after content decoding). */
  bytes: Uint8Array
  members: ReadonlyMap<string, Member>
  /** The parsed body; read only, never serialised again. */
  body: Readonly<Record<string, unknown>>
  model: string | undefined
  stream: boolean
  /** Whether the caller asked for a usage chunk (`stream_options.include_usage`); streams of messages always carry it. */
  wantsUsage: boolean
}

export interface ModelRequest extends RequestBody {
  endpoint: ModelEndpoint
  /** What tells the other kind of request: see `PassedRequest`. */
  passed?: undefined
}

/** A body that was read and checked, as the request it is. */
export function modelRequest(
  endpoint: ModelEndpoint,
  { bytes, members, body }: Pick<RequestBody, 'bytes' | 'members' | 'body'>,
  wantsUsage: boolean,
): ModelRequest {
  return {
    endpoint,
    bytes,
    members,
    body,
    model: typeof body.model === 'string' ? body.model : undefined,
    stream: body.stream === true,
    wantsUsage,
  }
}
