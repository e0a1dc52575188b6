/** Names what two requests must share before the texts that end them are even compared: everything else. */
import { canonicalBody } from '../canonical-body.ts'
import { type Digest, type ExactKeyParts, isEchoed, scopeOf } from '../exact-key.ts'
import type { LastUserText } from './last-user-text.ts'

export interface PartitionParts extends ExactKeyParts {
  /** Vectors of two embedders are never compared. */
  embedderId: string
  /** Of this very `body`. */
  last: LastUserText
}

/**
 * Hex SHA-256, or what `digest` makes: the same for two requests exactly where they differ in the last user text alone,
 * and in what no answer depends on (`stream`, `user`, `metadata` and their like). System prompt, history, tools and
 * parameters are identical by construction. Undefined where the body holds a number that JSON's parsers would take
 * for another.
 */
export function partitionKey(parts: PartitionParts, digest: Digest): string | Promise<string> | undefined {
  const body = canonicalBody(parts.body, { hole: parts.last, echoed: isEchoed(parts.endpoint) })
  if (body === undefined) return undefined
  return digest(`semantic${JSON.stringify([...scopeOf(parts), parts.embedderId])}${body}`)
}
