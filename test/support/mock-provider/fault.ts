/** The ways in which a provider can misbehave, each chosen by a script, a header or the model's name. */

export type Fault =
  | { kind: 'none' }
  /** The request is read and nothing at all is sent. */
  | { kind: 'black_hole' }
  /** As `none`, once `MockProvider.release()` is called. */
  | { kind: 'hold' }
  /** As `none`, after a silence before the status line. */
  | { kind: 'delay'; ms: number }
  /** TCP reset in place of an answer. */
  | { kind: 'reset' }
  /** TCP reset after status and headers. */
  | { kind: 'reset_before_body' }
  | { kind: 'reset_mid' }
  /** An error in OpenAI's envelope. */
  | { kind: 'status'; status: number; message?: string; headers?: Readonly<Record<string, string>> }
  /** 429 whose `Retry-After` is a number of seconds. */
  | { kind: 'rate_limited'; seconds: number }
  /** 429 whose `Retry-After` is an HTTP date so many seconds ahead. */
  | { kind: 'rate_limited_date'; seconds: number }
  /** Status 200, then an error object: as the first event, or as the whole JSON answer. */
  | { kind: 'error_event' }
  /** The same after half of the stream. */
  | { kind: 'error_event_mid' }
  /** Status and headers, then silence. */
  | { kind: 'stall_first' }
  | { kind: 'stall_mid' }
  /** Half of the bytes, then an orderly end. */
  | { kind: 'truncated_json' }
  | { kind: 'no_done' }
  /** A stream that ends in good order before its `finish_reason`. */
  | { kind: 'no_finish' }
  /** One byte a write. */
  | { kind: 'drip'; ms: number }
  | { kind: 'huge'; bytes: number }
  /** A gzip body, not asked for, that inflates to so many bytes. */
  | { kind: 'gzip_bomb'; bytes: number }
  /** Promises keep-alive and closes the socket after the answer, as llama.cpp's server does after a stream. */
  | { kind: 'close_after' }
  /** The second request on a socket finds it closed, as after an idle timeout; such a request is never answered. */
  | { kind: 'close_on_reuse' }
  /** Recorded bytes, one write for each piece between the given offsets. */
  | {
      kind: 'replay'
      bytes: Uint8Array
      at: readonly number[]
      status?: number
      contentType?: string
      headers?: Readonly<Record<string, string>>
      betweenMs?: number
    }

export type FaultKind = Fault['kind']

/** Header by which a request chooses its fault: `kind` or `kind=number`, for instance `status=503`. */
export const FAULT_HEADER = 'x-mock-fault'

/** Reads `reset-mid`, `status=503`, `drip=1`; undefined where no fault has that name. */
export function parseFault(text: string): Fault | undefined {
  const [name = '', value] = text.split('=')
  const number = value === undefined ? undefined : Number(value)
  const kind = name.trim().replaceAll('-', '_')
  return byName[kind]?.(number)
}

/** The model `chaos-reset-mid` or `chaos-status-503` chooses its own fault. */
export function faultOfModel(model: unknown): Fault | undefined {
  if (typeof model !== 'string') return undefined
  const found = /^chaos-([a-z_-]+?)(?:-(\d+))?$/.exec(model.slice(model.lastIndexOf('/') + 1))
  return found ? parseFault(found[2] === undefined ? `${found[1]}` : `${found[1]}=${found[2]}`) : undefined
}

const byName: Readonly<Record<string, (value: number | undefined) => Fault>> = {
  none: () => ({ kind: 'none' }),
  black_hole: () => ({ kind: 'black_hole' }),
  hold: () => ({ kind: 'hold' }),
  delay: (ms = 100) => ({ kind: 'delay', ms }),
  reset: () => ({ kind: 'reset' }),
  reset_before_body: () => ({ kind: 'reset_before_body' }),
  reset_mid: () => ({ kind: 'reset_mid' }),
  status: (status = 500) => ({ kind: 'status', status }),
  rate_limited: (seconds = 1) => ({ kind: 'rate_limited', seconds }),
  rate_limited_date: (seconds = 1) => ({ kind: 'rate_limited_date', seconds }),
  error_event: () => ({ kind: 'error_event' }),
  error_event_mid: () => ({ kind: 'error_event_mid' }),
  stall_first: () => ({ kind: 'stall_first' }),
  stall_mid: () => ({ kind: 'stall_mid' }),
  truncated_json: () => ({ kind: 'truncated_json' }),
  no_done: () => ({ kind: 'no_done' }),
  no_finish: () => ({ kind: 'no_finish' }),
  drip: (ms = 0) => ({ kind: 'drip', ms }),
  huge: (bytes = 100_000_000) => ({ kind: 'huge', bytes }),
  gzip_bomb: (bytes = 1_000_000_000) => ({ kind: 'gzip_bomb', bytes }),
  close_after: () => ({ kind: 'close_after' }),
  close_on_reuse: () => ({ kind: 'close_on_reuse' }),
}
