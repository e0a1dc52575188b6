/** What a whole JSON answer says, as far as forwarding and metering need to know. */
import { isObject } from './is-object.ts'
import { addOutput } from './output-size.ts'
import { parseJsonBytes } from './parse-json.ts'
import { usageBlock } from './usage-block.ts'
import { readWireError } from './wire-error.ts'

export type AnswerFacts =
  | {
      kind: 'answer'
      /** As `usageBlock` gives it. */
      usage: unknown | undefined
      model: string | undefined
      /** Of the first choice; undefined for embeddings. */
      finishReason: string | undefined
      outputCharacters: number
      /** Under which the provider may keep it. */
      id?: string | undefined
    }
  | {
      kind: 'error'
      message: string
      code: string | undefined
      type: string | undefined
      /** HTTP status that the error names itself. */
      status: number | undefined
    }
  /** Not JSON, cut short, or neither an answer nor an error. */
  | { kind: 'malformed' }

/** Reads an answer to chat or embeddings; a 200 whose body reports an error is an error. */
export function readAnswer(bytes: Uint8Array): AnswerFacts {
  const answer = parseJsonBytes(bytes)
  const error = readWireError(answer)
  if (error !== undefined) return { kind: 'error', ...error }
  if (!isObject(answer)) return { kind: 'malformed' }
  const choices = Array.isArray(answer.choices) ? answer.choices.filter(isObject) : undefined
  if (choices === undefined && !Array.isArray(answer.data)) return { kind: 'malformed' }
  const size = { characters: 0, hasContent: false }
  for (const choice of choices ?? []) {
    if (isObject(choice.message)) addOutput(size, choice.message)
    else if (typeof choice.text === 'string') addOutput(size, { content: choice.text })
  }
  const finishReason = choices?.[0]?.finish_reason
  return {
    kind: 'answer',
    usage: usageBlock(answer),
    model: typeof answer.model === 'string' ? answer.model : undefined,
    finishReason: typeof finishReason === 'string' ? finishReason : undefined,
    outputCharacters: size.characters,
    id: typeof answer.id === 'string' ? answer.id : undefined,
  }
}
