/** Reads the end of a JSON answer that was too large to hold: whether it closed, and the `usage` that providers write last. */
import { isObject } from './is-object.ts'
import { parseJson } from './parse-json.ts'
import { usageBlock } from './usage-block.ts'

export interface AnswerTail {
  /** The last byte that is not white space closes an object. */
  closed: boolean
  /** The provider's `usage` object as `usageBlock` gives it, or undefined where the tail has none. */
  usage: unknown
}

export function readAnswerTail(tail: Uint8Array): AnswerTail {
  const text = new TextDecoder().decode(tail).trimEnd()
  return { closed: text.endsWith('}'), usage: usageIn(text) }
}

function usageIn(text: string): unknown {
  const key = text.lastIndexOf('"usage"')
  if (key < 0) return undefined
  const start = text.indexOf('{', key)
  // The object may be followed by other members: the shortest text that parses is the object itself.
  for (let end = text.indexOf('}', start); start >= 0 && end >= 0; end = text.indexOf('}', end + 1)) {
    const usage = parseJson(text.slice(start, end + 1))
    // OpenAI writes its tier right after the usage.
    if (isObject(usage)) return usageBlock({ usage, service_tier: tierIn(text.slice(end + 1)) })
  }
  return undefined
}

function tierIn(text: string): string | undefined {
  return /"service_tier"\s*:\s*"([^"\\]*)"/.exec(text)?.[1]
}
