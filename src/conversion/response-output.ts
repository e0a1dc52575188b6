/** Builds the output items of a response out of what a chat model says, and tells each step as the event it is. */
import { isObject } from '../openai/is-object.ts'
import { citationsOf, type TextPiece, textPieces } from './chat-pieces.ts'
import { ResponseCalls } from './response-calls.ts'
import {
  citationAdded,
  type Emit,
  messageText,
  reasoningSummary,
  reasoningText,
  refusalText,
  type TextForm,
} from './response-events.ts'

type Fields = Record<string, unknown>

const NONE: readonly unknown[] = []

/** A message or a reasoning item, of which one at a time is open. */
interface OpenItem {
  item: Fields
  index: number
  /** Its parts, as the finished item holds them. */
  parts: Fields[]
  /** The last part, where it is still growing. */
  form: TextForm | undefined
}

export interface OutputOptions {
  /** What the ids of all items end with, before their place. */
  idBase: string
  /** The caller asked for summaries of the reasoning: it is told in their place. */
  reasoningAsSummary: boolean
  /** Names of the custom tools that the provider was told of as functions. */
  freeform: ReadonlySet<string>
  emit: Emit
}

/**
 * The same calls in the same order give the same items, whether anybody listens to the events or not: that is why
 * streamed and whole answers agree. An item's id is its kind and its place.
 */
export class ResponseOutput {
  readonly items: Fields[] = []
  readonly #options: OutputOptions
  readonly #calls: ResponseCalls
  #open: OpenItem | undefined

  constructor(options: OutputOptions) {
    this.#options = options
    this.#calls = new ResponseCalls({
      idBase: options.idBase,
      emit: options.emit,
      freeform: options.freeform,
      nextIndex: () => this.items.length,
      place: (item) => this.#place(item),
    })
  }

  /**
   * A whole message or a delta of one.
   * @param logprobs of its text
   */
  say(message: Readonly<Fields>, logprobs: readonly unknown[]): void {
    let untold = logprobs
    for (const piece of textPieces(message)) {
      this.#text(piece, piece.kind === 'text' ? untold : NONE)
      if (piece.kind === 'text') untold = NONE
    }
    for (const citation of citationsOf(message)) this.#citation(citation)
    if (!Array.isArray(message.tool_calls)) return
    for (const call of message.tool_calls) if (isObject(call)) this.#call(call)
  }

  #text({ kind, text }: TextPiece, logprobs: readonly unknown[]): void {
    const form = this.#formOf(kind)
    const open = this.#itemOf(kind === 'reasoning' ? 'reasoning' : 'message')
    if (open.form !== form) {
      this.#endPart(open)
      const part = form.part()
      open.parts.push(part)
      open.form = form
      this.#options.emit(form.added(this.#at(open), part))
    }
    const part = open.parts[open.parts.length - 1] as Fields
    form.add(part, text, logprobs)
    this.#options.emit(form.delta(this.#at(open), text, logprobs))
  }

  /** Of the text that is being told; a citation of nothing is left out. */
  #citation(annotation: Fields): void {
    const open = this.#open
    const part = open?.parts.at(-1)
    if (open === undefined || part === undefined || open.form !== messageText) return
    const index = (part.annotations as Fields[]).push(annotation) - 1
    this.#options.emit(citationAdded(this.#at(open), index, annotation))
  }

  #call(part: Readonly<Fields>): void {
    if (this.#calls.isNew(part)) this.#close('completed')
    this.#calls.add(part)
  }

  /** Of an answer that broke off, the last item is what is incomplete. */
  end(status: 'completed' | 'incomplete'): void {
    this.#calls.openRest()
    const isLast = this.#open !== undefined && this.#open.index === this.items.length - 1
    if (isLast) {
      this.#calls.end('completed', this.items.length - 1)
      this.#close(status)
    } else {
      this.#close('completed')
      this.#calls.end(status, this.items.length - 1)
    }
  }

  #itemOf(type: 'reasoning' | 'message'): OpenItem {
    const known = this.#open
    if (known !== undefined && known.item.type === type) return known
    this.#close('completed')
    const index = this.items.length
    const parts: Fields[] = []
    const item = type === 'message' ? this.#message(index, parts) : this.#reasoning(index, parts)
    const open: OpenItem = { item, index, parts, form: undefined }
    this.#open = open
    this.#place(item)
    return open
  }

  #message(index: number, content: Fields[]): Fields {
    const id = `msg_${this.#options.idBase}_${index}`
    return { id, type: 'message', status: 'in_progress', role: 'assistant', content }
  }

  #reasoning(index: number, parts: Fields[]): Fields {
    const id = `rs_${this.#options.idBase}_${index}`
    if (this.#options.reasoningAsSummary) return { id, type: 'reasoning', summary: parts }
    return { id, type: 'reasoning', summary: [], content: parts }
  }

  #place(item: Fields): void {
    const index = this.items.push(item) - 1
    this.#options.emit({ type: 'response.output_item.added', sequence_number: 0, output_index: index, item })
  }

  #formOf(kind: TextPiece['kind']): TextForm {
    if (kind === 'text') return messageText
    if (kind === 'refusal') return refusalText
    return this.#options.reasoningAsSummary ? reasoningSummary : reasoningText
  }

  #endPart(open: OpenItem): void {
    const part = open.parts[open.parts.length - 1]
    if (open.form === undefined || part === undefined) return
    for (const event of open.form.done(this.#at(open), part)) this.#options.emit(event)
    open.form = undefined
  }

  #close(status: 'completed' | 'incomplete'): void {
    const open = this.#open
    if (open === undefined) return
    this.#endPart(open)
    // OpenAI gives reasoning no status.
    if (open.item.type === 'message') open.item.status = status
    this.#options.emit({
      type: 'response.output_item.done',
      sequence_number: 0,
      output_index: open.index,
      item: open.item,
    })
    this.#open = undefined
  }

  #at(open: OpenItem): { itemId: string; outputIndex: number; partIndex: number } {
    return { itemId: open.item.id as string, outputIndex: open.index, partIndex: open.parts.length - 1 }
  }
}
