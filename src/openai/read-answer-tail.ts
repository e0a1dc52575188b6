/** Reads the end of a JSON answer that was too large to hold: whether it closed, and the `usage` that providers write last. */

export interface AnswerTail {
  /** The last byte that is not white space closes an object. */
  closed: boolean
  /** The provider's `usage` object, or undefined where the tail has none. */
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
    try {
      return JSON.parse(text.slice(start, end + 1))
    } catch {
      // not closed yet: usage has nested detail objects
    }
  }
  return undefined
}
