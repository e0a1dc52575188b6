/** What one event of a chat stream says, as far as forwarding and metering need to know. */
import { isObject } from './is-object.ts'
import { addOutput } from './output-size.ts'
import { parseJson } from './parse-json.ts'
import { usageBlock } from './usage-block.ts'
import { readWireError } from './wire-error.ts'

export type StreamEventFacts =
  | { kind: 'done' }
  | { kind: 'error'; message: string; code: string | undefined; status: number | undefined }
  | ChunkFacts
  | { kind: 'malformed' }

interface ChunkFacts {
  kind: 'chunk'
  /** Text, reasoning, a tool call, a refusal, audio or an image: role-only chunks and pings have none. */
  hasContent: boolean
  finishReason: string | undefined
  /** Indexes of the choices that finish with this chunk. */
  finished: readonly number[]
  /** As `usageBlock` gives it; several chunks may carry one, the last counts. */
  usage: unknown | undefined
  /** Nothing but usage: a caller who did not ask for it is not sent this chunk. */
  usageOnly: boolean
  outputCharacters: number
  model: string | undefined
  /** Of the answer: under which the provider may keep it. */
  id?: string | undefined
}

const NONE: readonly number[] = []

export function readStreamEvent(data: string): StreamEventFacts {
  if (data.trim() === '[DONE]') return { kind: 'done' }
  // An empty event is a ping.
  const chunk = data === '' ? {} : parseJson(data)
  const error = readWireError(chunk)
  if (error !== undefined) {
    return { kind: 'error', message: error.message, code: error.code, status: error.status }
  }
  return isObject(chunk) ? readChunk(chunk) : { kind: 'malformed' }
}

function readChunk(chunk: Record<string, unknown>): ChunkFacts {
  const choices = Array.isArray(chunk.choices) ? chunk.choices : []
  const size = { characters: 0, hasContent: false }
  let finishReason: string | undefined
  let finished = NONE
  for (const choice of choices) {
    if (!isObject(choice)) continue
    const part = choice.delta ?? choice.message
    if (isObject(part)) addOutput(size, part)
    else if (typeof choice.text === 'string') addOutput(size, { content: choice.text })
    if (typeof choice.finish_reason === 'string' && choice.finish_reason !== '') {
      finishReason = choice.finish_reason
      finished = [...finished, typeof choice.index === 'number' ? choice.index : 0]
    }
  }
  const usage = usageBlock(chunk)
  return {
    kind: 'chunk',
    hasContent: size.hasContent,
    finishReason,
    finished,
    usage,
    usageOnly: usage !== undefined && choices.length === 0,
    outputCharacters: size.characters,
    model: typeof chunk.model === 'string' && chunk.model !== '' ? chunk.model : undefined,
    id: typeof chunk.id === 'string' ? chunk.id : undefined,
  }
}
