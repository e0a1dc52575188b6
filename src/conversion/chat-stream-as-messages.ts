/** The chunks of a chat stream → Anthropic's events, told as they come. */
import { isObject } from '../openai/is-object.ts'
import { parseObject } from '../openai/parse-json.ts'
import { usageBlock } from '../openai/usage-block.ts'
import { readWireError } from '../openai/wire-error.ts'
import { reasoningOf, textOfContent } from './assistant-blocks.ts'
import { BlockWriter } from './block-writer.ts'
import type { Fields } from './converted.ts'
import { errorAsMessages } from './error-as-messages.ts'
import { stopOfChoice } from './finish.ts'
import type { Frame, StreamConversion } from './frame.ts'
import { usageAsMessages } from './usage.ts'

export class ChatStreamAsMessages implements StreamConversion {
  readonly #writer = new BlockWriter()
  #begun = false
  #over = false
  /** Members of the choice that its end tells: `finish_reason` and the like. */
  #ending: Fields | undefined
  #refusal = ''
  #usage: Readonly<Fields> = {}
  #serviceTier: unknown

  push({ data }: Frame): readonly Frame[] {
    if (this.#over) return []
    if (data.trim() === '[DONE]') return this.end()
    const chunk = parseObject(data)
    if (chunk === undefined) return []
    const error = readWireError(chunk)
    if (error !== undefined) {
      this.#over = true
      return [frame(errorAsMessages(error, error.status ?? 500).body)]
    }
    this.#usage = usageBlock(chunk) ?? this.#usage
    if (typeof chunk.service_tier === 'string') this.#serviceTier = chunk.service_tier
    const frames = this.#begun ? [] : [this.#start(chunk)]
    const choice: unknown = Array.isArray(chunk.choices) ? chunk.choices.find(isFirst) : undefined
    if (isObject(choice)) frames.push(...this.#take(choice).map(frame))
    return frames
  }

  /** The usage may come after the finish reason, so that the message's end waits for the stream's. */
  end(): readonly Frame[] {
    if (this.#over || this.#ending === undefined) return []
    this.#over = true
    const { stop_reason, stop_sequence, stop_details } = stopOfChoice(this.#ending, this.#refusal)
    const delta: Fields = { stop_reason, stop_sequence }
    if (stop_details !== undefined) delta.stop_details = stop_details
    const usage = usageAsMessages(this.#usage, this.#serviceTier)
    return [
      ...this.#writer.end().map(frame),
      { ...frame({ type: 'message_delta', delta, usage }), tellsUsage: true },
      frame({ type: 'message_stop' }),
    ]
  }

  /** Nothing has been counted yet: the usage comes with `message_delta`. */
  #start({ id, model }: Fields): Frame {
    this.#begun = true
    return frame({
      type: 'message_start',
      message: {
        id,
        type: 'message',
        role: 'assistant',
        model,
        content: [],
        stop_reason: null,
        stop_sequence: null,
        usage: usageAsMessages({}, this.#serviceTier),
      },
    })
  }

  #take(choice: Fields): Fields[] {
    const delta = isObject(choice.delta) ? choice.delta : {}
    const events = [
      ...this.#writer.thinking(reasoningOf(delta)),
      ...this.#writer.signature(delta.thinking_blocks),
      ...this.#writer.text(textOfContent(delta.content)),
      ...this.#writer.calls(delta.tool_calls),
    ]
    if (typeof delta.refusal === 'string') this.#refusal += delta.refusal
    if (typeof choice.finish_reason === 'string' && choice.finish_reason !== '') {
      this.#ending = { ...this.#ending, ...choice }
    }
    return events
  }
}

/** A request in Anthropic's words asks for one answer. */
function isFirst(choice: unknown): boolean {
  return isObject(choice) && (choice.index === 0 || choice.index === undefined)
}

function frame(event: Fields): Frame {
  return { event: String(event.type), data: JSON.stringify(event) }
}
