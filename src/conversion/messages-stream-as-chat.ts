/** A stream of Anthropic's events → the chunks of a chat stream, told as they come. */
import { readMessagesError } from '../anthropic/messages-error.ts'
import { mergedUsage } from '../anthropic/messages-usage.ts'
import { isObject } from '../openai/is-object.ts'
import { parseObject } from '../openai/parse-json.ts'
import { assistantAsChat } from './assistant-as-chat.ts'
import { BlockAssembler } from './block-assembler.ts'
import type { Fields } from './converted.ts'
import { errorAsChat } from './error-as-chat.ts'
import { explanationOf, finishOfMessage } from './finish.ts'
import type { Frame, StreamConversion } from './frame.ts'
import { serviceTierAsChat, usageAsChat } from './usage.ts'

export interface MessagesStreamAsChatOptions {
  /** Whether the caller asked for the usage chunk. */
  includeUsage: boolean
  /** Unix time in seconds, which Anthropic's answers do not tell. */
  created: number
  /** Names of the custom tools that Anthropic was told of as functions. */
  freeform: ReadonlySet<string>
}

export class MessagesStreamAsChat implements StreamConversion {
  readonly #options: MessagesStreamAsChatOptions
  readonly #blocks: BlockAssembler
  #message: Fields = {}
  #usage: Fields = {}
  /** Members of the message that its end tells: `stop_reason` and the like. */
  #ending: Fields | undefined
  #over = false

  constructor(options: MessagesStreamAsChatOptions) {
    this.#options = options
    this.#blocks = new BlockAssembler(options.freeform)
  }

  push({ data }: Frame): readonly Frame[] {
    const event = parseObject(data)
    if (this.#over || event === undefined) return []
    switch (event.type) {
      case 'message_start':
        return this.#start(event)
      case 'content_block_start':
      case 'content_block_delta':
      case 'content_block_stop':
        return this.#blocks.take(event).map((delta) => this.#chunk(delta))
      case 'message_delta':
        if (isObject(event.usage)) this.#usage = mergedUsage(this.#usage, event.usage)
        if (isObject(event.delta)) this.#ending = { ...this.#ending, ...event.delta }
        return []
      case 'message_stop':
        return this.end()
      case 'error':
        return this.#error(event)
      default:
        return []
    }
  }

  /** The finish reason comes last, because whatever is said of the whole message has to come before it. */
  end(): readonly Frame[] {
    if (this.#over || typeof this.#ending?.stop_reason !== 'string') return []
    this.#over = true
    const whole = assistantAsChat(this.#blocks.list(), 'answer')
    // Whole and once: clients put lists of deltas together in ways that differ.
    const rest: Fields = {}
    for (const name of ['thinking_blocks', 'content_blocks']) {
      if (whole[name] !== undefined) rest[name] = whole[name]
    }
    const refusal = explanationOf(this.#ending)
    if (refusal !== undefined) rest.refusal = refusal
    const frames = Object.keys(rest).length === 0 ? [] : [this.#chunk(rest)]
    frames.push(this.#chunk({}, finishOfMessage(this.#ending)))
    if (this.#options.includeUsage) {
      const counted = frame({ ...this.#head(), choices: [], usage: usageAsChat(this.#usage) })
      frames.push({ ...counted, tellsUsage: true })
    }
    frames.push({ event: undefined, data: '[DONE]' })
    return frames
  }

  #start({ message }: Fields): readonly Frame[] {
    if (isObject(message)) this.#message = message
    if (isObject(this.#message.usage)) this.#usage = mergedUsage(this.#usage, this.#message.usage)
    return [this.#chunk({ role: 'assistant', content: '' })]
  }

  #error(event: Fields): readonly Frame[] {
    this.#over = true
    const error = readMessagesError(event)
    return [frame(errorAsChat(error, error.status ?? 500).body)]
  }

  #chunk(delta: Fields, finish: Fields = { finish_reason: null }): Frame {
    return frame({ ...this.#head(), choices: [{ index: 0, delta, logprobs: null, ...finish }] })
  }

  #head(): Fields {
    const { id, model } = this.#message
    const tier = serviceTierAsChat(this.#usage)
    const head: Fields = { id, object: 'chat.completion.chunk', created: this.#options.created, model }
    if (tier !== undefined) head.service_tier = tier
    return head
  }
}

function frame(chunk: Fields): Frame {
  return { event: undefined, data: JSON.stringify(chunk) }
}
