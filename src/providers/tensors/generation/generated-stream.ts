/** Events of `/generate_stream` → chunks in OpenAI's words, as they come. */
import { concatenate } from '../../../openai/concatenate.ts'
import { EventScanner } from '../../../openai/event-scanner.ts'
import type { ServedModel } from '../served-model.ts'
import type { GenerateRequest } from './generate-request.ts'
import { type Generated, readGenerated } from './generated.ts'
import { chunkOf, type Naming, usageChunk } from './openai-words.ts'

const encoder = new TextEncoder()

export class GeneratedStream {
  readonly #naming: Naming
  readonly #request: GenerateRequest
  readonly #model: ServedModel
  readonly #scanner = new EventScanner()
  /** What came and is not told yet: it may turn out to be the end of an answer. */
  #held = ''
  #last: Generated | undefined
  #usage: Generated['usage']
  #isOver = false
  #hasBegun = false
  #hasStopped = false

  constructor(naming: Naming, request: GenerateRequest, model: ServedModel) {
    this.#naming = naming
    this.#request = request
    this.#model = model
  }

  /** @throws Failure where an event grows beyond its bound */
  push(bytes: Uint8Array): Uint8Array {
    return this.#events(this.#scanner.push(bytes).flatMap(({ data }) => data ?? []))
  }

  /** Nothing more comes. A server may leave its last event without an end. */
  end(): Uint8Array {
    const rest = new TextDecoder()
      .decode(this.#scanner.rest())
      .replace(/^data:\s*/, '')
      .trim()
    const told = rest === '' ? [] : [this.#events([rest])]
    if (this.#isOver) return concatenate(told)
    const closing = this.#held === '' ? [] : [this.#chunk(this.#held)]
    const { finishReason = 'stop' } = this.#last ?? {}
    closing.push(event(chunkOf(this.#naming, { text: undefined, finishReason })))
    if (this.#usage !== undefined) closing.push(event(usageChunk(this.#naming, this.#usage)))
    return concatenate([...told, ...closing, encoder.encode('data: [DONE]\n\n')])
  }

  #events(events: readonly string[]): Uint8Array {
    return concatenate(events.map((data) => this.#event(data)))
  }

  #event(data: string): Uint8Array {
    if (this.#isOver) return NOTHING
    const told = readGenerated(data, this.#model)
    if (told === undefined || typeof told === 'string')
      return this.#failed(told ?? 'It sent an event that is none of its protocol.')
    const isFirst = this.#last === undefined
    this.#last = { ...told, finishReason: told.finishReason ?? this.#last?.finishReason }
    this.#usage = told.usage ?? this.#usage
    // Some backends begin by repeating what they were asked.
    const isEcho = isFirst && told.text.startsWith(this.#request.prompt) && this.#request.prompt !== ''
    return this.#say(isEcho ? told.text.slice(this.#request.prompt.length) : told.text)
  }

  /** What cannot be the beginning of a text that ends the answer. */
  #say(text: string): Uint8Array {
    if (this.#hasStopped) return NOTHING
    this.#held += text
    const { stop } = this.#request
    const ends = stop.map((end) => this.#held.indexOf(end)).filter((at) => at !== -1)
    const until = ends.length > 0 ? Math.min(...ends) : this.#held.length - openEnd(this.#held, stop)
    const said = this.#held.slice(0, until)
    this.#held = ends.length > 0 ? '' : this.#held.slice(until)
    this.#hasStopped = ends.length > 0
    return said === '' ? NOTHING : this.#chunk(said)
  }

  #chunk(text: string): Uint8Array {
    const chunk = event(chunkOf(this.#naming, { text, finishReason: undefined }))
    if (this.#hasBegun) return chunk
    this.#hasBegun = true
    return concatenate([event(chunkOf(this.#naming, { text: undefined, finishReason: undefined })), chunk])
  }

  /** A stream that has begun can say so in its own words alone. */
  #failed(message: string): Uint8Array {
    this.#isOver = true
    return event({ error: { message, type: 'server_error', param: null, code: null } })
  }
}

const NOTHING = new Uint8Array(0)

/** Characters at the end that may be the beginning of one of `ends`. */
function openEnd(text: string, ends: readonly string[]): number {
  let longest = 0
  for (const end of ends) {
    for (let length = Math.min(end.length - 1, text.length); length > longest; length--) {
      if (text.endsWith(end.slice(0, length))) longest = length
    }
  }
  return longest
}

function event(value: object): Uint8Array {
  return encoder.encode(`data: ${JSON.stringify(value)}\n\n`)
}
