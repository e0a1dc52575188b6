/** What the events of a messages stream say, as far as forwarding and metering need to know. */
import { isObject } from '../openai/is-object.ts'
import { parseJson } from '../openai/parse-json.ts'
import type { StreamEventFacts } from '../openai/read-stream-event.ts'
import { blockCharacters, blockHasContent, deltaCharacters, deltaHasContent } from './content-size.ts'
import { readMessagesError } from './messages-error.ts'
import { mergedUsage } from './messages-usage.ts'
import { finishReasonOf } from './stop-reason.ts'

type Wire = Record<string, unknown>
type ChunkFacts = StreamEventFacts & { kind: 'chunk' }

const FINISHED: readonly number[] = [0]
const NONE: readonly number[] = []

/** One reader a stream: its usage comes in several events, which are put together here. */
export class MessagesEventReader {
  #usage: Wire | undefined

  /** @param data of one event; its `type` says which event it is, so that the event's name is not needed. */
  read(data: string): StreamEventFacts {
    // An empty event is a ping; imitators of the API may end with OpenAI's word.
    if (data === '') return chunk()
    if (data.trim() === '[DONE]') return { kind: 'done' }
    const event = parseJson(data)
    if (!isObject(event)) return { kind: 'malformed' }
    switch (event.type) {
      case 'message_start':
        return this.#start(event)
      case 'content_block_start':
        return isObject(event.content_block) ? block(event.content_block) : chunk()
      case 'content_block_delta':
        return isObject(event.delta) ? delta(event.delta) : chunk()
      case 'message_delta':
        return this.#delta(event)
      case 'message_stop':
        return { kind: 'done' }
      case 'error':
        return readMessagesError(event)
      default:
        // Events that the API adds must not break its callers. Some imitators leave out the type of an error.
        return event.type === undefined && isObject(event.error) ? readMessagesError(event) : chunk()
    }
  }

  #start({ message }: Wire): ChunkFacts {
    if (!isObject(message)) return chunk()
    const facts = chunk()
    if (isObject(message.usage)) facts.usage = this.#usage = mergedUsage(this.#usage, message.usage)
    if (typeof message.model === 'string' && message.model !== '') facts.model = message.model
    return facts
  }

  #delta(event: Wire): ChunkFacts {
    const facts = chunk()
    if (isObject(event.usage)) facts.usage = this.#usage = mergedUsage(this.#usage, event.usage)
    const reason = isObject(event.delta) ? event.delta.stop_reason : undefined
    if (typeof reason === 'string' && reason !== '') {
      facts.finishReason = finishReasonOf(reason)
      facts.finished = FINISHED
    }
    return facts
  }
}

function block(content: Wire): ChunkFacts {
  const facts = chunk()
  facts.hasContent = blockHasContent(content)
  facts.outputCharacters = blockCharacters(content)
  return facts
}

function delta(part: Wire): ChunkFacts {
  const facts = chunk()
  facts.hasContent = deltaHasContent(part)
  facts.outputCharacters = deltaCharacters(part)
  return facts
}

/** Every event of the stream reaches the caller, so that none is `usageOnly`. */
function chunk(): ChunkFacts {
  return {
    kind: 'chunk',
    hasContent: false,
    finishReason: undefined,
    finished: NONE,
    usage: undefined,
    usageOnly: false,
    outputCharacters: 0,
    model: undefined,
  }
}
