/** What the mock saw, without what takes the room: a run of an hour keeps a hundred thousand of these. */
import type { SeenRequest } from '../support/mock-provider/seen-request.ts'

const NOTHING = new Uint8Array()

/** The same one while its exchange goes on, so that its end is still seen. */
export function slimmed(seen: SeenRequest): SeenRequest {
  // The mock closes such a connection and does not look back.
  if (seen.end === 'open' && seen.fault !== 'close_on_reuse') return seen
  const body = { model: seen.body?.model }
  return { ...seen, rawHeaders: [], headers: {}, bytes: NOTHING, body, said: undefined }
}
