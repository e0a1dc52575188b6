/** A recorded stream once more, with or without the chunk that counts its tokens. */
import { EventScanner, type StreamEvent } from './event-scanner.ts'
import { readStreamEvent } from './read-stream-event.ts'
import { stampCost } from './stamp-cost.ts'

const encoder = new TextEncoder()

/**
 * @param usage the provider's usage object, for a caller who wants it where the recording has none
 * @returns the recording's own bytes, but for the usage chunk
 */
export function replayStream(recording: Uint8Array, wantsUsage: boolean, usage: unknown): Uint8Array[] {
  const pieces: Uint8Array[] = []
  let counted = false
  let last: StreamEvent | undefined
  for (const event of new EventScanner().push(recording)) {
    const facts = event.data === undefined ? undefined : readStreamEvent(event.data)
    if (facts?.kind === 'done' && wantsUsage && !counted && usage !== undefined) {
      pieces.push(usageEvent(last, usage))
    }
    if (facts?.kind === 'chunk') {
      last = event
      counted ||= facts.usage !== undefined
      if (facts.usageOnly && !wantsUsage) continue
    }
    pieces.push(event.bytes)
  }
  return pieces
}

/** In the words of the chunks around it; a remembered answer costs nothing. */
function usageEvent(last: StreamEvent | undefined, usage: unknown): Uint8Array {
  const chunk: unknown = last?.data === undefined ? {} : JSON.parse(last.data)
  const data = JSON.stringify({ ...(chunk as object), choices: [], usage })
  return stampCost({ bytes: encoder.encode(`data: ${data}\n\n`), data, event: undefined }, { cost_usd: 0 })
}
