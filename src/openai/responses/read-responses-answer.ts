/** What a whole response object says, as far as forwarding and metering need to know. */
import { isObject } from '../is-object.ts'
import { parseJsonBytes } from '../parse-json.ts'
import type { AnswerFacts } from '../read-answer.ts'
import { usageBlock } from '../usage-block.ts'
import { addItems } from './output-items.ts'
import { finishReasonOf, responseError } from './response-end.ts'

/**
 * A response that failed is an error, also where it came with a 200. One that still runs in the background is an
 * answer without a finish reason.
 */
export function readResponsesAnswer(bytes: Uint8Array): AnswerFacts {
  const response = parseJsonBytes(bytes)
  if (!isObject(response)) return { kind: 'malformed' }
  const error = responseError(response)
  if (error !== undefined) return { kind: 'error', ...error }
  if (!Array.isArray(response.output)) return { kind: 'malformed' }
  const size = { characters: 0, hasContent: false }
  addItems(size, response.output)
  return {
    kind: 'answer',
    id: typeof response.id === 'string' ? response.id : undefined,
    usage: usageBlock(response),
    model: typeof response.model === 'string' ? response.model : undefined,
    finishReason: finishReasonOf(response),
    outputCharacters: size.characters,
  }
}
