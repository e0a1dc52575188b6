/** What the events of a Responses stream say, as far as forwarding and metering need to know. */
import { isObject } from '../is-object.ts'
import { parseJson } from '../parse-json.ts'
import type { StreamEventFacts } from '../read-stream-event.ts'
import { usageBlock } from '../usage-block.ts'
import { addItem, addItems, isCall } from './output-items.ts'
import { finishReasonOf, responseError } from './response-end.ts'

type Fields = Readonly<Record<string, unknown>>
type ChunkFacts = StreamEventFacts & { kind: 'chunk' }

const FIRST_CHOICE: readonly number[] = [0]
const NONE: readonly number[] = []

/**
 * One for each stream: the event that ends it repeats the whole answer, of which only what no delta has told counts.
 * Whole events go in, their `data` each; the `type` within it says which event it is.
 */
export class ResponsesEventReader {
  #characters = 0

  read(data: string): StreamEventFacts {
    // Not OpenAI's, but some imitators close every stream so.
    if (data.trim() === '[DONE]') return { kind: 'done' }
    // An empty event is a ping.
    const event = data === '' ? {} : parseJson(data)
    if (!isObject(event)) return { kind: 'malformed' }
    const type = typeof event.type === 'string' ? event.type : ''
    switch (type) {
      case 'response.completed':
      case 'response.incomplete':
      case 'response.cancelled':
        return this.#readEnd(objectOf(event.response))
      case 'response.output_item.added':
      case 'response.output_item.done':
        return this.#readItem(objectOf(event.item), type === 'response.output_item.done')
      case 'response.audio.delta':
      case 'response.image_generation_call.partial_image':
        return chunk(true, 0)
    }
    if (type.endsWith('.delta')) return this.#readDelta(event.delta)
    return readOther(event, type)
  }

  #readDelta(delta: unknown): ChunkFacts {
    const characters = typeof delta === 'string' ? delta.length : 0
    this.#characters += characters
    return chunk(characters > 0, characters)
  }

  /** Only a call's name counts here: everything else has been, or will be, told by deltas, or else at the end. */
  #readItem(item: Fields, isDone: boolean): ChunkFacts {
    const size = { characters: 0, hasContent: false }
    addItem(size, isDone ? item : named(item))
    if (isDone) return chunk(size.hasContent, 0)
    this.#characters += size.characters
    return chunk(size.hasContent, size.characters)
  }

  #readEnd(response: Fields): StreamEventFacts {
    const size = { characters: 0, hasContent: false }
    addItems(size, response.output)
    const untold = Math.max(0, size.characters - this.#characters)
    this.#characters += untold
    return {
      ...chunk(untold > 0, untold),
      finishReason: finishReasonOf(response) ?? 'stop',
      finished: FIRST_CHOICE,
      usage: usageBlock(response),
      model: modelOf(response),
      id: textOf(response.id),
    }
  }
}

/** Beginnings, ends of parts, and whatever OpenAI adds: only errors matter. */
function readOther(event: Fields, type: string): StreamEventFacts {
  const response = type === 'response.failed' ? { status: 'failed', ...objectOf(event.response) } : undefined
  const error = responseError(response ?? event)
  if (error !== undefined) {
    return { kind: 'error', message: error.message, code: error.code, status: error.status }
  }
  const begun = objectOf(event.response)
  return { ...chunk(false, 0), model: modelOf(begun), id: textOf(begun.id) }
}

function named(item: Fields): Fields {
  return typeof item.type === 'string' && isCall(item.type) ? { type: item.type, name: item.name } : {}
}

function chunk(hasContent: boolean, outputCharacters: number): ChunkFacts {
  return {
    kind: 'chunk',
    hasContent,
    finishReason: undefined,
    finished: NONE,
    usage: undefined,
    usageOnly: false,
    outputCharacters,
    model: undefined,
  }
}

function modelOf({ model }: Fields): string | undefined {
  return textOf(model)
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

function objectOf(value: unknown): Fields {
  return isObject(value) ? value : {}
}
