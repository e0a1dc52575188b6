/** Listens to an answer of the Responses API. */
import type { HeardAnswer, HeardCall, Hearing } from '../heard-answer.ts'
import { isObject } from '../is-object.ts'
import { finishReasonOf } from './response-end.ts'

type Fields = Readonly<Record<string, unknown>>

export class ResponsesHearing implements Hearing {
  readonly #calls = new Map<unknown, HeardCall>()
  #text = ''
  #refusal = ''
  #hasOther = false
  #finishReason: string | undefined

  get heard(): HeardAnswer {
    return {
      text: this.#text,
      refusal: this.#refusal,
      calls: [...this.#calls.values()],
      hasOther: this.#hasOther,
      finishReason: this.#finishReason,
      margins: [],
    }
  }

  event(event: Fields): void {
    switch (event.type) {
      case 'response.output_text.delta':
        this.#text += textOf(event.delta)
        break
      case 'response.refusal.delta':
        this.#refusal += textOf(event.delta)
        break
      case 'response.output_item.added':
        if (isObject(event.item)) this.#begin(event.output_index, event.item)
        break
      case 'response.function_call_arguments.delta': {
        const call = this.#calls.get(event.output_index)
        if (call !== undefined) call.arguments += textOf(event.delta)
        break
      }
      case 'response.completed':
      case 'response.incomplete':
        if (isObject(event.response)) this.answer(event.response)
        break
    }
  }

  /** The whole answer, also where a stream's last event repeats it. */
  answer(response: Fields): void {
    if (Array.isArray(response.output) && response.output.length > 0) {
      this.#text = ''
      this.#refusal = ''
      this.#calls.clear()
      for (const [at, item] of response.output.entries()) if (isObject(item)) this.#takeItem(at, item)
    }
    this.#finishReason = finishReasonOf(response)
  }

  #begin(at: unknown, item: Fields): void {
    if (item.type === 'function_call') this.#calls.set(at, { name: textOf(item.name), arguments: '' })
    else if (item.type !== 'message' && item.type !== 'reasoning') this.#hasOther = true
  }

  #takeItem(at: number, item: Fields): void {
    this.#begin(at, item)
    const call = this.#calls.get(at)
    if (call !== undefined) call.arguments = textOf(item.arguments)
    if (!Array.isArray(item.content) || item.type !== 'message') return
    for (const part of item.content) {
      if (!isObject(part)) continue
      this.#text += textOf(part.text)
      this.#refusal += textOf(part.refusal)
    }
  }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
