/** Says pieces of an answer as the events of Anthropic's content blocks, of which one is open at a time. */
import { isObject } from '../openai/is-object.ts'
import type { Fields } from './converted.ts'

interface Call {
  place: unknown
  id: string
  name: string
  begun: boolean
  /** JSON text that has not been said. */
  pending: string
}

export class BlockWriter {
  #index = -1
  #open: 'thinking' | 'text' | 'call' | undefined
  /** The first is said as it comes, the others when the answer ends: no server says when one is whole. */
  readonly #calls: Call[] = []
  #live: Call | undefined
  /** What came after the first call: it waits, because that call may not be whole. */
  readonly #late: { kind: 'thinking' | 'text'; text: string }[] = []

  thinking(text: string): Fields[] {
    if (text === '' || this.#waits('thinking', text)) return []
    const events = this.#begin('thinking', { type: 'thinking', thinking: '', signature: '' })
    events.push(this.#delta({ type: 'thinking_delta', thinking: text }))
    return events
  }

  /** LiteLLM's last piece of a thinking block carries its signature. */
  signature(blocks: unknown): Fields[] {
    if (this.#open !== 'thinking' || !Array.isArray(blocks)) return []
    const signed = blocks
      .filter(isObject)
      .find(({ signature }) => typeof signature === 'string' && signature !== '')
    return signed === undefined ? [] : [this.#delta({ type: 'signature_delta', signature: signed.signature })]
  }

  text(text: string): Fields[] {
    if (text === '' || this.#waits('text', text)) return []
    const events = this.#begin('text', { type: 'text', text: '' })
    events.push(this.#delta({ type: 'text_delta', text }))
    return events
  }

  calls(deltas: unknown): Fields[] {
    return Array.isArray(deltas) ? deltas.filter(isObject).flatMap((delta) => this.#call(delta)) : []
  }

  /** Whatever waited, and the end of the last block. */
  end(): Fields[] {
    const events = this.#calls.flatMap((call) => this.#say(call))
    this.#live = undefined
    const late = this.#late.flatMap(({ kind, text }) =>
      kind === 'text' ? this.text(text) : this.thinking(text),
    )
    return [...events, ...late, ...this.#close()]
  }

  #waits(kind: 'thinking' | 'text', text: string): boolean {
    if (this.#live !== undefined) this.#late.push({ kind, text })
    return this.#live !== undefined
  }

  #call({ index, id, function: called }: Fields): Fields[] {
    const { name, arguments: text } = isObject(called) ? called : {}
    const call = this.#callAt(index, id, name)
    if (typeof text === 'string') call.pending += text
    // Some servers name a call only after they have numbered it, and a block begins with its name.
    if (typeof name === 'string' && call.name === '') call.name = name
    this.#live ??= call
    return call === this.#live && call.name !== '' ? this.#say(call) : []
  }

  /** Gemini counts every call as its first, some servers count none: an id and a name begin another call. */
  #callAt(index: unknown, id: unknown, name: unknown): Call {
    const known = this.#calls.findLast(({ place }) => index === undefined || place === index)
    const begins = typeof id === 'string' && id !== '' && typeof name === 'string' && id !== known?.id
    if (known !== undefined && !begins) return known
    const made: Call = {
      place: index,
      id: typeof id === 'string' && id !== '' ? id : `call_${this.#calls.length}`,
      name: typeof name === 'string' ? name : '',
      begun: false,
      pending: '',
    }
    this.#calls.push(made)
    return made
  }

  #say(call: Call): Fields[] {
    const { id, name, pending } = call
    const events = call.begun ? [] : this.#begin('call', { type: 'tool_use', id, name, input: {} })
    call.begun = true
    call.pending = ''
    if (pending !== '') events.push(this.#delta({ type: 'input_json_delta', partial_json: pending }))
    return events
  }

  /** Pieces of one kind share a block, calls apart. */
  #begin(kind: 'thinking' | 'text' | 'call', block: Fields): Fields[] {
    if (this.#open === kind && kind !== 'call') return []
    const events = this.#close()
    this.#open = kind
    this.#index++
    events.push({ type: 'content_block_start', index: this.#index, content_block: block })
    return events
  }

  #close(): Fields[] {
    if (this.#open === undefined) return []
    this.#open = undefined
    return [{ type: 'content_block_stop', index: this.#index }]
  }

  #delta(delta: Fields): Fields {
    return { type: 'content_block_delta', index: this.#index, delta }
  }
}
