/** Calls of tools as a chat model makes them → items of a response, whole or grown from deltas. */
import { isObject } from '../openai/is-object.ts'
import { FreeformInput } from './freeform-input.ts'
import type { Emit } from './response-events.ts'

type Fields = Record<string, unknown>

interface Call {
  kind: 'function' | 'custom'
  /** The provider's id; empty while it has said none. */
  callId: string
  name: string
  /** Of a custom tool that the provider knows as a function. */
  input: FreeformInput | undefined
  /** Arguments of a function, input of a custom tool. */
  text: string
  /** Undefined until its name is known, which its first event must tell. */
  item: Fields | undefined
  index: number
}

interface CallOptions {
  idBase: string
  emit: Emit
  /** Names of the custom tools that the provider was told of as functions. */
  freeform: ReadonlySet<string>
  /** The place of the next item, which is a part of its id. */
  nextIndex(): number
  /** Takes an item into the output, and tells of it. */
  place(item: Fields): void
}

/** Calls stay open until the end: a chat model may go on with an earlier one. */
export class ResponseCalls {
  readonly #options: CallOptions
  readonly #calls: Call[] = []
  readonly #byIndex = new Map<number, Call>()

  constructor(options: CallOptions) {
    this.#options = options
  }

  isNew(part: Readonly<Fields>): boolean {
    return this.#known(part) === undefined
  }

  add(part: Readonly<Fields>): void {
    const call = this.#known(part) ?? this.#begin(part)
    const named = called(part)
    if (call.callId === '') call.callId = textOf(part.id)
    if (call.name === '') call.name = textOf(named.name)
    const text =
      call.input?.push(textOf(named.arguments)) ??
      textOf(call.kind === 'custom' ? named.input : named.arguments)
    call.text += text
    if (call.item === undefined) {
      if (call.name !== '') this.#open(call)
    } else if (text !== '') this.#options.emit(deltaEvent(call, text))
  }

  /** A call whose name never came is told all the same. */
  openRest(): void {
    for (const call of this.#calls) if (call.item === undefined) this.#open(call)
  }

  /** @param lastIndex place of the item that `status` is about; all others are complete */
  end(status: 'completed' | 'incomplete', lastIndex: number): void {
    const inOrder = [...this.#calls].sort((one, other) => one.index - other.index)
    for (const call of inOrder) this.#close(call, call.index === lastIndex ? status : 'completed')
  }

  #known(part: Readonly<Fields>): Call | undefined {
    const id = textOf(part.id)
    const known =
      typeof part.index === 'number'
        ? this.#byIndex.get(part.index)
        : this.#calls.findLast((call) => id === '' || call.callId === id)
    // Some servers give every call the same index, and tell them apart by their ids alone.
    const isAnother = known !== undefined && id !== '' && known.callId !== '' && id !== known.callId
    return isAnother && textOf(called(part).name) !== '' ? undefined : known
  }

  #begin(part: Readonly<Fields>): Call {
    const kind = part.type === 'custom' || isObject(part.custom) ? 'custom' : 'function'
    const call: Call = { kind, callId: '', name: '', input: undefined, text: '', item: undefined, index: -1 }
    this.#calls.push(call)
    if (typeof part.index === 'number') this.#byIndex.set(part.index, call)
    return call
  }

  #open(call: Call): void {
    if (call.kind === 'function' && this.#options.freeform.has(call.name)) {
      call.kind = 'custom'
      call.input = new FreeformInput()
      call.text = call.input.push(call.text)
    }
    if (call.callId === '') call.callId = `call_${this.#options.idBase}_${this.#calls.indexOf(call)}`
    call.index = this.#options.nextIndex()
    call.item = emptyItem(call, `${this.#options.idBase}_${call.index}`)
    this.#options.place(call.item)
    if (call.text !== '') this.#options.emit(deltaEvent(call, call.text))
  }

  #close(call: Call, status: 'completed' | 'incomplete'): void {
    const { item } = call
    if (item === undefined) return
    const rest = call.input?.end() ?? ''
    if (rest !== '') {
      call.text += rest
      this.#options.emit(deltaEvent(call, rest))
    }
    this.#options.emit(doneEvent(call))
    if (call.kind === 'custom') item.input = call.text
    else {
      item.arguments = call.text
      item.status = status
    }
    this.#options.emit({
      type: 'response.output_item.done',
      sequence_number: 0,
      output_index: call.index,
      item,
    })
  }
}

function emptyItem({ kind, callId, name }: Call, idEnd: string): Fields {
  if (kind === 'custom')
    return { id: `ctc_${idEnd}`, type: 'custom_tool_call', call_id: callId, name, input: '' }
  return {
    id: `fc_${idEnd}`,
    type: 'function_call',
    status: 'in_progress',
    call_id: callId,
    name,
    arguments: '',
  }
}

function deltaEvent({ kind, item, index }: Call, delta: string): Fields {
  const type =
    kind === 'custom' ? 'response.custom_tool_call_input.delta' : 'response.function_call_arguments.delta'
  return { type, sequence_number: 0, item_id: item?.id, output_index: index, delta }
}

function doneEvent({ kind, item, index, name, text }: Call): Fields {
  const place = { sequence_number: 0, item_id: item?.id, output_index: index }
  if (kind === 'custom') return { type: 'response.custom_tool_call_input.done', ...place, input: text }
  return { type: 'response.function_call_arguments.done', ...place, name, arguments: text }
}

function called(part: Readonly<Fields>): Fields {
  if (isObject(part.function)) return part.function
  return isObject(part.custom) ? part.custom : {}
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
