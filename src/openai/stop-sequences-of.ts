/** Where a caller wants its answer to end. */
import type { CallerRequest } from './passed-request.ts'

/** Texts before which the answer ends; empty where the caller states none. */
export function stopSequencesOf({ endpoint, body }: CallerRequest): readonly string[] {
  const stated = endpoint === 'messages' ? body.stop_sequences : body.stop
  const list: readonly unknown[] = Array.isArray(stated) ? stated : [stated]
  return list.filter((text): text is string => typeof text === 'string' && text !== '')
}
