/** A chat stream → the events of a Responses stream, complete and in OpenAI's order. */
import { isObject } from '../openai/is-object.ts'
import { parseObject } from '../openai/parse-json.ts'
import { type ResponseState, responseObject } from '../openai/responses/response-object.ts'
import { usageBlock } from '../openai/usage-block.ts'
import { logprobsOf } from './chat-pieces.ts'
import { chatUsageAsResponses } from './chat-usage-as-responses.ts'
import type { Frame, StreamConversion } from './frame.ts'
import { freeformNames } from './freeform-tool.ts'
import { asksForSummary, endOf, idBaseOf, serviceTierIn, textIn } from './response-facts-of-chat.ts'
import { ResponseOutput } from './response-output.ts'
import type { ToldItems } from './told-items.ts'

type Fields = Record<string, unknown>

const NOTHING: readonly Frame[] = []
const DONE = '[DONE]'

/**
 * The response begins with the first chunk and ends with `[DONE]` or `end()`, so that usage which comes after the
 * finish reason is told. Whether a stream without a finish reason broke off is for the caller of `end()` to know; a
 * failure goes out as `responsesFailureEvent` with `failed()`.
 */
export class ChatStreamAsResponses implements StreamConversion {
  readonly #request: Readonly<Fields>
  readonly #fallback: { id: string; created: number }
  readonly #keep: ToldItems['remember'] | undefined
  #frames: Frame[] = []
  #sequence = 0
  #output: ResponseOutput | undefined
  #id = ''
  #createdAt = 0
  #model: string | undefined
  #serviceTier: string | undefined
  #finishReason: unknown
  #usage: unknown
  #isOver = false

  /**
   * @param request the caller's body
   * @param options `id` and `created` where chunks tell none, Unix time in seconds; `keep`: told of a whole output's items
   */
  constructor(
    request: Readonly<Fields>,
    options: { id?: string; created?: number; keep?: ToldItems['remember'] | undefined } = {},
  ) {
    this.#request = request
    this.#fallback = { id: options.id ?? 'converted', created: options.created ?? 0 }
    this.#keep = options.keep
  }

  push({ data }: { event: string | undefined; data: string }): readonly Frame[] {
    if (this.#isOver) return NOTHING
    if (data.trim() === DONE) return this.end()
    const chunk = parseObject(data)
    if (chunk === undefined) return NOTHING
    if (this.#output === undefined && isPreamble(chunk)) return NOTHING
    const output = this.#output ?? this.#begin(chunk)
    this.#readHead(chunk)
    const choice: unknown = Array.isArray(chunk.choices) ? chunk.choices.find(isFirst) : undefined
    if (isObject(choice)) this.#readChoice(output, choice)
    return this.#taken()
  }

  end(): readonly Frame[] {
    if (this.#isOver) return NOTHING
    const output = this.#output ?? this.#begin({})
    const { status, incompleteReason } = endOf(this.#finishReason)
    output.end(status)
    this.#keep?.(output.items)
    this.#isOver = true
    const usage = chatUsageAsResponses(this.#usage)
    const response = this.#response({ status, incompleteReason, output: output.items, usage })
    this.#emit({ type: `response.${status}`, sequence_number: 0, response })
    const frames = this.#taken()
    return frames.map((frame, at) => (at === frames.length - 1 ? { ...frame, tellsUsage: true } : frame))
  }

  /** For `responsesFailureEvent`, where the stream breaks off. */
  failed(): {
    id: string
    sequence: number
    createdAt: number
    model: string | undefined
    request: Readonly<Fields>
    output: readonly Fields[]
  } {
    return {
      id: this.#id === '' ? `resp_${this.#fallback.id}` : this.#id,
      sequence: this.#sequence,
      createdAt: this.#createdAt,
      model: this.#model,
      request: this.#request,
      output: this.#output?.items ?? [],
    }
  }

  #begin(chunk: Readonly<Fields>): ResponseOutput {
    const idBase = idBaseOf(chunk.id, this.#fallback.id)
    this.#id = `resp_${idBase}`
    this.#createdAt = typeof chunk.created === 'number' ? chunk.created : this.#fallback.created
    this.#readHead(chunk)
    this.#output = new ResponseOutput({
      idBase,
      reasoningAsSummary: asksForSummary(this.#request),
      freeform: freeformNames(this.#request.tools),
      emit: (event) => this.#emit(event),
    })
    const response = this.#response({ status: 'in_progress', output: [], usage: null })
    this.#emit({ type: 'response.created', sequence_number: 0, response })
    this.#emit({ type: 'response.in_progress', sequence_number: 0, response })
    return this.#output
  }

  /** Several chunks may count tokens; the last count is the answer's. */
  #readHead(chunk: Readonly<Fields>): void {
    this.#model ??= textIn(chunk, 'model')
    this.#serviceTier = serviceTierIn(chunk) ?? this.#serviceTier
    this.#usage = usageBlock(chunk) ?? this.#usage
  }

  #readChoice(output: ResponseOutput, choice: Readonly<Fields>): void {
    if (isObject(choice.delta)) output.say(choice.delta, logprobsOf(choice))
    if (textIn(choice, 'finish_reason') !== undefined) this.#finishReason = choice.finish_reason
  }

  #response(state: Pick<ResponseState, 'status' | 'incompleteReason' | 'output' | 'usage'>): Fields {
    return responseObject(this.#request, {
      id: this.#id,
      createdAt: this.#createdAt,
      model: this.#model,
      serviceTier: this.#serviceTier,
      ...state,
    })
  }

  #emit(event: Fields): void {
    event.sequence_number = this.#sequence
    this.#sequence++
    // Written at once: items go on growing.
    this.#frames.push({ event: event.type as string, data: JSON.stringify(event) })
  }

  #taken(): readonly Frame[] {
    const frames = this.#frames
    this.#frames = []
    return frames
  }
}

/** Azure's verdict on the prompt comes first, without an id, a model or a choice. */
function isPreamble({ id, choices }: Readonly<Fields>): boolean {
  return !id && Array.isArray(choices) && choices.length === 0
}

function isFirst(choice: unknown): boolean {
  return isObject(choice) && (choice.index === undefined || choice.index === 0)
}
