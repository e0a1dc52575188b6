/** What a whole answer to a messages request says, as far as forwarding and metering need to know. */
import { isObject } from '../openai/is-object.ts'
import { parseJsonBytes } from '../openai/parse-json.ts'
import type { AnswerFacts } from '../openai/read-answer.ts'
import { blockCharacters } from './content-size.ts'
import { readMessagesError } from './messages-error.ts'
import { finishReasonOf } from './stop-reason.ts'

/** Reads a message, or the answer to a count of tokens, which bills nothing; an error in a 200 is an error. */
export function readMessagesAnswer(bytes: Uint8Array): AnswerFacts {
  const answer = parseJsonBytes(bytes)
  if (!isObject(answer)) return { kind: 'malformed' }
  if (answer.type === 'error' || isObject(answer.error)) return readMessagesError(answer)
  if (!Array.isArray(answer.content)) return countOf(answer)
  const blocks = answer.content.filter(isObject)
  return {
    kind: 'answer',
    usage: isObject(answer.usage) ? answer.usage : undefined,
    model: typeof answer.model === 'string' ? answer.model : undefined,
    finishReason: typeof answer.stop_reason === 'string' ? finishReasonOf(answer.stop_reason) : undefined,
    outputCharacters: blocks.reduce((characters, block) => characters + blockCharacters(block), 0),
  }
}

function countOf(answer: Readonly<Record<string, unknown>>): AnswerFacts {
  if (typeof answer.input_tokens !== 'number') return { kind: 'malformed' }
  return { kind: 'answer', usage: undefined, model: undefined, finishReason: undefined, outputCharacters: 0 }
}
