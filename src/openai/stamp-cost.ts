/** Writes what a request cost into a stream's usage chunk, where clients that read it find it and others ignore it. */
import type { StreamEvent } from './event-scanner.ts'

export interface CostStamp {
  /** Null, or absent, where the price is unknown. */
  cost_usd?: number | null
  [member: string]: unknown
}

const LINE_FEED = 0x0a
const CARRIAGE_RETURN = 0x0d
const CLOSE_BRACE = 0x7d

/** The event's bytes with `"trimtab":{…}` as the last member of its JSON object; unchanged where it holds none. */
export function stampCost(event: StreamEvent, cost: CostStamp): Uint8Array {
  const data = event.data?.trim() ?? ''
  if (!data.startsWith('{') || !data.endsWith('}')) return event.bytes
  const at = lastBraceOfData(event.bytes)
  if (at === -1) return event.bytes
  const comma = /^\{\s*\}$/.test(data) ? '' : ','
  const stamp = new TextEncoder().encode(`${comma}"trimtab":${JSON.stringify(cost)}`)
  const stamped = new Uint8Array(event.bytes.length + stamp.length)
  stamped.set(event.bytes.subarray(0, at))
  stamped.set(stamp, at)
  stamped.set(event.bytes.subarray(at), at + stamp.length)
  return stamped
}

/** The same of one event's data, a JSON object with members. */
export function stampCostOfData(data: string, cost: CostStamp): string {
  return `${data.slice(0, -1)},"trimtab":${JSON.stringify(cost)}}`
}

/** Other fields may follow the data, so lines are tried from the last one up. */
function lastBraceOfData(bytes: Uint8Array): number {
  let lineEnd = bytes.length
  while (lineEnd > 0) {
    let lineStart = lineEnd
    while (lineStart > 0 && !isLineEnd(bytes[lineStart - 1])) lineStart--
    const line = bytes.subarray(lineStart, lineEnd)
    const brace = line.lastIndexOf(CLOSE_BRACE)
    if (brace !== -1 && isData(line)) return lineStart + brace
    lineEnd = lineStart - 1
  }
  return -1
}

function isLineEnd(byte: number | undefined): boolean {
  return byte === LINE_FEED || byte === CARRIAGE_RETURN
}

function isData(line: Uint8Array): boolean {
  // A byte-order mark may stand before the first line.
  return /^\uFEFF?data:/.test(new TextDecoder('utf-8', { ignoreBOM: true }).decode(line.subarray(0, 8)))
}
