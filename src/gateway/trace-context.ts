/** W3C Trace Context: which trace a request belongs to, and the ids of the spans that we add to it. */
import { type HeaderList, headerValue } from '../providers/transport.ts'

export interface SpanIds {
  /** 32 hexadecimal digits. */
  traceId: string
  /** 16 hexadecimal digits. */
  spanId: string
  /** Undefined at the root of a trace. */
  parentId: string | undefined
  /** The caller named no trace, so that its `tracestate` belongs to none. */
  isNewTrace: boolean
}

/** Version, trace, parent and flags; later versions may append more. */
const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?$/
const ZEROS = /^0+$/

/**
 * The span of one request: in the caller's trace, or at the root of a new one.
 * @returns undefined where the caller's trace is not recorded: then there is nothing to add to it
 */
export function beginSpan(headers: HeaderList, random: () => number): SpanIds | undefined {
  const [, traceId, parentId, flags] =
    TRACEPARENT.exec(headerValue(headers, 'traceparent')?.trim() ?? '') ?? []
  if (traceId === undefined || parentId === undefined || ZEROS.test(traceId) || ZEROS.test(parentId)) {
    return { traceId: hex(4, random), spanId: hex(2, random), parentId: undefined, isNewTrace: true }
  }
  const isRecorded = (Number.parseInt(flags ?? '', 16) & 1) === 1
  return isRecorded ? { traceId, spanId: hex(2, random), parentId, isNewTrace: false } : undefined
}

export function childSpan(parent: SpanIds | undefined, random: () => number): SpanIds | undefined {
  if (parent === undefined) return undefined
  return { ...parent, spanId: hex(2, random), parentId: parent.spanId }
}

/** The header by which whoever is called next adds to this span. */
export function traceparent({ traceId, spanId }: SpanIds): string {
  return `00-${traceId}-${spanId}-01`
}

/** Never all zeros, which would be no id. */
function hex(words: number, random: () => number): string {
  let text = ''
  for (let word = 0; word < words; word++) {
    text += (Math.floor(random() * 0xffffffff) + 1).toString(16).padStart(8, '0').slice(-8)
  }
  return text
}
